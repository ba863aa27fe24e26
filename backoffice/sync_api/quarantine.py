"""What was kept aside because it could not be applied: looked at, tried again, or settled with a note.

Laws: the bytes are never changed and never deleted; trying again goes the very way of an upload; doing the same twice
has no second effect; each act is written down with who did it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.sync_api.models import Quarantine, Receipt, Workstation
from backoffice.sync_api.reading import ReadReceipt, Rejected, read_item
from backoffice.sync_api.tills import Till
from backoffice.sync_api.upload import apply_or_reject, number_taken, same_receipt
from pos_engine.wire.sync import UploadBatch, UploadItem

NOTE_LENGTH_MAX: Final = 500
SUBJECT: Final = "quarantine"
"""Subject kind of the entries about one kept upload; their subject id is the SHA-256 of its bytes."""

OFFICE_EPOCH: Final = 0
"""Epoch of the numbers that are given here; a till's own begin with 1, so that no till ever uses them."""

NO_BOOT: Final = "unknown"
"""Instead of the boot in which the upload was sent, which is not kept: the till's clock is then taken at its word."""


@dataclass(frozen=True)
class KeptKey:
    """One kept upload of an organisation: the number it claims, and the SHA-256 of its bytes as they came."""

    workstation_id: str
    epoch: int
    seq: int
    raw_sha256: str


@dataclass(frozen=True)
class Tried:
    """What trying again came to. Not applied: the code and text of what is in the way now."""

    applied: bool
    code: str = ""
    text: str = ""


def kept_uploads(
    session: Session, organisation_id: str, *, settled: bool = False, limit: int = 50
) -> Sequence[Quarantine]:
    """What waits for a person, or what was settled; the newest first."""
    state = Quarantine.resolved_at.is_not(None) if settled else Quarantine.resolved_at.is_(None)
    newest = Quarantine.resolved_at if settled else Quarantine.received_at
    return session.scalars(
        select(Quarantine)
        .where(Quarantine.organisation_id == organisation_id, state)
        .order_by(newest.desc(), Quarantine.workstation_id, Quarantine.seq)
        .limit(limit)
    ).all()


def kept_upload(session: Session, organisation_id: str, key: KeptKey) -> Quarantine | None:
    """One of them, if this organisation has it."""
    return session.get(Quarantine, (organisation_id, key.workstation_id, key.epoch, key.seq, key.raw_sha256))


def applied_as(session: Session, row: Quarantine) -> tuple[int, int] | None:
    """Epoch and seq under which the receipt with these bytes stands among the receipts; None when it does not."""
    found = session.execute(
        select(Receipt.epoch, Receipt.seq, Receipt.sha256).where(
            Receipt.organisation_id == row.organisation_id,
            Receipt.workstation_id == row.workstation_id,
            or_(
                and_(Receipt.epoch == row.epoch, Receipt.seq == row.seq),
                and_(Receipt.epoch == OFFICE_EPOCH, Receipt.sha256 == row.raw_sha256),
            ),
        )
    )
    return next(((one.epoch, one.seq) for one in found if same_receipt(one.sha256, row.raw_sha256)), None)


def is_applied(session: Session, row: Quarantine) -> bool:
    """Whether the receipt with these bytes stands among the receipts."""
    return applied_as(session, row) is not None


def receipt_in_place(session: Session, row: Quarantine) -> Receipt | None:
    """The other receipt that has the number which these bytes claim."""
    key = (row.organisation_id, row.workstation_id, row.epoch, row.seq)
    found = session.get(Receipt, key)
    return None if found is None or same_receipt(found.sha256, row.raw_sha256) else found


def as_receipt(session: Session, row: Quarantine) -> ReadReceipt | None:
    """What the bytes say, when they are a sound receipt of their till."""
    read = _read(session, row)[1]
    return read if isinstance(read, ReadReceipt) else None


