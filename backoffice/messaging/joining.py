"""A mailing that members join one by one, as flows send: its recipients are added while it runs, never twice.

One such mailing holds what one step sends on one day. Everything after joining is as for any mailing: consent is asked
once more in the send call, quiet hours and rates hold, a message in doubt is never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent.kinds import Purpose
from backoffice.messaging.audience import Audience, encode
from backoffice.messaging.kinds import ChannelRule, MailingState, State
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.recipients import SAME_ADDRESS, Recipient, add_recipients, judged_members
from backoffice.messaging.services import RATE_DEFAULT, WINDOW_MINUTES_DEFAULT
from backoffice.organisations.services import stores_of

MISSED: Final = "missed"
"""Reason of a message that waited too long while its flow was paused."""
CANCELLED: Final = "cancelled"


@dataclass(frozen=True)
class Joining:
    """What is sent. `source`: whose mailing it is (a flow). `key`: which one; two joinings of a key share it."""

    source: str
    key: str
    name: str
    purpose: Purpose
    rule: ChannelRule
    content: str


def join(session: Session, doing: Doing, wanted: Joining, member_id: str) -> str:
    """Let one member's message be sent as soon as may be; empty, or the reason why there will be none."""
    now = doing.clock.now()
    mailing = _mailing(session, doing, wanted, now)
    found, made = judged_members(session, mailing, [member_id], now)
    fresh = [each for each in found if not _has(session, mailing, each)]
    if not fresh:
        return next(iter(made.left_out), SAME_ADDRESS)
    add_recipients(session, doing, mailing, fresh)
    if mailing.state == MailingState.DONE:
        mailing.state, mailing.finished_at = MailingState.SENDING.value, None
    return ""


def _mailing(session: Session, doing: Doing, wanted: Joining, now: datetime) -> Mailing:
    known = session.scalars(
        select(Mailing).where(Mailing.organisation_id == doing.organisation_id, Mailing.source_key == wanted.key)
    ).first()
    if known is not None:
        return known
    stores = stores_of(session, doing.organisation_id)
    mailing = Mailing(
        organisation_id=doing.organisation_id,
        mailing_id=doing.ids.new_id(),
        name=wanted.name,
        purpose=wanted.purpose.value,
        channel_rule=wanted.rule.value,
        state=MailingState.SENDING.value,
        audience=encode(Audience()),
        content=wanted.content,
        undo="[]",
        waterfall="{}",
        zone=stores[0].zone if stores else "UTC",
        send_at=None,
        window_minutes=WINDOW_MINUTES_DEFAULT,
        rate_per_minute=RATE_DEFAULT,
        hold_until=None,
        hold_count=0,
        trouble="",
        frozen_at=now,
        started_at=now,
        finished_at=None,
        created_at=now,
        created_by=doing.actor,
        source=wanted.source,
        source_key=wanted.key,
    )
    session.add(mailing)
    session.flush()
    return mailing


def _has(session: Session, mailing: Mailing, recipient: Recipient) -> bool:
    """Whether this member, or somebody with this address, has this mailing by this channel already."""
    found = session.scalar(
        select(Dispatch.dispatch_id).where(
            Dispatch.organisation_id == mailing.organisation_id,
            Dispatch.mailing_id == mailing.mailing_id,
            Dispatch.channel == recipient.channel.value,
            (Dispatch.address_mark == recipient.mark) | (Dispatch.member_id == recipient.member_id),
        )
    )
    return found is not None


def pause_all(session: Session, organisation_id: str, source: str) -> None:
    """Nothing more of a source goes out until `resume_all`."""
    for mailing in _of(session, organisation_id, source, (MailingState.SENDING,)):
        mailing.state = MailingState.PAUSED.value


def resume_all(session: Session, organisation_id: str, source: str, window: timedelta, now: datetime) -> int:
    """Go on; how many messages had waited for longer than `window` and are not sent any more."""
    paused = _of(session, organisation_id, source, (MailingState.PAUSED,))
    for mailing in paused:
        mailing.state = MailingState.SENDING.value
        mailing.hold_until, mailing.hold_count, mailing.trouble = None, 0, ""
    return _refuse(session, paused, MISSED, now, now - window)


def cancel_all(session: Session, organisation_id: str, source: str, now: datetime) -> int:
    """Never send what has not gone out; how many that were."""
    running = _of(session, organisation_id, source, (MailingState.SENDING, MailingState.PAUSED))
    refused = _refuse(session, running, CANCELLED, now, now)
    for mailing in running:
        mailing.state, mailing.finished_at = MailingState.CANCELLED.value, now
    return refused


def _of(session: Session, organisation_id: str, source: str, states: Iterable[MailingState]) -> list[Mailing]:
    return list(
        session.scalars(
            select(Mailing).where(
                Mailing.organisation_id == organisation_id,
                Mailing.source == source,
                Mailing.state.in_([state.value for state in states]),
            )
        )
    )


def _refuse(session: Session, mailings: list[Mailing], reason: str, now: datetime, since: datetime) -> int:
    refused = 0
    for mailing in mailings:
        rows = session.execute(
            update(Dispatch)
            .where(
                Dispatch.organisation_id == mailing.organisation_id,
                Dispatch.mailing_id == mailing.mailing_id,
                Dispatch.state.in_((State.QUEUED.value, State.CLAIMED.value)),
                Dispatch.state_at <= since,
            )
            .values(state=State.REFUSED.value, reason=reason, due_at=None, state_at=now)
            .returning(Dispatch.dispatch_id)
            .execution_options(synchronize_session=False)
        )
        refused += len(rows.all())
    return refused


def held_up(session: Session, organisation_id: str, source: str) -> list[Mailing]:
    """Mailings of a source that do not go on because the provider is in trouble."""
    return [
        mailing
        for mailing in _of(session, organisation_id, source, (MailingState.SENDING, MailingState.PAUSED))
        if mailing.trouble
    ]


def outcome_of(session: Session, organisation_id: str, source: str) -> dict[str, int]:
    """State → messages of a source."""
    rows = session.execute(
        select(Dispatch.state, func.count())
        .join(
            Mailing,
            (Mailing.organisation_id == Dispatch.organisation_id) & (Mailing.mailing_id == Dispatch.mailing_id),
        )
        .where(Mailing.organisation_id == organisation_id, Mailing.source == source)
        .group_by(Dispatch.state)
        .order_by(func.count().desc())
    )
    return {row[0]: row[1] for row in rows}
