"""Which receipts are to be mailed: written down in the transaction that stores the receipt, as jobs of the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.ids import UuidIds
from backoffice.members.models import Member
from backoffice.sync_api.reading import ReadReceipt
from backoffice.worker.services import plan

RECEIPT_MAIL: Final = "receipt_mail"
AGE_MAX: Final = timedelta(days=7)
"""What a till brings later (it was in a drawer for months) is no news to anybody."""
DUE_KEY_LENGTH_MAX: Final = 64


def plan_receipt_mails(session: Session, organisation_id: str, reads: Sequence[ReadReceipt], now: datetime) -> int:
    """Plan a mail for each receipt of a member who asked for them; how many. The same receipt is planned once."""
    fresh = [read for read in reads if read.document.member_id and now - read.document.closed_at < AGE_MAX]
    if not fresh:
        return 0
    wanting = set(
        session.scalars(
            select(Member.member_id).where(
                Member.organisation_id == organisation_id,
                Member.member_id.in_({read.document.member_id for read in fresh}),
                Member.receipts_by_mail,
            )
        )
    )
    due = [receipt_id_of(read) for read in fresh if read.document.member_id in wanting]
    ids = UuidIds()
    return sum(
        plan(session, ids, organisation_id, RECEIPT_MAIL, key, now) for key in due if len(key) <= DUE_KEY_LENGTH_MAX
    )


def receipt_id_of(read: ReadReceipt) -> str:
    """A receipt's number as it is printed."""
    return f"{read.document.workstation_id}:{read.item.epoch}:{read.item.seq}"