def give_number(session: Session, doing: Doing, key: KeptKey) -> Tried:
    """Book a receipt whose number is taken under a free one; its bytes keep the number that is printed on its paper.

    InputError: there is no such upload. Not applied: nothing has its number (try again instead), or what is in the way.
    """
    row = _get(session, doing, key)
    if is_applied(session, row):
        _settle(session, doing, row)
        return Tried(applied=True)
    if receipt_in_place(session, row) is None:
        return try_again(session, doing, key)
    till, read = _read(session, row)
    if isinstance(read, Rejected):
        return Tried(False, read.code, read.text)
    item = msgspec.structs.replace(read.item, epoch=OFFICE_EPOCH, seq=_next_office_seq(session, row))
    rejected = apply_or_reject(
        session, till, msgspec.structs.replace(read, item=item), _batch(row, item), row.received_at
    )
    if rejected is not None:
        doing.note(session, "quarantine_tried", SUBJECT, row.raw_sha256, rejected.code)
        return Tried(False, rejected.code, rejected.text)
    _settle(session, doing, row)
    number = f"{row.workstation_id}:{item.epoch}:{item.seq}"
    doing.note(session, "quarantine_numbered", SUBJECT, row.raw_sha256, f"{_number(row)} → {number}")
    return Tried(applied=True)


def _next_office_seq(session: Session, row: Quarantine) -> int:
    highest = session.execute(
        select(func.max(Receipt.seq)).where(
            Receipt.organisation_id == row.organisation_id,
            Receipt.workstation_id == row.workstation_id,
            Receipt.epoch == OFFICE_EPOCH,
        )
    ).scalar_one()
    return (highest or 0) + 1


def try_again(session: Session, doing: Doing, key: KeptKey) -> Tried:
    """Read the bytes once more and apply them, as if they had just been sent; InputError: there is no such upload."""
    row = _get(session, doing, key)
    if is_applied(session, row):
        _settle(session, doing, row)
        return Tried(applied=True)
    rejected = _apply(session, row)
    if rejected is not None:
        row.code, row.text = rejected.code, rejected.text
        doing.note(session, "quarantine_tried", SUBJECT, row.raw_sha256, rejected.code)
        return Tried(False, rejected.code, rejected.text)
    _settle(session, doing, row)
    doing.note(session, "quarantine_applied", SUBJECT, row.raw_sha256, _number(row))
    return Tried(applied=True)


def keep_aside(session: Session, doing: Doing, key: KeptKey, note: str) -> None:
    """Settle an upload without applying it; the note says why. InputError: no such upload, no note, or a long one."""
    row = _get(session, doing, key)
    said = note.strip()
    if not said or len(said) > NOTE_LENGTH_MAX:
        raise InputError(_("Say in 1 to %(most)s characters why it is kept aside.", most=NOTE_LENGTH_MAX))
    if _settle(session, doing, row):
        doing.note(session, "quarantine_kept_aside", SUBJECT, row.raw_sha256, said)


def _get(session: Session, doing: Doing, key: KeptKey) -> Quarantine:
    row = kept_upload(session, doing.organisation_id, key)
    if row is None:
        raise InputError(_("There is no such upload."))
    return row


def _read(session: Session, row: Quarantine) -> tuple[Till, ReadReceipt | Rejected]:
    workstation = session.get_one(Workstation, (row.organisation_id, row.workstation_id))
    till = Till(row.organisation_id, row.workstation_id, workstation.store_id)
    raw = row.raw.decode(errors="surrogatepass")
    return till, read_item(till, UploadItem(epoch=row.epoch, seq=row.seq, sha256=row.claimed_sha256, raw=raw))


def _apply(session: Session, row: Quarantine) -> Rejected | None:
    """Apply the bytes of a row; what is in the way, or None."""
    till, read = _read(session, row)
    if not isinstance(read, ReadReceipt):
        return read
    if receipt_in_place(session, row) is not None:
        return number_taken(read)
    return apply_or_reject(session, till, read, _batch(row, read.item), row.received_at)


def _batch(row: Quarantine, item: UploadItem) -> UploadBatch:
    """The upload as it was. Received when it came, not now: only so are its times what they would have been."""
    return UploadBatch(
        workstation_id=row.workstation_id, sent_at=row.received_at, monotonic_ms=0, boot_id=NO_BOOT, items=(item,)
    )


def _settle(session: Session, doing: Doing, row: Quarantine) -> bool:
    """Mark it as settled; whether this is the act that did it."""
    done = session.execute(
        update(Quarantine)
        .where(
            Quarantine.organisation_id == row.organisation_id,
            Quarantine.workstation_id == row.workstation_id,
            Quarantine.epoch == row.epoch,
            Quarantine.seq == row.seq,
            Quarantine.raw_sha256 == row.raw_sha256,
            Quarantine.resolved_at.is_(None),
        )
        .values(resolved_at=doing.clock.now())
        .returning(Quarantine.seq)
    ).scalar_one_or_none()
    return done is not None


def _number(row: Quarantine) -> str:
    return f"{row.workstation_id}:{row.epoch}:{row.seq}"
