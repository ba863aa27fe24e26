"""The nightly comparison: a till counts its day, we count ours, and differences are said in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from sqlalchemy import Integer, case, func, select
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many, upsert
from backoffice.clock import Clock
from backoffice.i18n import gettext as _
from backoffice.sync_api.models import Quarantine, Receipt, Reconciliation, Redemption, Workstation
from backoffice.sync_api.tills import Till, foreign_workstation
from pos_engine.wire.reconcile import ReconcileAnswer, ReconcileRequest


@dataclass(frozen=True)
class DayCount:
    """One side's count of a business day. A void is a receipt with negative amounts and takes redemptions back."""

    receipts: int
    redemptions: int
    due_minor: int
    discount_minor: int


@dataclass(frozen=True)
class MissingReconciliation:
    """A till that has receipts of a day, or is in use, and did not compare that day."""

    workstation_id: str
    name: str
    store_id: str
    business_day: date
    receipts: int
    text: str


def reconcile(session: Session, clock: Clock, till: Till, request: ReconcileRequest) -> ReconcileAnswer:
    """Compare a till's count with ours and keep the result. ApiError 403: it speaks for another till."""
    if request.workstation_id != till.workstation_id:
        raise foreign_workstation(request.workstation_id)
    theirs = DayCount(request.receipts, request.redemptions, request.due_minor, request.discount_minor)
    ours = count_day(session, till, request.business_day)
    differences = _differences(theirs, ours, _waiting(session, till))
    row = {
        "organisation_id": till.organisation_id,
        "workstation_id": till.workstation_id,
        "business_day": request.business_day,
        "reconciled_at": clock.now(),
        "till_receipts": theirs.receipts,
        "till_redemptions": theirs.redemptions,
        "till_due_minor": theirs.due_minor,
        "till_discount_minor": theirs.discount_minor,
        "our_receipts": ours.receipts,
        "our_redemptions": ours.redemptions,
        "our_due_minor": ours.due_minor,
        "our_discount_minor": ours.discount_minor,
        "agrees": theirs == ours,
        "differences": msgspec.json.encode(differences).decode(),
    }
    keys = ["organisation_id", "workstation_id", "business_day"]
    insert = upsert(session, Reconciliation)
    newest = {name: insert.excluded[name] for name in row if name not in keys}
    execute_many(session, insert.on_conflict_do_update(index_elements=keys, set_=newest), [row])
    return ReconcileAnswer(
        receipts=ours.receipts,
        redemptions=ours.redemptions,
        due_minor=ours.due_minor,
        discount_minor=ours.discount_minor,
        agrees=theirs == ours,
        differences=differences,
    )


def count_day(session: Session, till: Till, business_day: date) -> DayCount:
    """Our count of one till's business day, over all its epochs."""
    of_day = (
        Receipt.organisation_id == till.organisation_id,
        Receipt.workstation_id == till.workstation_id,
        Receipt.business_day == business_day,
    )
    sums = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Receipt.total_due_minor), 0),
            func.coalesce(func.sum(Receipt.total_discount_minor), 0),
        ).where(*of_day)
    ).one()
    sign = func.sum(case((Receipt.kind == "void", -1), (Receipt.kind == "return", 0), else_=1), type_=Integer)
    redemptions = session.execute(
        select(func.coalesce(sign, 0))
        .select_from(Receipt)
        .join(
            Redemption,
            (Redemption.organisation_id == Receipt.organisation_id)
            & (Redemption.workstation_id == Receipt.workstation_id)
            & (Redemption.epoch == Receipt.epoch)
            & (Redemption.seq == Receipt.seq),
        )
        .where(*of_day)
    ).scalar_one()
    return DayCount(sums[0], int(redemptions), int(sums[1]), int(sums[2]))


