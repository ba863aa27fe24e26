"""What became of a mailing: counts and rates out of its own rows, the links that were followed, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.consent.kinds import Channel
from backoffice.messaging.kinds import OPEN_STATES, OUT, Event, State
from backoffice.messaging.models import Dispatch, DispatchEvent, Mailing
from backoffice.messaging.rules import cost_e4, rules_of

DOUBTS_SHOWN: Final = 200


@dataclass(frozen=True)
class Results:
    """A mailing's figures. `again`: soft bounces that are tried again by themselves; part of `states`."""

    total: int
    states: Mapping[str, int]
    by_channel: Mapping[str, int]
    reasons: Mapping[str, int]
    opened: int
    clicked: int
    again: int
    segments: int
    cost_e4: int
    links: Sequence[tuple[str, int]] = field(default_factory=tuple)

    @property
    def waiting(self) -> int:
        """Not out yet."""
        return sum(self.states.get(state, 0) for state in OPEN_STATES)

    @property
    def out(self) -> int:
        """Taken by the provider, whatever came of it since."""
        bounced = self.states.get(State.SOFT_BOUNCE, 0) + self.states.get(State.HARD_BOUNCE, 0)
        return sum(self.states.get(state, 0) for state in OUT) + bounced

    @property
    def failed(self) -> int:
        """What "retry" would send again."""
        return self.states.get(State.FAILED, 0) + self.states.get(State.SOFT_BOUNCE, 0) - self.again

    @property
    def finished_bp(self) -> int:
        """How much of the list has been worked through, in basis points."""
        return 10_000 if not self.total else (self.total - self.waiting) * 10_000 // self.total

    def rate_bp(self, count: int) -> int | None:
        """A share of what went out, in basis points; None before anything did."""
        return round(count * 10_000 / self.out) if self.out else None


def results_of(session: Session, mailing: Mailing) -> Results:
    """The figures as they are now."""
    mine = (Dispatch.organisation_id == mailing.organisation_id, Dispatch.mailing_id == mailing.mailing_id)
    counts = session.execute(
        select(Dispatch.state, Dispatch.channel, func.count(), func.sum(Dispatch.segments))
        .where(*mine)
        .group_by(Dispatch.state, Dispatch.channel)
    ).all()
    states: dict[str, int] = {}
    channels: dict[str, int] = {}
    rules, cost, segments = rules_of(session, mailing.organisation_id), 0, 0
    for state, channel, count, parts in counts:
        states[state] = states.get(state, 0) + count
        if state not in {State.REFUSED, State.QUEUED, State.CLAIMED}:
            channels[channel] = channels.get(channel, 0) + count
            paid = int(parts or 0)
            segments += paid
            each = cost_e4(rules, Channel(channel), paid)
            cost += each if channel == Channel.SMS else each * count
    again = session.scalar(
        select(func.count()).where(*mine, Dispatch.state == State.SOFT_BOUNCE.value, Dispatch.due_at.is_not(None))
    )
    reasons = session.execute(
        select(Dispatch.reason, func.count())
        .where(*mine, Dispatch.state == State.REFUSED.value)
        .group_by(Dispatch.reason)
    )
    heard = _heard(session, mailing)
    return Results(
        sum(states.values()),
        states,
        channels,
        {row[0]: row[1] for row in reasons},
        heard.get(Event.OPENED, 0),
        heard.get(Event.CLICKED, 0),
        again or 0,
        segments,
        cost,
        _links(session, mailing),
    )


def _events(mailing: Mailing):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the rows of a mailing's events, to select from
    return (
        (Dispatch.organisation_id == DispatchEvent.organisation_id)
        & (Dispatch.dispatch_id == DispatchEvent.dispatch_id),
        (Dispatch.organisation_id == mailing.organisation_id) & (Dispatch.mailing_id == mailing.mailing_id),
    )


def _heard(session: Session, mailing: Mailing) -> dict[str, int]:
    """Messages of which something was heard, each once however often it was."""
    joined, mine = _events(mailing)
    rows = session.execute(
        select(DispatchEvent.kind, func.count(DispatchEvent.dispatch_id.distinct()))
        .join(Dispatch, joined)
        .where(mine)
        .group_by(DispatchEvent.kind)
    )
    return {row[0]: row[1] for row in rows}


def _links(session: Session, mailing: Mailing) -> list[tuple[str, int]]:
    """Which link was followed by how many; a link is named by language and block."""
    joined, mine = _events(mailing)
    rows = session.execute(
        select(DispatchEvent.detail, func.count())
        .join(Dispatch, joined)
        .where(mine, DispatchEvent.kind == Event.CLICKED.value)
        .group_by(DispatchEvent.detail)
        .order_by(func.count().desc(), DispatchEvent.detail)
    )
    return [(detail, count) for detail, count in rows]


def doubtful(session: Session, mailing: Mailing) -> Sequence[Dispatch]:
    """Messages in doubt, for a person to decide."""
    return session.scalars(
        select(Dispatch)
        .where(
            Dispatch.organisation_id == mailing.organisation_id,
            Dispatch.mailing_id == mailing.mailing_id,
            Dispatch.state == State.IN_DOUBT.value,
        )
        .order_by(Dispatch.state_at, Dispatch.member_id)
        .limit(DOUBTS_SHOWN)
    ).all()
