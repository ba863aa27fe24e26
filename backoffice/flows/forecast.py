"""Before a flow is started: whom it would let in today, and about how many within the next 30 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from backoffice.audiences.conditions import Away
from backoffice.audiences.conditions.birthday import born_on, days_from
from backoffice.audiences.scope import Scope, scope_of
from backoffice.audit.services import Doing
from backoffice.flows.entering import Look, candidates, plan_of, runs_begun
from backoffice.flows.form import Birthday, CouponExpires, FlowForm, Joined, NotSeen, PointsExpire, decode
from backoffice.flows.freezing import freeze
from backoffice.flows.models import Flow
from backoffice.flows.plan import Plan
from backoffice.flows.triggers import exactly, holds
from backoffice.members.models import Member

AHEAD_DAYS: Final = 30
EXACT_MAX: Final = 2_000
"""More people than this are counted without looking at each one's points."""
WHO_MAX: Final = 100
"""People who are named before they come in."""
_DAYS_OF_A_WEEK: Final = 7


@dataclass(frozen=True)
class Forecast:
    """`today`: for how many the trigger holds now. `ahead`: about how many more will come; None: nobody can know.

    `enter_now`: whether those of today enter when it is started.
    """

    today: int
    ahead: int | None
    enter_now: bool
    most_a_day: int


def forecast(session: Session, doing: Doing, form: FlowForm) -> Forecast:
    """What starting a flow would mean. InputError: something of it is missing."""
    now = doing.clock.now()
    scope = scope_of(session, doing.organisation_id, now)
    asked = FlowForm(trigger=form.trigger)  # what lets somebody in is known before the steps are
    plan = freeze(session, doing.organisation_id, asked)
    if isinstance(form.trigger, Joined):
        return Forecast(0, _count(scope, Member.created_at >= now - timedelta(days=AHEAD_DAYS)), True, form.most_a_day)
    present = holds(scope, plan, now)
    birthday = isinstance(form.trigger, Birthday)
    return Forecast(_present(scope, plan, present), _ahead(scope, plan, present), birthday or form.also_present,
                    form.most_a_day)  # fmt: skip


def who_enters(session: Session, doing: Doing, flow: Flow) -> list[str]:
    """Members who would come in if it were looked now, at most WHO_MAX, the longest known first.

    Of a draft: if it were started now. InputError: something of it is missing.
    """
    now = doing.clock.now()
    scope = scope_of(session, flow.organisation_id, now)
    if flow.version:
        plan = plan_of(session, flow, flow.version)
        look = Look(flow, plan, scope.today, now)
        found = exactly(scope, plan, candidates(session, look, WHO_MAX))
        return [member_id for member_id, run in runs_begun(session, look, found, now).items() if run]
    form = decode(flow.form)
    if isinstance(form.trigger, Joined) or not (form.also_present or isinstance(form.trigger, Birthday)):
        return []
    plan = freeze(session, flow.organisation_id, FlowForm(trigger=form.trigger))
    query = (
        select(Member.member_id)
        .where(Member.organisation_id == flow.organisation_id, holds(scope, plan, now))
        .order_by(Member.created_at, Member.member_id)
        .limit(WHO_MAX)
    )
    return exactly(scope, plan, list(session.scalars(query)))


def _present(scope: Scope, plan: Plan, present: ColumnElement[bool]) -> int:
    if not isinstance(plan.form.trigger, PointsExpire):
        return _count(scope, present)
    ids = list(
        scope.session.scalars(
            select(Member.member_id)
            .where(Member.organisation_id == scope.organisation_id, present)
            .limit(EXACT_MAX + 1)
        )
    )
    return len(exactly(scope, plan, ids)) if len(ids) <= EXACT_MAX else _count(scope, present)


def _ahead(scope: Scope, plan: Plan, present: ColumnElement[bool]) -> int | None:
    """If all went on as it does: birthdays that come, people who stay away, points and coupons that end."""
    trigger = plan.form.trigger
    later: ColumnElement[bool]
    match trigger:
        case Birthday(days):
            first = scope.today + timedelta(days=days + 1)
            return _count(scope, born_on(scope, days_from(first, AHEAD_DAYS - 1)))
        case NotSeen(weeks):
            later = Away(more_than=max(weeks * _DAYS_OF_A_WEEK - AHEAD_DAYS, 0)).holds(scope)
        case PointsExpire(days):
            wider = Plan(form=FlowForm(trigger=PointsExpire(days + AHEAD_DAYS)))
            later = holds(scope, wider, scope.now)
        case CouponExpires(days, campaign_id):
            wider = Plan(form=FlowForm(trigger=CouponExpires(days + AHEAD_DAYS, campaign_id)))
            later = holds(scope, wider, scope.now)
        case _:
            return None
    return max(_count(scope, later) - _count(scope, present), 0)


def _count(scope: Scope, where: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Member).where(Member.organisation_id == scope.organisation_id, where)
    return scope.session.scalar(query) or 0
