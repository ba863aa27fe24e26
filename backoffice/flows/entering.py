"""Who enters: each day at the flow's hour, and at any time where somebody has just joined.

Laws: entering and being noted as inside are one transaction, so that a look that was cut off goes on where it ended;
nobody enters twice for the same reason, and nobody while still in the flow; a birthday that nobody looked at in time
enters late, and its first step asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.orm import Session

from backoffice.audiences.scope import Scope, scope_of
from backoffice.audit.services import Doing
from backoffice.bulk import upsert
from backoffice.db import run_in_tx
from backoffice.flows.form import Birthday, Joined
from backoffice.flows.history import note
from backoffice.flows.models import Flow, FlowInside, FlowPlace, FlowVersion
from backoffice.flows.places import settled_at
from backoffice.flows.plan import Plan, decode
from backoffice.flows.states import STANDING, FlowState, PlaceState, What
from backoffice.flows.triggers import exactly, holds, moment_of, on_day
from backoffice.members.models import Member
from backoffice.office import Office

CHUNK: Final = 100
"""People who enter in one transaction."""
MISSED_DAYS_MAX: Final = 7
"""Birthdays that nobody looked at are made up for this long; later nobody wants a greeting."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Look:
    """One look at who enters: of which flow and version, as of which day, and the moment that counts as having come."""

    flow: Flow
    plan: Plan
    day: date
    came_at: datetime

    @property
    def counts_from(self) -> datetime:
        """Since when joining counts."""
        assert self.flow.counts_from is not None  # noqa: S101 - a flow that was started has it
        return self.flow.counts_from

    @property
    def at_once(self) -> bool:
        """Whether people enter as they come, without a day's look."""
        return isinstance(self.plan.form.trigger, Joined)

    def scope(self, session: Session) -> Scope:
        """What the trigger is asked with."""
        return on_day(scope_of(session, self.flow.organisation_id, self.came_at), self.day)


def plan_of(session: Session, flow: Flow, version: int) -> Plan:
    """What a version does."""
    return decode(session.get_one(FlowVersion, (flow.organisation_id, flow.flow_id, version)).body)


def looks_due(session: Session, flow: Flow, now: datetime) -> Iterator[Look]:
    """The looks at a running flow that are due; asked without the write lock."""
    plan, scope = plan_of(session, flow, flow.version), scope_of(session, flow.organisation_id, now)
    form, today = plan.form, scope.today
    if isinstance(form.trigger, Joined):
        look = Look(flow, plan, today, now)
        if candidates(session, look, 1):
            yield look
        return
    if now < moment_of(today, form.hour, scope.zone):
        today -= DAY
    first = flow.looked_on + DAY if flow.looked_on is not None else today
    if not isinstance(form.trigger, Birthday):
        first = max(first, today)
    first = max(first, today - (MISSED_DAYS_MAX - 1) * DAY)
    for offset in range((today - first).days + 1):
        day = first + offset * DAY
        yield Look(flow, plan, day, moment_of(day, form.hour, scope.zone))


def candidates(session: Session, look: Look, limit: int | None = None) -> list[str]:
    """Members for whom the trigger holds and did not before, the longest known first."""
    known = FlowPlace if look.at_once else FlowInside
    before = select(known.member_id).where(
        known.organisation_id == look.flow.organisation_id, known.flow_id == look.flow.flow_id
    )
    query = (
        select(Member.member_id)
        .where(
            Member.organisation_id == look.flow.organisation_id,
            holds(look.scope(session), look.plan, look.counts_from),
            Member.member_id.not_in(before),
        )
        .order_by(Member.created_at, Member.member_id)
        .limit(limit)
    )
    return list(session.scalars(query))


def enter(office: Office, doing: Doing, look: Look) -> int:
    """Let in whoever enters; how many. What is done already is not done again."""
    if not look.at_once:
        run_in_tx(office.database.write, lambda tx: _forget_outside(tx, look))
    with office.database.read() as reader:
        found = candidates(reader, look)
    entered = 0
    for start in range(0, len(found), CHUNK):
        ids = found[start : start + CHUNK]
        let_in = run_in_tx(office.database.write, lambda tx, ids=ids: _let_in(tx, doing, look, ids))  # type: ignore[misc]
        if let_in is None:
            break
        entered += let_in
    if not look.at_once:
        run_in_tx(office.database.write, lambda tx: _looked(tx, look))
    return entered


def _forget_outside(session: Session, look: Look) -> None:
    """For whom the trigger holds no more may enter anew when it holds again."""
    still = select(Member.member_id).where(
        Member.organisation_id == look.flow.organisation_id, holds(look.scope(session), look.plan, look.counts_from)
    )
    session.execute(
        delete(FlowInside)
        .where(
            FlowInside.organisation_id == look.flow.organisation_id,
            FlowInside.flow_id == look.flow.flow_id,
            FlowInside.member_id.not_in(still),
        )
        .execution_options(synchronize_session=False)
    )