def reconciliations(session: Session, organisation_id: str, limit: int = 200) -> Sequence[Reconciliation]:
    """The newest comparisons of an organisation, newest day first."""
    return session.scalars(
        select(Reconciliation)
        .where(Reconciliation.organisation_id == organisation_id)
        .order_by(Reconciliation.business_day.desc(), Reconciliation.workstation_id)
        .limit(limit)
    ).all()


def missing_reconciliations(
    session: Session, organisation_id: str, business_day: date
) -> Sequence[MissingReconciliation]:
    """Active tills enrolled before the end of a day that did not compare it. Run it after the night's set hour."""
    compared = select(Reconciliation.workstation_id).where(
        Reconciliation.organisation_id == organisation_id, Reconciliation.business_day == business_day
    )
    receipts = (
        select(func.count())
        .where(
            Receipt.organisation_id == Workstation.organisation_id,
            Receipt.workstation_id == Workstation.workstation_id,
            Receipt.business_day == business_day,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Workstation, receipts.label("receipts"))
        .where(
            Workstation.organisation_id == organisation_id,
            Workstation.state == "active",
            Workstation.workstation_id.not_in(compared),
            Workstation.enrolled_at < datetime.combine(business_day + timedelta(days=1), time(), UTC),
        )
        .order_by(Workstation.store_id, Workstation.name)
    )
    return [
        MissingReconciliation(
            workstation_id=row.Workstation.workstation_id,
            name=row.Workstation.name,
            store_id=row.Workstation.store_id,
            business_day=business_day,
            receipts=row.receipts,
            text=_missing_text(row.Workstation, row.receipts, business_day),
        )
        for row in rows
    ]


def _missing_text(workstation: Workstation, receipts: int, business_day: date) -> str:
    seen = workstation.last_seen_at
    values = {"till": workstation.name, "day": business_day, "count": receipts}
    if seen is None:
        return _(
            "%(till)s did not compare %(day)s (receipts of that day that are here: %(count)s); it was never seen. "
            "It catches up by itself when it is switched on and on line.",
            **values,
        )
    return _(
        "%(till)s did not compare %(day)s (receipts of that day that are here: %(count)s); it was last seen "
        "%(moment)s UTC. It catches up by itself when it is switched on and on line.",
        **values,
        moment=f"{seen:%Y-%m-%d %H:%M}",
    )


def _waiting(session: Session, till: Till) -> int:
    query = select(func.count()).where(
        Quarantine.organisation_id == till.organisation_id,
        Quarantine.workstation_id == till.workstation_id,
        Quarantine.resolved_at.is_(None),
    )
    return session.execute(query).scalar_one()


def _differences(theirs: DayCount, ours: DayCount, in_quarantine: int) -> tuple[str, ...]:
    """In English, for the till; pages say what differs in their language (`differences_of`)."""
    pairs = (
        ("receipts", theirs.receipts, ours.receipts),
        ("redemptions", theirs.redemptions, ours.redemptions),
        ("amount due in minor units", theirs.due_minor, ours.due_minor),
        ("discount in minor units", theirs.discount_minor, ours.discount_minor),
    )
    said = [
        f"{what}: the till counts {till_side}, the back-office {our_side} ({our_side - till_side:+d})"
        for what, till_side, our_side in pairs
        if till_side != our_side
    ]
    if said and in_quarantine:
        said.append(f"{in_quarantine} receipts of this till wait in quarantine and are not counted here")
    return tuple(said)


def differences_of(row: Reconciliation) -> tuple[tuple[str, int, int], ...]:
    """What differs: `receipts`, `redemptions`, `due` or `discount` (in minor units), the till's side and ours."""
    pairs = (
        ("receipts", row.till_receipts, row.our_receipts),
        ("redemptions", row.till_redemptions, row.our_redemptions),
        ("due", row.till_due_minor, row.our_due_minor),
        ("discount", row.till_discount_minor, row.our_discount_minor),
    )
    return tuple(each for each in pairs if each[1] != each[2])
