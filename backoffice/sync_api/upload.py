"""Receiving receipts: each exactly once, one answer per item, one transaction for the batch.

Laws:
1. A receipt is known by (organisation, workstation, epoch, seq) *and* its SHA-256. The same again is a duplicate and
   changes nothing; other bytes under a number that is taken are kept in quarantine with an alarm, never dropped.
2. Everything a receipt does (lines, redemptions, coupons, usage, bookings) happens in the transaction that stores it.
3. An item that cannot be read or applied is kept aside with its bytes; the others do not notice.
4. A receipt of a member who was erased meanwhile counts for the shop, and puts nothing about that member back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from backoffice.audiences.rollup import count_members_days
from backoffice.bulk import execute_many, table_of, upsert
from backoffice.cashiers.late_credit import settle as settle_late_credits
from backoffice.clock import Clock
from backoffice.db import asks_for_retry
from backoffice.loyalty.booking import book_receipts
from backoffice.members.gone import erased_among
from backoffice.members.merging import follow_merges
from backoffice.prepared import Prepared
from backoffice.receipt_mail.planning import plan_receipt_mails
from backoffice.reports.budget_marks import mark_budgets
from backoffice.reports.rollup import count_days
from backoffice.sync_api.coupons import settle_coupons
from backoffice.sync_api.errors import ApiError
from backoffice.sync_api.marks import advance_marks
from backoffice.sync_api.models import Quarantine, Receipt
from backoffice.sync_api.projections import insert_receipts
from backoffice.sync_api.reading import ReadReceipt, Rejected, read_item
from backoffice.sync_api.returns import ReturnRefusedError, record_returns
from backoffice.sync_api.rights import count_rights
from backoffice.sync_api.tills import Till, foreign_workstation
from backoffice.sync_api.usage import count_usage
from pos_engine.wire.sync import ItemAnswer, UploadAnswer, UploadBatch, UploadItem

ITEMS_MAX: Final = 500
"""Items in one batch, agreed with the tills."""

_SPAN_MAX: Final = 2 * ITEMS_MAX
"""Numbers that may lie between the ends of a batch: with its gaps it must not ask for a whole history."""

Key = tuple[int, int]
"""Epoch and seq."""

_RECEIPTS = table_of(Receipt)
_OF_EPOCH: Final = select(_RECEIPTS.c.seq, _RECEIPTS.c.sha256).where(
    _RECEIPTS.c.organisation_id == bindparam("organisation"),
    _RECEIPTS.c.workstation_id == bindparam("till"),
    _RECEIPTS.c.epoch == bindparam("of_epoch"),
)
_BETWEEN: Final = Prepared(_OF_EPOCH.where(_RECEIPTS.c.seq.between(bindparam("first"), bindparam("last"))))
_NAMED: Final = Prepared(_OF_EPOCH.where(_RECEIPTS.c.seq.in_(bindparam("seqs", expanding=True))))


def read_batch(till: Till, batch: UploadBatch) -> tuple[ReadReceipt | Rejected, ...]:
    """Read every item, without the database: other tills' batches may be stored meanwhile.

    ApiError 403: another till's batch; 413: more than ITEMS_MAX items; 400: none.
    """
    if batch.workstation_id != till.workstation_id:
        raise foreign_workstation(batch.workstation_id)
    if len(batch.items) > ITEMS_MAX:
        raise ApiError(413, "too_many_items", f"A batch has at most {ITEMS_MAX} receipts, this one {len(batch.items)}.")
    if not batch.items:
        raise ApiError(400, "no_items", "The batch is empty.")
    return tuple(read_item(till, item) for item in batch.items)


def receive(
    session: Session,
    clock: Clock,
    till: Till,
    batch: UploadBatch,
    reads: Sequence[ReadReceipt | Rejected] | None = None,
) -> UploadAnswer:
    """Store a batch. `reads`: what `read_batch` made of it; left out, it is read here, with the same ApiErrors."""
    if reads is None:
        reads = read_batch(till, batch)
    now = clock.now()
    answers: dict[int, ItemAnswer] = {}
    fresh: list[tuple[int, ReadReceipt]] = []
    stored = _stored(session, till, batch.items)
    for index, (item, read) in enumerate(zip(batch.items, reads, strict=True)):
        if isinstance(read, Rejected):
            answers[index] = _keep_aside(session, till, read, now)
        elif read.key not in stored:
            stored[read.key] = item.sha256
            fresh.append((index, read))
        elif same_receipt(stored[read.key], item.sha256):
            answers[index] = ItemAnswer(epoch=item.epoch, seq=item.seq, status="duplicate")
        else:
            answers[index] = _keep_aside(session, till, number_taken(read), now)
    failed = _apply(session, till, [read for _, read in fresh], batch, now)
    for index, read in fresh:
        rejected = failed.get(read.key)
        answers[index] = (
            ItemAnswer(epoch=read.item.epoch, seq=read.item.seq, status="stored")
            if rejected is None
            else _keep_aside(session, till, rejected, now)
        )
    marks = advance_marks(session, till, batch.items, batch.kept_from)
    epoch = batch.items[0].epoch
    return UploadAnswer(
        items=tuple(answers[index] for index in range(len(batch.items))),
        epoch=epoch,
        acknowledged_seq=marks[epoch],
        server_time=now,
    )


def same_receipt(stored_sha256: str, sent_sha256: str) -> bool:
    """Whether what is sent under a known number is what is stored under it."""
    return stored_sha256 == sent_sha256


def _stored(session: Session, till: Till, items: Sequence[UploadItem]) -> dict[Key, str]:
    found: dict[Key, str] = {}
    connection = session.connection()
    for epoch in {item.epoch for item in items}:
        seqs = [item.seq for item in items if item.epoch == epoch]
        first, last = min(seqs), max(seqs)
        which = {"organisation": till.organisation_id, "till": till.workstation_id, "of_epoch": epoch}
        # Numbers that follow each other are asked for by their ends: naming 500 takes longer than finding them.
        rows = (
            _BETWEEN.all(connection, **which, first=first, last=last)
            if last - first < _SPAN_MAX
            else _NAMED.all(connection, **which, seqs=seqs)
        )
        found |= {(epoch, row.seq): row.sha256 for row in rows}
    return found


def _apply(
    session: Session, till: Till, reads: Sequence[ReadReceipt], batch: UploadBatch, now: datetime
) -> dict[Key, Rejected]:
    """Apply all at once; if that fails, one by one, so that only those that fail by themselves are set aside."""
    if not reads or _try(session, till, reads, batch, now) is None:
        return {}
    failed: dict[Key, Rejected] = {}
    for read in reads:
        rejected = apply_or_reject(session, till, read, batch, now)
        if rejected is not None:
            failed[read.key] = rejected
    return failed


def apply_or_reject(
    session: Session, till: Till, read: ReadReceipt, batch: UploadBatch, now: datetime
) -> Rejected | None:
    """Apply one receipt with all its effects; why not, when the database refuses it, and then nothing of it remains."""
    error = _try(session, till, [read], batch, now)
    if error is None:
        return None
    if isinstance(error, ReturnRefusedError):
        return Rejected(read.item, read.raw, error.code, str(error))
    text = f"The receipt can be read but not applied: {type(error).__name__}"
    return Rejected(read.item, read.raw, "not_applicable", text)


def _try(
    session: Session, till: Till, reads: Sequence[ReadReceipt], batch: UploadBatch, now: datetime
) -> Exception | None:
    """Apply receipts inside a savepoint; the error that undid it, or None. A busy database is nobody's fault."""
    try:
        with session.begin_nested():
            insert_receipts(session, reads, batch, now)
            members = {read.document.member_id for read in reads if read.document.member_id}
            gone = erased_among(session, till.organisation_id, members)
            complete = record_returns(session, till.organisation_id, reads)
            settle_coupons(session, till.organisation_id, reads, now, complete, gone)
            count_usage(session, till, reads, gone)
            count_members_days(session, till.organisation_id, reads, gone)
            mark_budgets(session, till.organisation_id, count_days(session, till.organisation_id, reads), now)
            count_rights(session, reads)
            book_receipts(session, till.organisation_id, reads, now, gone)
            settle_late_credits(session, till.organisation_id, reads, now)
            follow_merges(session, till.organisation_id, members - gone, now)
            plan_receipt_mails(session, till.organisation_id, reads, now)
    except DBAPIError as error:
        if asks_for_retry(error) or error.connection_invalidated:
            raise
        return error
    except (StatementError, ValueError, OverflowError) as error:
        return error
    return None


def number_taken(read: ReadReceipt) -> Rejected:
    """What is said of a receipt whose number another one of its till has already."""
    text = (
        f"Number {read.item.epoch}:{read.item.seq} already belongs to another receipt of this till: "
        "the till was probably restored from an old copy and sold before it reached the back-office."
    )
    return Rejected(read.item, read.raw, "number_taken", text)


def _keep_aside(session: Session, till: Till, rejected: Rejected, now: datetime) -> ItemAnswer:
    item = rejected.item
    row = {
        "organisation_id": till.organisation_id,
        "workstation_id": till.workstation_id,
        "epoch": item.epoch,
        "seq": item.seq,
        "raw_sha256": hashlib.sha256(rejected.raw).hexdigest(),
        "claimed_sha256": item.sha256[:64],
        "raw": rejected.raw,
        "code": rejected.code,
        "text": rejected.text,
        "received_at": now,
        "resolved_at": None,
    }
    keys = ["organisation_id", "workstation_id", "epoch", "seq", "raw_sha256"]
    execute_many(session, upsert(session, Quarantine).on_conflict_do_nothing(index_elements=keys), [row])
    return ItemAnswer(epoch=item.epoch, seq=item.seq, status="quarantined", code=rejected.code, text=rejected.text)
