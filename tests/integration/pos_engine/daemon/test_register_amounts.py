"""What a register pays in shops with other money: prices without tax, no small coins, no or three decimals; and a sale
that the register made at its own prices while nobody answered. A real daemon over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pos_engine.core.money import Tariff
from pos_engine.journal.journal import Journal
from pos_engine.receipts.plain import text_of
from tests.support import nexo
from tests.support.daemon import FRIDAY, DaemonProcess, fill
from tests.support.nexo import BREAD, COFFEE, loyalty, receipt_id_of, response_of, told, total_rebate
from tests.support.till import HandClock, OrderedIds

Open = Callable[[Tariff], DaemonProcess]


@pytest.fixture
def open_till(tmp_path: Path) -> Iterator[Open]:
    daemon = DaemonProcess(tmp_path)

    def start(tariff: Tariff) -> DaemonProcess:
        fill(daemon.data, tariff=tariff)
        daemon.start()
        return daemon

    yield start
    assert daemon.stop() == 0


def sold(message: dict[str, Any], currency: str) -> dict[str, Any]:
    message["SaleToPOIRequest"]["LoyaltyRequest"]["LoyaltyTransaction"]["Currency"] = currency
    return message


def receipt_text(daemon: DaemonProcess) -> str:
    """The first paper that waits for a printer, as text. The daemon is stopped for it."""
    daemon.stop()
    journal = Journal.open(daemon.data / "journal.db", HandClock(FRIDAY), OrderedIds(), reserve_bytes=4096)
    job = journal.next_print_job()
    journal.close()
    assert job is not None
    return text_of(job.document, 42).replace("\u00a0", "")


def test_prices_without_tax_are_paid_without_tax_on_this_wire(open_till: Open) -> None:
    daemon = open_till(Tariff(currency="EUR", prices_include_tax=False, unknown_vat_bp=1900))
    assert total_rebate(daemon.post(loyalty("Rebate", "a", "1", [BREAD])).json()) == 0.90
    with_tax = daemon.post(loyalty("Award", "b", "1", [BREAD], 8.67)).json()
    assert told(with_tax) == ("Failure", "NotAllowed", "amount_differs")
    assert "8.10" in response_of(with_tax)["Response"]["AdditionalResponse"]
    closed = daemon.post(loyalty("Award", "c", "1", [BREAD], 8.10, sale_to_poi_data="Tender=cash:10.00")).json()
    assert told(closed)[0] == "Success"
    (row,) = daemon.receipts()
    assert row["total_due_minor"] == 867
    text = receipt_text(daemon)
    assert "€8.10" in text
    assert "€8.67" in text
    assert "€1.33" in text  # change of 10.00
    daemon.start()
    again = daemon.post(loyalty("Award", "d", "1", [BREAD], 8.10)).json()
    assert receipt_id_of(again) == receipt_id_of(closed)
    void = daemon.post(nexo.reversal("e", receipt_id=receipt_id_of(closed), amount=8.10)).json()
    assert response_of(void)["ReversedAmount"] == 8.10


def test_cash_is_rounded_where_the_small_coins_are_gone(open_till: Open) -> None:
    daemon = open_till(Tariff(currency="CHF", cash_step_minor=5))
    item = {"ItemID": 1, "ProductCode": "2001", "ItemAmount": 10.02}
    too_little = daemon.post(
        sold(loyalty("Award", "a", "1", [item], 10.02, sale_to_poi_data="Tender=cash:9.95"), "CHF")
    ).json()
    assert told(too_little) == ("Failure", "MessageFormat", "tender_invalid")
    by_card = daemon.post(
        sold(loyalty("Award", "b", "1", [item], 10.02, sale_to_poi_data="Tender=card:10.00"), "CHF")
    ).json()
    assert told(by_card) == ("Failure", "MessageFormat", "tender_invalid")
    closed = daemon.post(
        sold(loyalty("Award", "c", "1", [item], 10.02, sale_to_poi_data="Tender=cash:10.00"), "CHF")
    ).json()
    assert told(closed)[0] == "Success"
    assert daemon.receipts()[0]["total_due_minor"] == 1002
    text = receipt_text(daemon)
    assert "Cash rounding" in text
    assert "-CHF0.02" in text
    assert "Change" not in text


@pytest.mark.parametrize(
    ("currency", "amount", "minor", "shown"), [("JPY", 320, 320, "¥320"), ("KWD", 1.234, 1234, "KWD1.234")]
)
def test_money_without_and_with_three_decimals(
    open_till: Open, currency: str, amount: float, minor: int, shown: str
) -> None:
    daemon = open_till(Tariff(currency=currency))
    item = {"ItemID": 1, "ProductCode": "2001", "ItemAmount": amount}
    closed = daemon.post(sold(loyalty("Award", "a", "1", [item], amount), currency)).json()
    assert told(closed)[0] == "Success"
    assert daemon.receipts()[0]["total_due_minor"] == minor
    assert shown in receipt_text(daemon)


def test_a_sale_at_the_registers_own_price_is_recorded_not_refused(open_till: Open) -> None:
    daemon = open_till(Tariff(currency="EUR", unknown_vat_bp=1900))
    full = loyalty("Award", "a", "1", [BREAD], 9.00)
    assert told(daemon.post(full).json()) == ("Failure", "NotAllowed", "amount_differs")
    offline = loyalty("Award", "b", "1", [BREAD], 9.00, sale_to_poi_data="Offline=1")
    closed = daemon.post(offline)
    assert told(closed.json())[0] == "Success"
    assert total_rebate(closed.json()) == 0
    assert daemon.post(offline).content == closed.content
    (row,) = daemon.receipts()
    assert (row["total_due_minor"], row["total_discount_minor"]) == (900, 0)
    # what was quoted is closed as it was quoted, and a price that is neither is still wrong
    assert total_rebate(daemon.post(loyalty("Rebate", "c", "2", [BREAD])).json()) == 0.90
    odd = loyalty("Award", "d", "2", [BREAD], 8.50, sale_to_poi_data="Offline=1")
    assert told(daemon.post(odd).json()) == ("Failure", "NotAllowed", "amount_differs")
    quoted = daemon.post(loyalty("Award", "e", "2", [BREAD], 8.10, sale_to_poi_data="Offline=1")).json()
    assert (told(quoted)[0], total_rebate(quoted)) == ("Success", 0.90)


def test_the_last_commit_or_void_is_known_after_a_restart(open_till: Open) -> None:
    daemon = open_till(Tariff(currency="EUR", unknown_vat_bp=1900))
    daemon.post(loyalty("Award", "a", "1", [BREAD], 8.10))
    last = daemon.post(loyalty("Award", "b", "2", [COFFEE], 3.20)).json()
    other = loyalty("Award", "c", "3", [COFFEE], 3.20)
    other["SaleToPOIRequest"]["MessageHeader"]["SaleID"] = "register-10"
    daemon.post(other)
    daemon.kill()
    daemon.start()
    told_again = response_of(daemon.post(nexo.status("d", None)).json())
    assert told_again["MessageReference"] == {"ServiceID": "b", "SaleID": "register-1"}
    assert told_again["RepeatedMessageResponse"]["RepeatedResponseMessageBody"]["LoyaltyResponse"] == response_of(last)
    void = daemon.post(nexo.reversal("e", transaction="2")).json()
    repeated = response_of(daemon.post(nexo.status("f", None)).json())["RepeatedMessageResponse"]
    assert repeated["RepeatedResponseMessageBody"]["ReversalResponse"] == response_of(void)
