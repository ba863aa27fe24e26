"""How far each epoch of a till has arrived, without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many, upsert
from backoffice.sync_api.models import Quarantine, Receipt, UploadMark
from backoffice.sync_api.tills import Till
from pos_engine.wire.sync import UploadItem

_STEP: Final = 2_000
"""Numbers looked at in one query: four full batches."""


def advance_marks(session: Session, till: Till, items: Sequence[UploadItem], kept_from: int = 0) -> dict[int, int]:
    """Move the marks of the epochs in this batch forward; returns the acknowledged seq of each.

    What lies in quarantine counts as arrived: it is kept here and somebody was told. `kept_from`: nothing lower of
    the first epoch will ever come, so that a mark which an old backup brought back does not wait for it.
    """
    marks: dict[int, int] = {}
    for epoch in {item.epoch for item in items}:
        known = session.execute(
            select(UploadMark.acknowledged_seq, UploadMark.max_seq).where(
                UploadMark.organisation_id == till.organisation_id,
                UploadMark.workstation_id == till.workstation_id,
                UploadMark.epoch == epoch,
            )
        ).one_or_none()
        acknowledged, highest = (known.acknowledged_seq, known.max_seq) if known is not None else (0, 0)
        if epoch == items[0].epoch:
            # What a till sends it still has, whatever it says.
            first = min(item.seq for item in items if item.epoch == epoch)
            acknowledged = max(acknowledged, min(kept_from, first) - 1)
        marks[epoch] = _without_gaps(session, till, epoch, acknowledged)
        highest = max([highest, *(item.seq for item in items if item.epoch == epoch)])
        insert = upsert(session, UploadMark)
        statement = insert.on_conflict_do_update(
            index_elements=["organisation_id", "workstation_id", "epoch"],
            set_={name: insert.excluded[name] for name in ("acknowledged_seq", "max_seq")},
        )
        row = {
            "organisation_id": till.organisation_id,
            "workstation_id": till.workstation_id,
            "epoch": epoch,
            "acknowledged_seq": marks[epoch],
            "max_seq": highest,
        }
        execute_many(session, statement, [row])
    return marks


def _without_gaps(session: Session, till: Till, epoch: int, mark: int) -> int:
    """The highest number such that it and everything between it and the mark has arrived."""
    while True:
        arrived = union(
            *(
                select(table.seq).where(
                    table.organisation_id == till.organisation_id,
                    table.workstation_id == till.workstation_id,
                    table.epoch == epoch,
                    table.seq > mark,
                    table.seq <= mark + _STEP,
                )
                for table in (Receipt, Quarantine)
            )
        ).order_by("seq")
        before = mark
        for seq in session.execute(arrived).scalars():
            if seq != mark + 1:
                return mark
            mark = seq
        if mark < before + _STEP:
            return mark
