"""What was used more often than it is worth, because tills were off line: every case with its receipts and its cost.

Nobody is charged for it later. Of coupons and of members' limits all receipts are listed; of limits and budgets that
all customers share only those that rested on no right, because the others were in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import literal, select
from sqlalchemy.orm import Session, aliased

from backoffice.campaigns.models import Campaign
from backoffice.sync_api.models import Coupon, CouponRedemption, Receipt, Redemption, RightUseRow
from backoffice.sync_api.right_totals import worth_of
from pos_engine.rights.ids import CARD_ROOT, RightKind, RightName, coupon_right, read_right

CASES_MAX: Final = 1_000
"""Cases listed; more of them is a fault that is not read case by case."""


@dataclass(frozen=True)
class DoubleUse:
    """One receipt that used the right. `units`: uses, or minor units of a budget. `beyond`: it is one too many."""

    workstation_id: str
    epoch: int
    seq: int
    store_id: str
    sequence_no: int
    closed_at: datetime
    member_id: str
    operator: str
    units: int
    discount_minor: int
    beyond: bool = False

    @property
    def receipt_id(self) -> str:
        """As receipts are named everywhere."""
        return f"{self.workstation_id}:{self.epoch}:{self.seq}"


@dataclass(frozen=True)
class Double:
    """One right that was used beyond its worth, with its receipts, oldest first. `loss_minor`: what that cost."""

    kind: RightKind
    subject_id: str
    member_id: str
    campaign_id: str
    campaign_name: str
    worth: int
    used: int
    loss_minor: int
    uses: tuple[DoubleUse, ...]


def doubles(session: Session, organisation_id: str) -> Sequence[Double]:
    """Every case, newest first."""
    rows = session.execute(
        select(Campaign.campaign_id, Campaign.name).where(Campaign.organisation_id == organisation_id)
    )
    names = {row.campaign_id: row.name for row in rows}
    found = [*_coupons(session, organisation_id, names), *_limits(session, organisation_id, names)]
    return sorted(found, key=lambda case: case.uses[-1].closed_at, reverse=True)[:CASES_MAX]


_SEEN = (
    Receipt.workstation_id,
    Receipt.epoch,
    Receipt.seq,
    Receipt.store_id,
    Receipt.sequence_no,
    Receipt.closed_at,
    Receipt.member_id,
    Receipt.operator,
)


def _coupons(session: Session, organisation_id: str, names: dict[str, str]) -> Iterable[Double]:
    rows = session.execute(
        select(
            *_SEEN,
            literal(1).label("units"),
            CouponRedemption.discount_minor,
            Coupon.coupon_id,
            Coupon.campaign_id,
            Coupon.uses_total,
        )
        .join(
            CouponRedemption,
            (CouponRedemption.organisation_id == Receipt.organisation_id)
            & (CouponRedemption.workstation_id == Receipt.workstation_id)
            & (CouponRedemption.epoch == Receipt.epoch)
            & (CouponRedemption.seq == Receipt.seq),
        )
        .join(
            Coupon,
            (Coupon.organisation_id == CouponRedemption.organisation_id)
            & (Coupon.coupon_id == CouponRedemption.coupon_id),
        )
        .where(Receipt.organisation_id == organisation_id, Coupon.state == "overdrawn")
        .order_by(Coupon.coupon_id, Receipt.closed_at, Receipt.workstation_id, Receipt.seq)
    )
    grouped: dict[tuple[str, str, int], list[DoubleUse]] = defaultdict(list)
    for row in rows:
        grouped[row.coupon_id, row.campaign_id, row.uses_total].append(_use(row))
    for (coupon_id, campaign_id, worth), uses in grouped.items():
        name = read_right(coupon_right(coupon_id)) or RightName("coupon", coupon_id)
        yield _case(name, campaign_id, names, worth, len(uses), uses)


def _limits(session: Session, organisation_id: str, names: dict[str, str]) -> Iterable[Double]:
    loose = session.execute(
        select(RightUseRow.right_id, RightUseRow.campaign_id)
        .where(
            RightUseRow.organisation_id == organisation_id,
            RightUseRow.root.in_(("", CARD_ROOT)),
            RightUseRow.right_id.not_like("coupon|%"),
            RightUseRow.right_id.not_like("points|%"),
        )
        .distinct()
        .order_by(RightUseRow.right_id)
    ).all()
    for right_id, campaign_id in loose:
        name = read_right(right_id)
        worth = worth_of(session, organisation_id, right_id, campaign_id)
        if name is None or worth is None or worth.used <= worth.total:
            continue
        uses = _uses_of(session, organisation_id, right_id, campaign_id, name)
        if uses:
            yield _case(name, campaign_id, names, worth.total, worth.used, uses)


def _uses_of(
    session: Session, organisation_id: str, right_id: str, campaign_id: str, name: RightName
) -> list[DoubleUse]:
    """Receipts that used a right and were not cancelled; of a right that all share, those that rested on nothing."""
    void = aliased(Receipt)
    cancelled = (
        select(void.seq)
        .where(
            void.organisation_id == Receipt.organisation_id,
            void.workstation_id == Receipt.workstation_id,
            void.sale_ref == Receipt.sale_ref,
            void.kind == "void",
        )
        .exists()
    )
    query = (
        select(*_SEEN, RightUseRow.units, Redemption.discount_minor)
        .join(
            RightUseRow,
            (RightUseRow.organisation_id == Receipt.organisation_id)
            & (RightUseRow.workstation_id == Receipt.workstation_id)
            & (RightUseRow.epoch == Receipt.epoch)
            & (RightUseRow.seq == Receipt.seq),
        )
        .outerjoin(
            Redemption,
            (Redemption.organisation_id == Receipt.organisation_id)
            & (Redemption.workstation_id == Receipt.workstation_id)
            & (Redemption.epoch == Receipt.epoch)
            & (Redemption.seq == Receipt.seq)
            & (Redemption.campaign_id == RightUseRow.campaign_id)
            & (Redemption.offer_id == name.subject_id),
        )
        .where(
            Receipt.organisation_id == organisation_id,
            RightUseRow.right_id == right_id,
            RightUseRow.campaign_id == campaign_id,
            RightUseRow.units > 0,
            ~cancelled,
        )
        .order_by(Receipt.closed_at, Receipt.workstation_id, Receipt.seq)
    )
    if name.kind != "member":
        query = query.where(RightUseRow.root == "")
    return [_use(row) for row in session.execute(query)]


def _use(row: Any) -> DoubleUse:  # noqa: ANN401 - a row of one of the queries above
    return DoubleUse(
        workstation_id=row.workstation_id,
        epoch=row.epoch,
        seq=row.seq,
        store_id=row.store_id,
        sequence_no=row.sequence_no,
        closed_at=row.closed_at,
        member_id=row.member_id,
        operator=row.operator,
        units=row.units,
        discount_minor=row.discount_minor or 0,
    )


def _case(
    name: RightName, campaign_id: str, names: dict[str, str], worth: int, used: int, uses: Sequence[DoubleUse]
) -> Double:
    """The newest uses are those too many; of the last of them a part, where only a part of it is."""
    over, loss, marked = used - worth, 0, list(uses)
    for index in reversed(range(len(marked))):
        use = marked[index]
        part = min(over, use.units)
        if part <= 0:
            break
        over -= part
        loss += part if name.kind == "budget" else use.discount_minor * part // use.units
        marked[index] = replace(use, beyond=True)
    member_id = name.member_id or (uses[-1].member_id if name.kind == "coupon" else "")
    return Double(
        name.kind,
        name.subject_id,
        member_id,
        campaign_id,
        names.get(campaign_id, campaign_id),
        worth,
        used,
        loss,
        tuple(marked),
    )
