"""For whom a trigger holds, in one statement; and exactly, where a statement can say it nearly only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from backoffice.audiences.conditions import Away
from backoffice.audiences.conditions.base import among
from backoffice.audiences.conditions.birthday import born_on, days_from
from backoffice.audiences.scope import Scope
from backoffice.flows.form import (
    Birthday,
    CouponExpires,
    EntersSegment,
    Joined,
    NotSeen,
    PointsExpire,
    TierReached,
)
from backoffice.flows.plan import TRIGGER, Plan
from backoffice.loyalty.ledger import lines_of, movements_of
from backoffice.loyalty.models import LedgerAccount
from backoffice.members.models import Member
from backoffice.sync_api.models import Coupon
from pos_engine.core.bookings import POINTS
from pos_engine.core.lots import open_lots

_DAYS_OF_A_WEEK: Final = 7


def on_day(scope: Scope, day: date) -> Scope:
    """The same question as if it were another day."""
    return replace(scope, today=day)


def holds(scope: Scope, plan: Plan, counts_from: datetime) -> ColumnElement[bool]:
    """Which rows of `Member` the trigger holds for on the scope's day; of points, a few more (see `exactly`)."""
    trigger = plan.form.trigger
    found: ColumnElement[bool]
    match trigger:
        case Joined():
            found = Member.created_at > counts_from
        case Birthday():
            found = born_on(scope, days_from(scope.today + timedelta(days=trigger.days), 0))
        case NotSeen():
            found = Away(more_than=trigger.weeks * _DAYS_OF_A_WEEK).holds(scope)
        case PointsExpire():
            found = among(
                select(LedgerAccount.owner).where(
                    LedgerAccount.organisation_id == scope.organisation_id,
                    LedgerAccount.unit == POINTS,
                    LedgerAccount.balance > 0,
                    LedgerAccount.next_expiry_on <= scope.today + timedelta(days=trigger.days),
                )
            )
        case TierReached():
            found = Member.tier == trigger.tier_id
        case CouponExpires():
            found = among(_ending_coupons(scope, trigger))
        case EntersSegment():
            found = plan.trees[TRIGGER].root.holds(scope)
        case _:
            assert_never(trigger)
    return found


def _ending_coupons(scope: Scope, trigger: CouponExpires):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a select of member ids
    ending = select(Coupon.member_id).where(
        Coupon.organisation_id == scope.organisation_id,
        Coupon.medium == "card",
        Coupon.state == "open",
        Coupon.valid_until >= scope.today,
        Coupon.valid_until <= scope.today + timedelta(days=trigger.days),
    )
    return ending.where(Coupon.campaign_id == trigger.campaign_id) if trigger.campaign_id else ending


def exactly(scope: Scope, plan: Plan, member_ids: Sequence[str]) -> list[str]:
    """Of members that `holds` named, those for whom it is true."""
    trigger = plan.form.trigger
    if not isinstance(trigger, PointsExpire):
        return list(member_ids)
    last = scope.today + timedelta(days=trigger.days)
    return [member_id for member_id in member_ids if _has_ending_points(scope, member_id, last)]


def _has_ending_points(scope: Scope, member_id: str, last: date) -> bool:
    lots = open_lots(movements_of(lines_of(scope.session, scope.organisation_id, member_id, POINTS)))
    return any(lot.expires_on is not None and scope.today <= lot.expires_on <= last for lot in lots)


def moment_of(day: date, hour: int, zone: str) -> datetime:
    """The instant at which it is looked who enters on a day."""
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
