"""A back-office that came back from a backup gets again what it had acknowledged and lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.sync_api.models import CouponRedemption as Redeemed
from backoffice.sync_api.models import Receipt, ReceiptLine, Redemption, UploadMark
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Iterator[Till]:
    made = Till(tmp_path / "till", office, HandClock()).enrol()
    yield made
    made.close()


def stored(office: Office) -> list[int]:
    with office.database.read() as session:
        return [row.seq for row in session.query(Receipt).order_by(Receipt.seq)]


def lose(office: Office, above: int) -> None:
    """Put the receipts and marks back to what they were after that many receipts, as an older backup would."""

    def work(tx: Session) -> None:
        for table in (ReceiptLine, Redemption, Redeemed, Receipt):
            tx.execute(delete(table).where(table.seq > above))
        tx.execute(update(UploadMark).values(acknowledged_seq=above, max_seq=above))

    run_in_tx(office.database.write, work)


def sell(till: Till, count: int) -> None:
    for _ in range(count):
        till.sell(f"sale-{till.journal.max_seq() + 1}")


def test_what_the_backup_did_not_have_is_handed_over_again(office: Office, till: Till) -> None:
    sell(till, 8)
    till.sync_until_quiet()
    lose(office, above=3)
    sell(till, 2)
    till.sync_until_quiet()
    assert stored(office) == list(range(1, 11))
    assert till.journal.outbox_count() == 0


def test_a_back_office_that_lost_everything_of_a_till_gets_it_all(office: Office, till: Till) -> None:
    sell(till, 4)
    till.sync_until_quiet()
    lose(office, above=0)
    with office.database.write() as session:
        session.execute(delete(UploadMark))
        session.commit()
    till.sync_until_quiet()
    assert stored(office) == [1, 2, 3, 4]


def test_what_the_till_has_deleted_since_does_not_block_the_rest(office: Office, till: Till) -> None:
    sell(till, 6)
    till.sync_until_quiet()
    till.journal.write(
        lambda c: c.execute("DELETE FROM receipts WHERE seq <= 4") and None  # as after the time receipts are kept
    )
    lose(office, above=2)
    sell(till, 1)
    till.sync_until_quiet()
    assert stored(office) == [1, 2, 5, 6, 7]
    assert till.journal.outbox_count() == 0


def test_a_back_office_that_lost_nothing_is_sent_nothing_again(till: Till) -> None:
    sell(till, 3)
    till.sync_until_quiet()
    assert not till.journal.hand_over_again({1: 3})
    assert not till.journal.hand_over_again({1: 9})
    assert till.journal.outbox_count() == 0
