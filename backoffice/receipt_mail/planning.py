"""Which receipts are to be mailed: written down in the transaction that stores the receipt, as jobs of the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.ids import UuidIds
from backoffice.members.models import Member
from backoffice.prepared import Prepared
from backoffice.sync_api.reading import ReadReceipt
from backoffice.worker.services import plan

RECEIPT_MAIL: Final = "receipt_mail"
AGE_MAX: Final = timedelta(days=7)
"""What a till brings later (it was in a drawer for months) is no news to anybody."""
DUE_KEY_LENGTH_MAX: Final = 64

_MEMBERS = table_of(Member)
# Made once: every batch of receipts asks it.
_WANTING: Final = Prepared(
    select(_MEMBERS.c.member_id).where(
        _MEMBERS.c.organisation_id == bindparam("organisation"),
        _MEMBERS.c.member_id.in_(bindparam("members", expanding=True)),
        _MEMBERS.c.receipts_by_mail,
    )
)


def plan_receipt_mails(session: Session, organisation_id: str, reads: Sequence[ReadReceipt], now: datetime) -> int:
    """Plan a mail for each receipt of a member who asked for them; how many. The same receipt is planned once."""
    fresh = [read for read in reads if read.document.member_id and now - read.document.closed_at < AGE_MAX]
    if not fresh:
        return 0
    members = {read.document.member_id for read in fresh}
    rows = _WANTING.all(session.connection(), organisation=organisation_id, members=members)
    wanting = {row.member_id for row in rows}
    due = [receipt_id_of(read) for read in fresh if read.document.member_id in wanting]
    ids = UuidIds()
    return sum(
        plan(session, ids, organisation_id, RECEIPT_MAIL, key, now) for key in due if len(key) <= DUE_KEY_LENGTH_MAX
    )


def receipt_id_of(read: ReadReceipt) -> str:
    """A receipt's number as it is printed."""
    return f"{read.document.workstation_id}:{read.item.epoch}:{read.item.seq}"