def _looked(session: Session, look: Look) -> None:
    flow = session.get_one(Flow, (look.flow.organisation_id, look.flow.flow_id))
    if flow.looked_on is None or flow.looked_on < look.day:
        flow.looked_on = look.day


def note_present(session: Session, look: Look) -> None:
    """At a start: those for whom the trigger holds already are inside without having entered, unless they shall."""
    flow = look.flow
    mine = (FlowInside.organisation_id == flow.organisation_id, FlowInside.flow_id == flow.flow_id)
    session.execute(delete(FlowInside).where(*mine).execution_options(synchronize_session=False))
    if look.plan.form.also_present or isinstance(look.plan.form.trigger, (Joined, Birthday)):
        return
    held = select(Member.organisation_id, literal(flow.flow_id), Member.member_id).where(
        Member.organisation_id == flow.organisation_id, holds(look.scope(session), look.plan, look.counts_from)
    )
    session.execute(insert(FlowInside).from_select(["organisation_id", "flow_id", "member_id"], held))


def _let_in(tx: Session, doing: Doing, look: Look, ids: Sequence[str]) -> int | None:
    """Let some in; how many. None: the flow does not run any more as it was looked at, or the day is full."""
    flow = tx.get_one(Flow, (look.flow.organisation_id, look.flow.flow_id))
    if flow.state != FlowState.RUNNING or flow.version != look.flow.version:
        return None
    now = doing.clock.now()
    room = max(look.plan.form.most_a_day - _entered_since(tx, flow, now - DAY), 0)
    if not room:
        return None
    runs = runs_begun(tx, look, exactly(look.scope(tx), look.plan, ids), now)
    entering = [member_id for member_id, run in runs.items() if run][:room]
    full = len(entering) < sum(1 for run in runs.values() if run)
    if not look.at_once:
        kept_out = [member_id for member_id, run in runs.items() if not run]
        _put_inside(tx, flow, [*kept_out, *entering])
    for member_id in entering:
        _enter(tx, doing, look, member_id, runs[member_id])
    return None if full and not entering else len(entering)


def _entered_since(tx: Session, flow: Flow, instant: datetime) -> int:
    query = select(func.count()).where(
        FlowPlace.organisation_id == flow.organisation_id,
        FlowPlace.flow_id == flow.flow_id,
        FlowPlace.entered_at > instant,
    )
    return tx.scalar(query) or 0


def runs_begun(tx: Session, look: Look, ids: Sequence[str], now: datetime) -> dict[str, int]:
    """Which run each would begin; 0: none, being in it still, or not again so soon, or not again at all."""
    rows = tx.execute(
        select(FlowPlace.member_id, FlowPlace.run, FlowPlace.state, FlowPlace.entered_at)
        .where(
            FlowPlace.organisation_id == look.flow.organisation_id,
            FlowPlace.flow_id == look.flow.flow_id,
            FlowPlace.member_id.in_(ids),
        )
        .order_by(FlowPlace.run)
    )
    last = {row.member_id: row for row in rows}
    again = look.plan.form.again_after_days
    runs = {}
    for member_id in ids:
        row = last.get(member_id)
        may = row is None or (again > 0 and row.state not in STANDING and row.entered_at + timedelta(days=again) <= now)
        runs[member_id] = (row.run + 1 if row is not None else 1) if may else 0
    return runs


def _put_inside(tx: Session, flow: Flow, ids: Sequence[str]) -> None:
    rows = [
        {"organisation_id": flow.organisation_id, "flow_id": flow.flow_id, "member_id": member_id} for member_id in ids
    ]
    if rows:
        tx.execute(upsert(tx, FlowInside).on_conflict_do_nothing(), rows)


def _enter(tx: Session, doing: Doing, look: Look, member_id: str, run: int) -> None:
    flow, now = look.flow, doing.clock.now()
    came_at = look.came_at
    if look.at_once:
        came_at = tx.get_one(Member, (flow.organisation_id, member_id)).created_at
    first = look.plan.first_id
    place = FlowPlace(
        organisation_id=flow.organisation_id,
        flow_id=flow.flow_id,
        member_id=member_id,
        run=run,
        version=flow.version,
        step_id=first,
        state=PlaceState.WAITING.value,
        reason="",
        due_at=settled_at(tx, flow.organisation_id, look.plan, first, member_id, came_at),
        entered_at=now,
        state_at=now,
        moves=0,
    )
    tx.add(place)
    tx.flush()
    note(tx, doing, place, What.ENTERED)
