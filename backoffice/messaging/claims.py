"""Rows of a mailing, claimed by a worker in small batches, and what becomes of claims whose worker died.

Laws: a row is claimed by one UPDATE that only one worker wins; a worker writes into a row only as long as its own claim
stands in it, but what it truly learned about a row in doubt counts late, too; a claim that has grown old is given back
when nothing was offered yet, and becomes a doubt when it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from backoffice.consent.kinds import Channel
from backoffice.messaging.kinds import MailingState, State
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.rules import quiet_until, rules_of
from backoffice.organisations.services import open_organisations

BATCH: Final = 20
"""Messages of one claim: what is given back when a worker dies, and looked at once more."""
CLAIM_LIFE: Final = timedelta(minutes=15)
"""A batch whose every message runs into every time-out of a mail server (20 s each) is renewed message by message."""
RATE_SPAN: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Batch:
    """Rows of one mailing and channel that a worker has claimed."""

    organisation_id: str
    mailing_id: str
    channel: Channel
    claim_id: str
    dispatch_ids: tuple[str, ...]


def start_due(session: Session, now: datetime) -> int:
    """Begin what is due; what is later than its window asks a person instead. Returns how many changed."""
    due = session.scalars(
        select(Mailing).where(Mailing.state == MailingState.SCHEDULED.value, Mailing.send_at <= now)
    ).all()
    for mailing in due:
        assert mailing.send_at is not None  # noqa: S101 - the query says so
        if now > mailing.send_at + timedelta(minutes=mailing.window_minutes):
            mailing.state = MailingState.LATE.value
        else:
            mailing.state, mailing.started_at = MailingState.SENDING.value, now
    return len(due)


def something_to_do(session: Session, now: datetime) -> bool:
    """Whether `start_due`, `release_old` or `claim_batch` may change anything; asked without the write lock."""
    scheduled = (Mailing.state == MailingState.SCHEDULED.value) & (Mailing.send_at <= now)
    found = session.scalar(
        select(Mailing.mailing_id).where(scheduled | (Mailing.state == MailingState.SENDING.value)).limit(1)
    )
    return found is not None or session.scalar(select(Dispatch.dispatch_id).where(_old(now)).limit(1)) is not None


def _old(now: datetime) -> ColumnElement[bool]:
    return Dispatch.claimed_at < now - CLAIM_LIFE


def release_old(session: Session, now: datetime) -> int:
    """Give back what a dead worker had claimed, and list as doubtful what it was handing over; how many rows."""
    changed = 0
    for before, after, reason in (
        (State.CLAIMED, State.QUEUED, ""),
        (State.HANDING, State.IN_DOUBT, "the worker ended while it was handing this over"),
    ):
        rows = session.execute(
            update(Dispatch)
            .where(Dispatch.state == before.value, _old(now))
            .values(state=after.value, reason=reason, claimed_at=None, state_at=now)
            .returning(Dispatch.dispatch_id)
            .execution_options(synchronize_session=False)
        )
        changed += len(rows.all())
    return changed


def ready_mailings(session: Session, now: datetime) -> list[Mailing]:
    """Mailings of open organisations that may send now: running, no trouble, outside quiet hours; oldest first."""
    running = session.scalars(
        select(Mailing)
        .where(
            Mailing.state == MailingState.SENDING.value,
            Mailing.hold_until.is_(None) | (Mailing.hold_until <= now),
            Mailing.organisation_id.in_(open_organisations()),
        )
        .order_by(Mailing.started_at, Mailing.mailing_id)
    ).all()
    return [
        mailing
        for mailing in running
        if quiet_until(rules_of(session, mailing.organisation_id), mailing.zone, now) is None
    ]


def claim_batch(session: Session, mailing: Mailing, claim_id: str, now: datetime) -> Batch | None:
    """Claim a few rows that are due, all of one channel; None: there is nothing, or the minute's rate is used up."""
    first = session.scalars(_due(mailing, now).order_by(Dispatch.due_at).limit(1)).first()
    if first is None:
        return None
    room = mailing.rate_per_minute - _handed_lately(session, first, now)
    if room <= 0:
        return None
    channel = Dispatch.channel == first.channel
    wanted = session.scalars(
        _due(mailing, now).where(channel).order_by(Dispatch.due_at, Dispatch.member_id).limit(min(BATCH, room))
    ).all()
    won = session.scalars(
        update(Dispatch)
        .where(
            Dispatch.organisation_id == mailing.organisation_id,
            Dispatch.dispatch_id.in_([row.dispatch_id for row in wanted]),
            _waits(now),
        )
        .values(state=State.CLAIMED.value, claim_id=claim_id, claimed_at=now)
        .returning(Dispatch.dispatch_id)
        .execution_options(synchronize_session=False)
    ).all()
    return Batch(mailing.organisation_id, mailing.mailing_id, Channel(first.channel), claim_id, tuple(won))


def _waits(now: datetime) -> ColumnElement[bool]:
    return Dispatch.state.in_((State.QUEUED.value, State.SOFT_BOUNCE.value)) & (Dispatch.due_at <= now)


def _due(mailing: Mailing, now: datetime):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a select of Dispatch
    return select(Dispatch).where(
        Dispatch.organisation_id == mailing.organisation_id, Dispatch.mailing_id == mailing.mailing_id, _waits(now)
    )


def _handed_lately(session: Session, like: Dispatch, now: datetime) -> int:
    """What the organisation offered to this provider within the last minute, in all its mailings."""
    return (
        session.scalar(
            select(func.count()).where(
                Dispatch.organisation_id == like.organisation_id,
                Dispatch.channel == like.channel,
                Dispatch.handed_at > now - RATE_SPAN,
            )
        )
        or 0
    )


def give_back(session: Session, batch: Batch, dispatch_ids: Sequence[str], now: datetime) -> None:
    """Rows that were claimed and offered to nobody wait again."""
    session.execute(
        update(Dispatch)
        .where(
            Dispatch.organisation_id == batch.organisation_id,
            Dispatch.dispatch_id.in_(dispatch_ids),
            Dispatch.claim_id == batch.claim_id,
            Dispatch.state == State.CLAIMED.value,
        )
        .values(state=State.QUEUED.value, claimed_at=None, state_at=now)
        .execution_options(synchronize_session=False)
    )
