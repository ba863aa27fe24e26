"""What a till's receipts did to accounts: sums that outlive receipts, bookings that wait, and one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from pos_engine.core.bookings import Booking
from pos_engine.journal.accounts import OwnPart
from pos_engine.journal.engine import Connection
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.wire.sync import BalanceBody, Change, ChangePage, ReceiptDocument
from tests.support.till import DAY, HandClock, a_draft

EARNED = Booking("points", "accrual", 40, usable_from=date(2026, 11, 30))
USED = Booking("points", "points_redemption", -25)
PAID = Booking("value", "value_redemption", -500)


def sell(journal: Journal, sale_ref: str, *bookings: Booking, member_id: str = "m1") -> ReceiptDocument:
    draft = replace(a_draft(sale_ref, member_id=member_id), bookings=bookings)
    return journal.append_receipt(draft)


def test_sums_by_unit_and_what_waits(journal: Journal) -> None:
    sell(journal, "1", EARNED, USED)
    sell(journal, "2", PAID)
    sell(journal, "3", EARNED, member_id="m2")
    own = journal.own_parts("m1")
    assert own.epoch == 1
    assert own.units == {
        "points": OwnPart(15, DAY, 25, ((date(2026, 11, 30), 40),)),
        "value": OwnPart(-500, DAY, 500),
    }
    journal.acknowledge(1, 1)
    assert journal.own_parts("m1").units == {"points": OwnPart(15, DAY), "value": OwnPart(-500, DAY, 500)}


def test_a_void_frees_what_was_used_and_what_was_pending(journal: Journal) -> None:
    sell(journal, "1", EARNED, USED)
    sell(journal, "2", replace(EARNED, kind="reversal", amount=-40), replace(USED, kind="reversal", amount=25))
    (part,) = journal.own_parts("m1").units.values()
    assert (part.amount, part.waiting_used, sum(amount for _, amount in part.pending)) == (0, 0, 0)


def test_sums_outlive_receipts_and_bookings_that_arrived_are_forgotten(journal: Journal, clock: HandClock) -> None:
    sell(journal, "1", EARNED)
    sell(journal, "2", USED)
    journal.acknowledge(1, 1)
    clock.forward(timedelta(days=400))
    journal.prune()
    assert len(journal.recent_receipts(10)) == 1
    assert journal.own_parts("m1").units["points"] == OwnPart(15, DAY, 25)
    left = journal.read(lambda c: c.execute("SELECT seq FROM account_bookings").fetchall())
    assert [row[0] for row in left] == [2]


def test_a_new_epoch_counts_from_nothing(journal: Journal) -> None:
    sell(journal, "1", EARNED)
    journal.start_epoch(2)
    assert journal.own_parts("m1").units == {}
    sell(journal, "2", USED)
    assert journal.own_parts("m1").units["points"].amount == -25


def test_a_booking_stands_and_falls_with_its_receipt(journal: Journal) -> None:
    def fails(_connection: Connection, _receipt: ReceiptDocument) -> None:
        raise OSError("no paper")

    with pytest.raises(OSError, match="no paper"):
        journal.append_receipt(replace(a_draft("1", member_id="m1"), bookings=(EARNED,)), also=[fails])
    assert journal.own_parts("m1").units == {}


def test_balances_that_an_older_program_kept_aside_are_there_after_the_update(tmp_path: Path) -> None:
    replica = Replica.open(tmp_path / "replica.db")
    body = BalanceBody(account_id="m1", unit="points", balance=7, as_of=HandClock().now())
    change = Change(
        position=4,
        entity="balance",
        entity_id="m1:points",
        operation="put",
        body=msgspec.Raw(msgspec.json.encode(body)),
    )
    replica.apply_changes(ChangePage(changes=(change,), next_cursor=4, more=False))
    assert replica.balances_of("m1") == (body,)
    replica.close()
    # As an older program left it: it did not know this kind of row.
    aside = (4, "balance", "m1:points", "put", bytes(change.body))
    replica = Replica.open(tmp_path / "replica.db")
    replica._writer.execute("DELETE FROM balances")
    replica._writer.execute("INSERT INTO changes_kept_aside VALUES (?, ?, ?, ?, ?)", aside)
    replica.close()
    replica = Replica.open(tmp_path / "replica.db")
    assert (replica.balances_of("m1"), replica.kept_aside_count()) == ((body,), 0)
    gone = Change(position=5, entity="balance", entity_id="m1:points", operation="delete")
    replica.apply_changes(ChangePage(changes=(gone,), next_cursor=5, more=False))
    assert replica.balances_of("m1") == ()
    replica.close()


def test_plain_points_and_visits_stand_in_the_sums_alone(journal: Journal) -> None:
    """A member who comes each day of a long outage makes no quote slower: of a visit only the sum is kept."""
    plain = replace(EARNED, amount=3, usable_from=None)
    for number in range(5):
        sell(journal, f"{number}", plain)
    assert journal.read(lambda c: c.execute("SELECT count(*) FROM account_bookings").fetchone()[0]) == 0
    assert journal.own_parts("m1").units == {"points": OwnPart(15, DAY)}


def test_plain_bookings_in_the_file_of_an_earlier_version_change_nothing(journal: Journal) -> None:
    sell(journal, "1", EARNED, USED)
    before = journal.own_parts("m1")
    journal.write(
        lambda c: (
            c.execute(
                "INSERT INTO account_bookings SELECT organisation_id, workstation_id, epoch, seq, 9, account_id, unit,"
                " 'accrual', 7, '' FROM account_bookings WHERE position = 0"
            )
            and None
        )
    )
    assert journal.own_parts("m1") == before
