"""How far each epoch of a till has arrived, without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select, union
from sqlalchemy.orm import Session

from backoffice.bulk import put, table_of
from backoffice.prepared import Prepared
from backoffice.sync_api.models import Quarantine, Receipt, UploadMark
from backoffice.sync_api.tills import Till
from pos_engine.wire.sync import UploadItem

_STEP: Final = 2_000
"""Numbers looked at in one query: four full batches."""

_MARKS = table_of(UploadMark)
_MARK: Final = Prepared(
    select(_MARKS.c.acknowledged_seq, _MARKS.c.max_seq).where(
        _MARKS.c.organisation_id == bindparam("organisation"),
        _MARKS.c.workstation_id == bindparam("till"),
        _MARKS.c.epoch == bindparam("of_epoch"),
    )
)
_ARRIVED: Final = Prepared(
    union(
        *(
            select(table.c.seq).where(
                table.c.organisation_id == bindparam("organisation"),
                table.c.workstation_id == bindparam("till"),
                table.c.epoch == bindparam("of_epoch"),
                table.c.seq > bindparam("mark"),
                table.c.seq <= bindparam("most"),
            )
            for table in (table_of(Receipt), table_of(Quarantine))
        )
    ).order_by("seq")
)


def advance_marks(session: Session, till: Till, items: Sequence[UploadItem], kept_from: int = 0) -> dict[int, int]:
    """Move the marks of the epochs in this batch forward; returns the acknowledged seq of each.

    What lies in quarantine counts as arrived: it is kept here and somebody was told. `kept_from`: nothing lower of
    the first epoch will ever come, so that a mark which an old backup brought back does not wait for it.
    """
    # What the caller has kept aside must be in the database before it is looked for there.
    session.flush()
    marks: dict[int, int] = {}
    for epoch in {item.epoch for item in items}:
        which = {"organisation": till.organisation_id, "till": till.workstation_id, "of_epoch": epoch}
        known = _MARK.one(session.connection(), **which)
        acknowledged, highest = (known.acknowledged_seq, known.max_seq) if known is not None else (0, 0)
        if epoch == items[0].epoch:
            # What a till sends it still has, whatever it says.
            first = min(item.seq for item in items if item.epoch == epoch)
            acknowledged = max(acknowledged, min(kept_from, first) - 1)
        marks[epoch] = _without_gaps(session, till, epoch, acknowledged)
        highest = max([highest, *(item.seq for item in items if item.epoch == epoch)])
        row = {
            "organisation_id": till.organisation_id,
            "workstation_id": till.workstation_id,
            "epoch": epoch,
            "acknowledged_seq": marks[epoch],
            "max_seq": highest,
        }
        put(session, UploadMark, ("organisation_id", "workstation_id", "epoch"), [row])
    return marks


def _without_gaps(session: Session, till: Till, epoch: int, mark: int) -> int:
    """The highest number such that it and everything between it and the mark has arrived."""
    while True:
        which = {
            "organisation": till.organisation_id,
            "till": till.workstation_id,
            "of_epoch": epoch,
            "mark": mark,
            "most": mark + _STEP,
        }
        before = mark
        for row in _ARRIVED.all(session.connection(), **which):
            if row.seq != mark + 1:
                return mark
            mark = row.seq
        if mark < before + _STEP:
            return mark
