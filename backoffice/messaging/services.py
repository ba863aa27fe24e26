"""What staff do with a mailing, from its first draft to its end. Every act is one function in one transaction.

Laws: what is frozen never changes by itself; pausing, resuming and retrying touch no message that went out; a message
whose fate is not known is sent again by a person only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backoffice.approvals.services import forget, is_needed, may_decide, must_be_approved
from backoffice.approvals.subjects import Kind
from backoffice.audit.services import Doing
from backoffice.campaigns.models import Campaign
from backoffice.consent.kinds import Purpose
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members.models import Member
from backoffice.messaging import audience as audiences
from backoffice.messaging import content as contents
from backoffice.messaging.approval import mailing_subject
from backoffice.messaging.audience import Audience
from backoffice.messaging.content import Content
from backoffice.messaging.kinds import OPEN_STATES, ChannelRule, MailingState, State
from backoffice.messaging.models import Dispatch, Mailing, MailingRemoval
from backoffice.messaging.recipients import TAKEN_OFF, Judged, freeze
from backoffice.organisations.services import stores_of

NAME_LENGTH_MAX: Final = 200
REASON_LENGTH_MAX: Final = 200
RATE_DEFAULT: Final = 600
RATE_MAX: Final = 100_000
WINDOW_MINUTES_DEFAULT: Final = 120
WINDOW_MINUTES_MAX: Final = 7 * 24 * 60
AHEAD_MAX: Final = timedelta(days=366)
CANCELLED: Final = "cancelled"
_STOPPABLE: Final = (MailingState.SCHEDULED, MailingState.LATE, MailingState.SENDING, MailingState.PAUSED)
_CANCELLABLE: Final = (MailingState.PREPARING, *_STOPPABLE)


@dataclass(frozen=True)
class Draft:
    """What a mailing is made of when it is begun."""

    name: str
    purpose: Purpose
    channel_rule: ChannelRule
    audience: Audience = field(default_factory=Audience)
    content: Content = field(default_factory=Content)


@dataclass(frozen=True)
class Timing:
    """When and how fast. `send_at`: None for at once."""

    send_at: datetime | None
    zone: str
    window_minutes: int = WINDOW_MINUTES_DEFAULT
    rate_per_minute: int = RATE_DEFAULT


def mailing_of(session: Session, organisation_id: str, mailing_id: str) -> Mailing | None:
    """One mailing of an organisation."""
    return session.get(Mailing, (organisation_id, mailing_id))


def mailings_of(session: Session, organisation_id: str, limit: int) -> Sequence[Mailing]:
    """The newest mailings that people wrote; what flows send stands with the flows."""
    return session.scalars(
        select(Mailing)
        .where(Mailing.organisation_id == organisation_id, Mailing.source == "")
        .order_by(Mailing.created_at.desc(), Mailing.mailing_id.desc())
        .limit(limit)
    ).all()


def create_mailing(session: Session, doing: Doing, draft: Draft) -> Mailing:
    """Begin a mailing. InputError: it has no name."""
    stores = stores_of(session, doing.organisation_id)
    mailing = Mailing(
        organisation_id=doing.organisation_id,
        mailing_id=doing.ids.new_id(),
        name=_named(draft.name),
        purpose=draft.purpose.value,
        channel_rule=draft.channel_rule.value,
        state=MailingState.DRAFT.value,
        audience=audiences.encode(draft.audience),
        content=contents.encode(contents.checked(draft.content)),
        undo="[]",
        waterfall="{}",
        zone=stores[0].zone if stores else "UTC",
        send_at=None,
        window_minutes=WINDOW_MINUTES_DEFAULT,
        rate_per_minute=RATE_DEFAULT,
        hold_until=None,
        hold_count=0,
        trouble="",
        frozen_at=None,
        started_at=None,
        finished_at=None,
        created_at=doing.clock.now(),
        created_by=doing.actor,
    )
    session.add(mailing)
    session.flush()
    doing.note(session, "mailing_created", "mailing", mailing.mailing_id)
    return mailing


def change_mailing(session: Session, doing: Doing, mailing_id: str, name: str, rule: ChannelRule) -> None:
    """Another name or channel. InputError: it is no draft any more."""
    mailing = _draft(session, doing, mailing_id)
    mailing.name = _named(name)
    if mailing.channel_rule != rule.value:
        mailing.channel_rule = rule.value
        note_change(session, doing, mailing)


def choose_purpose(session: Session, doing: Doing, mailing_id: str, purpose: Purpose) -> None:
    """What it is for; consent is asked by this. InputError: it is no draft any more."""
    mailing = _draft(session, doing, mailing_id)
    if mailing.purpose != purpose.value:
        mailing.purpose = purpose.value
        note_change(session, doing, mailing)


def choose_campaign(session: Session, doing: Doing, mailing_id: str, campaign_id: str) -> None:
    """Which campaign it speaks of; empty: none. InputError: it is no draft any more, or the campaign is not there."""
    mailing = _draft(session, doing, mailing_id)
    if campaign_id and session.get(Campaign, (doing.organisation_id, campaign_id)) is None:
        raise InputError(_("This campaign is no longer there."))
    if mailing.campaign_id != campaign_id:
        mailing.campaign_id = campaign_id
        note_change(session, doing, mailing)


def choose_audience(session: Session, doing: Doing, mailing_id: str, audience: Audience) -> None:
    """Whom it is for. InputError: it is no draft any more."""
    mailing = _draft(session, doing, mailing_id)
    mailing.audience = audiences.encode(audience)
    note_change(session, doing, mailing)


def note_change(session: Session, doing: Doing, mailing: Mailing) -> None:
    """Put on record that somebody changed what a draft says, to whom or when."""
    doing.note(session, "mailing_changed", "mailing", mailing.mailing_id)


def choose_timing(session: Session, doing: Doing, mailing_id: str, timing: Timing) -> None:
    """When it goes out. InputError: it is no draft and not late, or the moment is over or too far away."""
    mailing = _mailing(session, doing, mailing_id, (MailingState.DRAFT, MailingState.SCHEDULED, MailingState.LATE))
    now = doing.clock.now()
    if timing.send_at is not None and not now < timing.send_at < now + AHEAD_MAX:
        raise InputError(_("Choose a moment that is still to come, within a year."))
    if not 1 <= timing.rate_per_minute <= RATE_MAX:
        raise InputError(_("The speed is between 1 and %(most)s messages a minute.", most=RATE_MAX))
    if not 1 <= timing.window_minutes <= WINDOW_MINUTES_MAX:
        raise InputError(_("It may be late by 1 minute to 7 days."))
    if mailing.state != MailingState.DRAFT:
        _must_be_another(session, doing, mailing)
    mailing.send_at, mailing.zone = timing.send_at, timing.zone
    mailing.window_minutes, mailing.rate_per_minute = timing.window_minutes, timing.rate_per_minute
    if mailing.state == MailingState.DRAFT:
        note_change(session, doing, mailing)
    else:
        if timing.send_at is None:
            _begin(mailing, now)
        else:
            mailing.state = MailingState.SCHEDULED.value
        doing.note(session, "mailing_rescheduled", "mailing", mailing_id)


def _must_be_another(session: Session, doing: Doing, mailing: Mailing) -> None:
    """The moment was approved with the message: where two people are wanted, its author alone does not move it."""
    needed = is_needed(session, doing.organisation_id, Kind.MAILING)
    if needed and not may_decide(session, mailing_subject(session, mailing), doing.actor):
        raise InputError(_("The moment was approved with the message: somebody else has to move it, or cancel it."))


def launch(session: Session, doing: Doing, mailing_id: str, typed_messages: int) -> Judged:
    """Freeze the recipients and let it go at its moment.

    InputError: nobody is left, an approval is missing, or another number was typed. `typed_messages`: what somebody
    typed, having read how many messages it would be.
    """
    mailing = draft_to_launch(session, doing, mailing_id)
    must_be_approved(session, mailing_subject(session, mailing))
    made = freeze(session, doing, mailing)
    count = made.messages
    if not count:
        raise InputError(_("Nobody would get this message."))
    if typed_messages != count:
        raise InputError(_("It is %(count)s messages now. Type that number to send them.", count=count))
    begin_sending(mailing, doing.clock.now())
    doing.note(session, "mailing_launched", "mailing", mailing_id, f"{count} messages")
    return made


def draft_to_launch(session: Session, doing: Doing, mailing_id: str) -> Mailing:
    """A draft whose moment is still to come. InputError: it is none, or the moment has passed."""
    mailing = _draft(session, doing, mailing_id)
    if mailing.send_at is not None and mailing.send_at <= doing.clock.now():
        raise InputError(_("The moment to send has passed. Choose another one."))
    return mailing


def begin_sending(mailing: Mailing, now: datetime) -> None:
    """Let a mailing go whose list is complete: now, or at its moment."""
    if mailing.send_at is None:
        _begin(mailing, now)
    else:
        mailing.state = MailingState.SCHEDULED.value


def _begin(mailing: Mailing, now: datetime) -> None:
    mailing.state, mailing.started_at = MailingState.SENDING.value, now


def pause(session: Session, doing: Doing, mailing_id: str) -> None:
    """Send nothing more until it is resumed. InputError: it does not run."""
    mailing = _mailing(session, doing, mailing_id, (MailingState.SENDING,))
    mailing.state = MailingState.PAUSED.value
    doing.note(session, "mailing_paused", "mailing", mailing_id)


def resume(session: Session, doing: Doing, mailing_id: str) -> None:
    """Go on with those who have nothing yet. InputError: it is not paused."""
    mailing = _mailing(session, doing, mailing_id, (MailingState.PAUSED,))
    mailing.hold_until, mailing.hold_count, mailing.trouble = None, 0, ""
    if mailing.preparing:
        mailing.state = MailingState.PREPARING.value  # its list is not complete yet
    elif mailing.started_at is None:
        begin_sending(mailing, doing.clock.now())  # it was held before its moment
    else:
        mailing.state = MailingState.SENDING.value
    doing.note(session, "mailing_resumed", "mailing", mailing_id)


def cancel(session: Session, doing: Doing, mailing_id: str) -> int:
    """Never send what has not gone out; how many that were. InputError: it is over already."""
    mailing = _mailing(session, doing, mailing_id, _CANCELLABLE)
    now = doing.clock.now()
    waiting = Dispatch.state.in_((State.QUEUED.value, State.CLAIMED.value))
    again = (Dispatch.state == State.SOFT_BOUNCE.value) & Dispatch.due_at.is_not(None)
    stopped = _update_of(
        session, mailing, waiting, state=State.REFUSED.value, reason=CANCELLED, due_at=None, state_at=now
    )
    _update_of(session, mailing, again, due_at=None)
    if mailing.preparing:  # what was written so far is the list that it stays
        mailing.preparing, mailing.frozen_at = "", now
    mailing.state, mailing.finished_at = MailingState.CANCELLED.value, now
    doing.note(session, "mailing_cancelled", "mailing", mailing_id, f"{stopped} not sent")
    return stopped


def retry_failed(session: Session, doing: Doing, mailing_id: str) -> int:
    """Once more to those whom the provider refused for a reason that passes; how many. InputError: it does not run."""
    mailing = _mailing(session, doing, mailing_id, (MailingState.SENDING, MailingState.PAUSED, MailingState.DONE))
    failed = (Dispatch.state == State.FAILED.value) | (
        (Dispatch.state == State.SOFT_BOUNCE.value) & Dispatch.due_at.is_(None)
    )
    now = doing.clock.now()
    again = _update_of(session, mailing, failed, state=State.QUEUED.value, due_at=now, attempts=0, state_at=now)
    if again and mailing.state == MailingState.DONE:
        mailing.state, mailing.finished_at = MailingState.SENDING.value, None
    doing.note(session, "mailing_retried", "mailing", mailing_id, f"{again} messages")
    return again


def settle_doubt(session: Session, doing: Doing, mailing_id: str, dispatch_id: str, *, arrived: bool) -> None:
    """A person says of a message in doubt that it arrived, or sends it again. InputError: it is in doubt no more."""
    mailing = _mailing(session, doing, mailing_id, (*_STOPPABLE, MailingState.DONE, MailingState.CANCELLED))
    now = doing.clock.now()
    this = (Dispatch.dispatch_id == dispatch_id) & (Dispatch.state == State.IN_DOUBT.value)
    state = State.SENT if arrived else State.QUEUED
    due_at = None if arrived else now
    if not _update_of(session, mailing, this, state=state.value, due_at=due_at, state_at=now):
        raise InputError(_("This message is in doubt no more."))
    if not arrived and mailing.state in {MailingState.DONE, MailingState.CANCELLED}:
        mailing.state, mailing.finished_at = MailingState.SENDING.value, None
    doing.note(session, "doubt_settled", "dispatch", dispatch_id, "arrived" if arrived else "sent again")


def take_off(session: Session, doing: Doing, mailing_id: str, member_id: str, reason: str) -> None:
    """Leave one member out, before or after the list is frozen. InputError: the message has gone out."""
    mailing = _mailing(session, doing, mailing_id, (MailingState.DRAFT, *_STOPPABLE))
    if session.get(Member, (doing.organisation_id, member_id)) is None:
        raise InputError(_("this member is no longer there"))
    now = doing.clock.now()
    if mailing.frozen_at is not None:
        waiting = (Dispatch.member_id == member_id) & Dispatch.state.in_((State.QUEUED.value, State.CLAIMED.value))
        if not _update_of(session, mailing, waiting, state=State.REFUSED.value, reason=TAKEN_OFF, state_at=now):
            raise InputError(_("This message has gone out, or was never meant for this member."))
    if session.get(MailingRemoval, (doing.organisation_id, mailing_id, member_id)) is None:
        session.add(
            MailingRemoval(
                organisation_id=doing.organisation_id,
                mailing_id=mailing_id,
                member_id=member_id,
                reason=reason.strip()[:REASON_LENGTH_MAX],
                actor=doing.actor,
                at=now,
            )
        )
        doing.note(session, "recipient_taken_off", "mailing", mailing_id, member_id)


def put_back(session: Session, doing: Doing, mailing_id: str, member_id: str) -> None:
    """Undo `take_off`. InputError: the list is frozen."""
    _draft(session, doing, mailing_id)
    known = session.get(MailingRemoval, (doing.organisation_id, mailing_id, member_id))
    if known is not None:
        session.delete(known)
        doing.note(session, "recipient_put_back", "mailing", mailing_id, member_id)


def delete_draft(session: Session, doing: Doing, mailing_id: str) -> None:
    """Throw a draft away. InputError: it is none."""
    session.delete(_draft(session, doing, mailing_id))
    forget(session, doing.organisation_id, Kind.MAILING, mailing_id)
    doing.note(session, "mailing_deleted", "mailing", mailing_id)


def is_finished(session: Session, mailing: Mailing) -> bool:
    """Whether nothing of it is waiting or on its way; what is in doubt is not waited for."""
    again = (Dispatch.state == State.SOFT_BOUNCE.value) & Dispatch.due_at.is_not(None)
    open_rows = session.scalar(
        select(func.count()).where(
            Dispatch.organisation_id == mailing.organisation_id,
            Dispatch.mailing_id == mailing.mailing_id,
            Dispatch.state.in_([state.value for state in OPEN_STATES]) | again,
        )
    )
    return not open_rows


def _update_of(session: Session, mailing: Mailing, which: object, **values: object) -> int:
    result = session.execute(
        update(Dispatch)
        .where(
            Dispatch.organisation_id == mailing.organisation_id,
            Dispatch.mailing_id == mailing.mailing_id,
            which,  # type: ignore[arg-type]  # a condition on Dispatch
        )
        .values(**values)
        .returning(Dispatch.dispatch_id)
        .execution_options(synchronize_session=False)
    )
    return len(result.all())


def _named(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= NAME_LENGTH_MAX:
        raise InputError(_("A message needs a name of at most %(most)s characters.", most=NAME_LENGTH_MAX), "name")
    return cleaned


def _draft(session: Session, doing: Doing, mailing_id: str) -> Mailing:
    return _mailing(session, doing, mailing_id, (MailingState.DRAFT,))


def _mailing(session: Session, doing: Doing, mailing_id: str, states: Sequence[MailingState]) -> Mailing:
    mailing = mailing_of(session, doing.organisation_id, mailing_id)
    if mailing is None:
        raise InputError(_("This message is no longer there."))
    if mailing.state not in states:
        raise InputError(_("This cannot be done with the message as it stands now. Look at the page again."))
    return mailing
