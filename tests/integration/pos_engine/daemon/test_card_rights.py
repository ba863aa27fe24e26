"""A whole daemon without a line, the real PC/SC daemon and a simulated DESFire card that remembers what was used."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from drivers.cards.exchange import Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.key_files import write_keys
from drivers.cards.keys import TILL_ROLES_DEFAULT, key_set
from firmware_sim.cards.slot import CardSlot
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.offline import Offline
from pos_engine.core.rewards.percent import Percent
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.daemon import DaemonProcess, fill
from tests.support.nexo import BREAD, loyalty, response_of, told, total_rebate
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
ONCE = Campaign(
    "once",
    1,
    "Once",
    date(2026, 1, 1),
    date(2027, 12, 31),
    (
        Offer(
            "once-o",
            "Half price once",
            MemberKnown(),
            Percent(5_000),
            Selector(categories=("bread",)),
            limits=Limits(uses_per_member=1, uses_per_receipt=1),
        ),
    ),
    offline=Offline("card"),
)
FULL, CHEAPER = 9.0, 4.5
"""Two loaves at 4.50, or at half of that."""


@pytest.fixture
def slot(pcscd: PrivatePcscd) -> Iterator[CardSlot]:
    slot = CardSlot(pcscd.ports[0], seed=2)
    yield slot
    slot.close()


@pytest.fixture
def till(tmp_path: Path, pcscd: PrivatePcscd) -> Iterator[DaemonProcess]:
    write_keys(tmp_path / "till.keys", KEYS.only(TILL_ROLES_DEFAULT))
    daemon = DaemonProcess(tmp_path, settings=SETTINGS, extra_environment=pcscd.environment)
    fill(daemon.data, campaigns=(ONCE,))
    daemon.start()
    yield daemon
    daemon.stop()


def card() -> SimField:
    field = sim_card()
    issue_card(Wire(field.exchange), UID, KEYS, CardOrder("17", "EUR", 50_000))
    field.card.power_off()
    return field


class Register:
    """Asks prices and closes sales; every message has a number of its own."""

    def __init__(self, till: DaemonProcess) -> None:
        self.till = till
        self.messages = 0
        self.said = ""

    def _ask(self, kind: str, sale: str, paid: float | None = None) -> dict[str, Any]:
        self.messages += 1
        # No account: the card is the one that is held to the till's own reader.
        amounts = () if paid is None else (paid,)
        message = loyalty(kind, f"m{self.messages}", sale, [BREAD], *amounts, accounts=[])
        answer: dict[str, Any] = self.till.post(message).json()
        return answer

    def rebate(self, sale: str) -> float:
        """What the sale gets off now, asked once more."""
        return total_rebate(self._ask("Rebate", sale))

    def close(self, sale: str, paid: float) -> str:
        """Closes the sale at that price; the code of the refusal, empty: it is closed."""
        answer = self._ask("Award", sale, paid)
        self.said = str(response_of(answer)["Response"].get("AdditionalResponse", ""))
        return told(answer)[2]


def screen(till: DaemonProcess) -> str:
    return html.unescape(till.client.get("/").text)


def seen(till: DaemonProcess, kind: str) -> int:
    return sum(entry.get("kind") == kind for entry in list(till.log))


def held(till: DaemonProcess, slot: CardSlot, field: SimField) -> None:
    """The card lies on the reader, and the till has read it."""

    before = seen(till, "CardPresented")
    slot.insert(field.card)
    wait_for("the tap", lambda: seen(till, "CardPresented") > before)
    wait_for("the member", lambda: "Ada" in screen(till))


def taken_away(till: DaemonProcess, slot: CardSlot) -> None:
    """The card is gone, and the till has seen it go: one that is back before the reader looks was never away."""
    before = seen(till, "CardRemoved")
    slot.remove()
    wait_for("the card to go", lambda: seen(till, "CardRemoved") > before)


def test_a_right_is_used_once_also_when_the_card_is_torn_away(till: DaemonProcess, slot: CardSlot) -> None:
    field, register = card(), Register(till)
    held(till, slot, field)
    assert register.rebate("S1") == FULL - CHEAPER
    assert "Leave the card on the reader" in screen(till)
    slot.order(["fault", "pull", "at", "90C7", "after"])  # the commit: carried out, its answer lost
    assert register.close("S1", CHEAPER) == "card_needed", "nothing is granted on a timeout"
    assert "nothing is used up twice" in register.said
    till.restart()
    held(till, slot, field)
    assert register.rebate("S1") == FULL - CHEAPER, "the card has written it down, so it is this sale's"
    assert register.close("S1", CHEAPER) == ""
    assert register.close("S1", CHEAPER) == "", "asked again, it is told again"
    taken_away(till, slot)
    held(till, slot, field)
    assert register.rebate("S2") == 0, "used up, says the card"
    assert register.close("S2", CHEAPER) == "amount_differs"
    assert register.close("S2", FULL) == ""
    assert sorted(receipt["total_due_minor"] for receipt in till.receipts()) == [450, 900]


def test_without_the_card_the_sale_goes_on_at_its_full_price(till: DaemonProcess, slot: CardSlot) -> None:
    field, register = card(), Register(till)
    held(till, slot, field)
    assert register.rebate("S1") == FULL - CHEAPER
    slot.remove()
    assert register.close("S1", CHEAPER) == "card_needed"
    assert "Hold the chip card to the reader" in register.said
    assert register.rebate("S1") == 0
    assert register.close("S1", FULL) == ""
