"""A back-office that came back from a backup gets again what it had acknowledged and lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from backoffice.audit.models import AuditEntry, AuditHead
from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.ids import UuidIds
from backoffice.sync_api.changes import record_change
from backoffice.sync_api.marks import advance_marks
from backoffice.sync_api.models import ChangeCounter, ChangeRow, Receipt, ReceiptLine, Redemption, UploadMark
from backoffice.sync_api.models import CouponRedemption as Redeemed
from backoffice.sync_api.tills import Till as TillOf
from pos_engine.wire.sync import CardBody, UploadItem
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


def tell_card(tx: Session, office: Office, card_id: str) -> None:
    """A card as staff would give one: a change for the tills, and an entry in the record."""
    body = msgspec.json.encode(CardBody(card_id=card_id, member_id="m1"))
    record_change(tx, office.organisation_id, "card", card_id, "put", body)
    Doing(office.organisation_id, "ana", office.clock, UuidIds()).note(tx, "card_added", "member", "m1", card_id)


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


def test_what_a_till_says_it_has_deleted_skips_nothing_that_it_still_sends(office: Office, till: Till) -> None:
    identity = till.journal.identity()
    assert identity is not None
    who = TillOf(identity.organisation_id, identity.workstation_id, identity.store_id)
    items = [UploadItem(epoch=1, seq=seq, sha256="", raw="") for seq in (5, 7)]
    assert run_in_tx(office.database.write, lambda tx: advance_marks(tx, who, items, kept_from=2**53)) == {1: 4}
    assert run_in_tx(office.database.write, lambda tx: advance_marks(tx, who, items, kept_from=3)) == {1: 4}


def test_a_feed_that_has_grown_past_the_tills_cursor_since_the_backup_is_read_anew(office: Office, till: Till) -> None:
    run_in_tx(office.database.write, lambda tx: tell_card(tx, office, "kept"))
    with office.database.read() as session:
        before = session.query(ChangeCounter.position).scalar()
        head = session.query(AuditHead.seq, AuditHead.seal).one()
    run_in_tx(office.database.write, lambda tx: tell_card(tx, office, "lost"))
    till.sync_until_quiet()
    assert till.replica.card("lost") is not None

    def from_the_backup(tx: Session) -> None:
        tx.execute(delete(ChangeRow).where(ChangeRow.position > before))
        tx.execute(update(ChangeCounter).values(position=before))
        tx.execute(delete(AuditEntry).where(AuditEntry.seq > head.seq))
        tx.execute(update(AuditHead).values(seq=head.seq, seal=head.seal))

    run_in_tx(office.database.write, from_the_backup)

    def new_cards(tx: Session) -> None:
        for number in range(3):
            tell_card(tx, office, f"new-{number}")

    run_in_tx(office.database.write, new_cards)
    till.sync_until_quiet()
    assert [card for card in ("kept", "lost", "new-0", "new-1", "new-2") if till.replica.card(card) is None] == ["lost"]
