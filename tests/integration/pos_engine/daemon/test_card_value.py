"""A whole daemon with card keys, the real PC/SC daemon and a simulated DESFire card: tap, top up, pay, tear, close."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from drivers.cards.exchange import Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.key_files import write_keys
from drivers.cards.keys import TILL_ROLES, key_set
from firmware_sim.cards.slot import CardSlot
from pos_engine.journal.replica import Replica
from pos_engine.wire.cashiers import POLICY_NAME, CounterPolicy
from pos_engine.wire.sync import Change, ChangePage
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.cashiers import a_cashier
from tests.support.daemon import CARD, DaemonProcess, fill
from tests.support.nexo import BREAD, loyalty, told
from tests.support.sim_wire import UID, SimField, sim_card
from tests.support.waiting import wait_for

pytestmark = pytest.mark.pcscd
KEYS = key_set(bytes(range(16)), "Bakery Ltd", 1)
SETTINGS = """
[[reader]]
name = "counter"
address = "pcsc://"
[cards]
key_files = ["till.keys"]
"""
SALE = "register-1/S1@2026-11-20"
"""The sale as the till names it: the register's TransactionID and its day."""
DUE = 810
"""Two loaves at 4.50, less 10 % on Fridays."""


@pytest.fixture
def slot(pcscd: PrivatePcscd) -> Iterator[CardSlot]:
    slot = CardSlot(pcscd.ports[0], seed=2)
    yield slot
    slot.close()


@pytest.fixture
def till(tmp_path: Path, pcscd: PrivatePcscd) -> Iterator[DaemonProcess]:
    write_keys(tmp_path / "till.keys", KEYS.only(TILL_ROLES))
    daemon = DaemonProcess(tmp_path, settings=SETTINGS, extra_environment=pcscd.environment)
    fill(daemon.data)
    daemon.start()
    yield daemon
    daemon.stop()


def card(organisation: str = "Bakery Ltd") -> SimField:
    field = sim_card()
    issue_card(Wire(field.exchange), UID, key_set(bytes(range(16)), organisation, 1), CardOrder("17", "EUR", 50_000))
    field.card.power_off()
    return field


