"""Who got what: for conditions of audiences and for pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.consent.kinds import Channel
from backoffice.messaging.kinds import OUT, State
from backoffice.messaging.models import Dispatch, DispatchEvent, Mailing

MEMBERS_PER_STATEMENT: Final = 500
GOT: Final = tuple(state.value for state in (*OUT, State.IN_DOUBT))
"""Handed over and not come back; what is in doubt counts, so that nobody is written to twice for it."""


@dataclass(frozen=True)
class Had:
    """One message that was meant for a member. `heard`: what came of it, by kind and detail, with the first moment."""

    mailing: Mailing
    dispatch: Dispatch
    heard: tuple[tuple[str, str, datetime], ...] = ()


def messages_of(session: Session, organisation_id: str, member_id: str, limit: int) -> list[Had]:
    """The latest messages to one member, whatever became of them."""
    rows = session.execute(
        select(Mailing, Dispatch)
        .join(
            Dispatch,
            (Mailing.organisation_id == Dispatch.organisation_id) & (Mailing.mailing_id == Dispatch.mailing_id),
        )
        .where(Dispatch.organisation_id == organisation_id, Dispatch.member_id == member_id)
        .order_by(Dispatch.state_at.desc(), Dispatch.dispatch_id)
        .limit(limit)
    ).all()
    return [Had(mailing, dispatch, _heard(session, dispatch)) for mailing, dispatch in rows]


def _heard(session: Session, dispatch: Dispatch) -> tuple[tuple[str, str, datetime], ...]:
    rows = session.scalars(
        select(DispatchEvent)
        .where(
            DispatchEvent.organisation_id == dispatch.organisation_id,
            DispatchEvent.dispatch_id == dispatch.dispatch_id,
        )
        .order_by(DispatchEvent.first_at, DispatchEvent.kind, DispatchEvent.detail)
    )
    return tuple((row.kind, row.detail, row.first_at) for row in rows)


def member_ids(session: Session, organisation_id: str, mailing_id: str) -> frozenset[str]:
    """The members who got a mailing, by whichever channel."""
    return frozenset(
        session.scalars(
            select(Dispatch.member_id)
            .where(
                Dispatch.organisation_id == organisation_id,
                Dispatch.mailing_id == mailing_id,
                Dispatch.state.in_(GOT),
            )
            .distinct()
        )
    )


def contacted_since(
    session: Session, organisation_id: str, members: Iterable[str], channel: Channel | None, instant: datetime
) -> frozenset[str]:
    """Of some members, those to whom anything went out since then, by one channel or (None) by any."""
    ids = list(dict.fromkeys(members))
    found: set[str] = set()
    for start in range(0, len(ids), MEMBERS_PER_STATEMENT):
        wanted = select(Dispatch.member_id).where(
            Dispatch.organisation_id == organisation_id,
            Dispatch.member_id.in_(ids[start : start + MEMBERS_PER_STATEMENT]),
            Dispatch.handed_at >= instant,
            Dispatch.state.in_(GOT),
        )
        if channel is not None:
            wanted = wanted.where(Dispatch.channel == channel.value)
        found.update(session.scalars(wanted))
    return frozenset(found)