def ask(till: DaemonProcess, what: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = till.client.post(f"/api/card-value/{what}", json=body)
    return answer.status_code, answer.json()


def screen(till: DaemonProcess) -> str:
    return html.unescape(till.client.get("/").text)


def tap(till: DaemonProcess, origin: str = "") -> httpx.Response:
    return till.client.post("/screen/card-value", headers={"Origin": origin or f"http://127.0.0.1:{till.port}"})


def wait_known(till: DaemonProcess) -> None:
    wait_for("the card's value", lambda: ask(till, "look")[0] == 200)


def award(till: DaemonProcess, service: str, tender: str) -> tuple[str, str, str]:
    message = loyalty("Award", service, "S1", [BREAD], 8.1, sale_to_poi_data=f"Tender={tender}")
    return told(till.post(message).json())


def test_a_sale_paid_from_the_card_also_when_the_card_is_torn_away(till: DaemonProcess, slot: CardSlot) -> None:
    field = card()
    slot.insert(field.card)
    wait_known(till)
    assert ask(till, "look")[1]["balance_minor"] == 0
    assert ask(till, "pay", sale_ref="S1", amount_minor=100)[1]["code"] == "card_value_low"
    code, topped = ask(till, "top-up", sale_ref="T1", amount_minor=5_000)
    assert (code, topped["balance_minor"]) == (200, 5_000)
    assert "€50.00 put on the card; €50.00 is on it now" in screen(till)
    quote = till.post(loyalty("Rebate", "q1", "S1", [BREAD])).json()
    assert told(quote)[0] == "Success"
    assert award(till, "a1", "card_value:8.10")[0] == "Failure", "the register says so, the card has given nothing"
    slot.order(["fault", "pull", "at", "90C7", "after"])  # the commit: carried out, its answer lost
    code, doubt = ask(till, "pay", sale_ref=SALE, amount_minor=DUE)
    assert (code, doubt["code"]) == (409, "card_in_doubt")
    assert "never charged twice" in doubt["text"]
    assert "Not known yet: €8.10 on card …D4E5F6 for sale register-1/S1" in screen(till), (
        "it stays there, whatever comes in between"
    )
    assert award(till, "a2", "card_value:8.10")[0] == "Failure", "nothing is granted on a timeout"
    till.restart()
    assert "Not known yet: €8.10" in screen(till), "also when the till was started anew"
    slot.insert(field.card)
    wait_for("the card's word, which nobody has to ask for", lambda: "Not known yet" not in screen(till))
    wait_known(till)
    code, paid = ask(till, "pay", sale_ref=SALE, amount_minor=DUE)
    assert (code, paid["amount_minor"]) == (200, DUE)
    assert "The card has paid €8.10 for this sale already" in screen(till)
    assert ask(till, "look")[1]["balance_minor"] == 5_000 - DUE
    assert "On the card: €41.90" in screen(till)
    assert award(till, "a3", "cash:8.10")[0] == "Failure", "the card has paid, the register must say so"
    assert award(till, "a4", "card_value:8.10")[0] == "Success"
    assert [receipt["total_due_minor"] for receipt in till.receipts()] == [DUE]


def test_where_the_shop_asks_for_pins_nobody_tops_up_without_one(tmp_path: Path, pcscd: PrivatePcscd) -> None:
    write_keys(tmp_path / "till.keys", KEYS.only(TILL_ROLES))
    daemon = DaemonProcess(tmp_path, settings=SETTINGS, extra_environment=pcscd.environment)
    fill(daemon.data)
    replica = Replica.open(daemon.data / "replica.db")
    at = replica.cursor()
    bodies = (("cashier", "17", a_cashier()), ("counter_policy", POLICY_NAME, CounterPolicy(pins=True)))
    changes = tuple(
        Change(
            position=at + n, entity=entity, entity_id=key, operation="put", body=msgspec.Raw(msgspec.json.encode(body))
        )
        for n, (entity, key, body) in enumerate(bodies, start=1)
    )
    replica.apply_changes(ChangePage(changes=changes, next_cursor=at + len(changes), more=False))
    replica.close()
    slot = CardSlot(pcscd.ports[0], seed=2)
    try:
        daemon.start()
        slot.insert(card().card)
        wait_known(daemon)
        wanted = {"sale_ref": "T1", "amount_minor": 5_000}
        code, refused = ask(daemon, "top-up", **wanted)
        assert (code, refused["code"]) == (409, "pin_needed")
        code, refused = ask(daemon, "top-up", **wanted, operator="17", pin="0000")
        assert (code, refused["code"]) == (409, "pin_refused")
        assert ask(daemon, "look")[1]["balance_minor"] == 0
        code, topped = ask(daemon, "top-up", **wanted, operator="17", pin="4711")
        assert (code, topped["balance_minor"]) == (200, 5_000)
    finally:
        daemon.stop()
        slot.close()


def test_a_card_that_cannot_prove_itself_is_nobodys(till: DaemonProcess, slot: CardSlot) -> None:
    copy = card("Butcher Ltd")
    slot.insert(copy.card)
    wait_for("the sentence", lambda: "cannot prove that it is genuine" in till.client.get("/").text)
    code, refused = ask(till, "pay", sale_ref="S1", card_id=CARD, amount_minor=100)
    assert (code, refused["code"]) == (409, "card_not_genuine")
    assert ask(till, "look")[1]["code"] == "card_absent", "it has proved nothing, so it is no card to pay with"


def test_the_cashier_asks_what_is_on_a_card(till: DaemonProcess, slot: CardSlot) -> None:
    assert tap(till).status_code == 409
    slot.insert(card().card)
    wait_known(till)
    assert 'data-post="/screen/card-value"' in screen(till)
    assert tap(till).status_code == 204
    assert "On the card: €0.00" in screen(till)
    assert tap(till, "https://evil.example").status_code == 403


def test_what_is_no_request_is_told(till: DaemonProcess) -> None:
    assert ask(till, "pay", sale_ref="S1", amount_minor=-5)[0] == 400
    assert ask(till, "pay", sale="S1")[0] == 400
    assert till.client.post("/api/card-value/pay", content=b"{").status_code == 400
    foreign = till.client.post("/api/card-value/pay", json={}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
