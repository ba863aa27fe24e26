"""What a provider's answer to one message means for its row, and for the mailing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent.suppression import Block, suppress
from backoffice.messaging.claims import Batch
from backoffice.messaging.handover import (
    BlockedError,
    BusyError,
    HandoverDoubtError,
    HandoverError,
    LineDownError,
    MessageRefusedError,
    NoSuchAddressError,
)
from backoffice.messaging.kinds import MailingState, State
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.text import without_addresses
from backoffice.worker.services import PAUSES

REASON_LENGTH_MAX: Final = 300
PROVIDER_ID_LENGTH_MAX: Final = 128
HOLDS_MAX: Final = len(PAUSES)
"""A provider that is in trouble this often in a row: the mailing pauses and a person looks."""


@dataclass(frozen=True)
class Answer:
    """What came of handing over one message. `error`: None when it was taken."""

    dispatch_id: str
    address: str
    segments: int = 0
    provider_id: str = ""
    error: HandoverError | None = None


def settle(session: Session, doing: Doing, batch: Batch, answer: Answer) -> None:
    """Write an answer into its row, if that is still this worker's, or in doubt since."""
    row = session.scalars(
        select(Dispatch).where(
            Dispatch.organisation_id == batch.organisation_id,
            Dispatch.dispatch_id == answer.dispatch_id,
            Dispatch.claim_id == batch.claim_id,
            Dispatch.state.in_((State.HANDING.value, State.IN_DOUBT.value)),
        )
    ).first()
    if row is None:  # a callback was faster, or the member is gone
        return
    now = doing.clock.now()
    mailing = session.get_one(Mailing, (batch.organisation_id, batch.mailing_id))
    row.claimed_at, row.state_at = None, now
    row.reason = without_addresses(str(answer.error or ""))[:REASON_LENGTH_MAX]
    match answer.error:
        case None:
            row.state, row.due_at = State.SENT.value, None
            row.provider_id = answer.provider_id[:PROVIDER_ID_LENGTH_MAX]
            row.segments += answer.segments
            mailing.hold_until, mailing.hold_count, mailing.trouble = None, 0, ""
        case BusyError():
            soft_bounce(row, mailing, now)
        case NoSuchAddressError():
            row.state, row.due_at = State.HARD_BOUNCE.value, None
            suppress(session, doing, batch.channel, answer.address, Block.HARD_BOUNCE)
        case BlockedError():
            row.state, row.due_at = State.UNSUBSCRIBED.value, None
            suppress(session, doing, batch.channel, answer.address, Block.OWN_BLOCK)
        case MessageRefusedError():
            row.state, row.due_at = State.FAILED.value, None
        case HandoverDoubtError():
            row.state, row.due_at = State.IN_DOUBT.value, None
        case _:
            row.state, row.due_at, row.handed_at = State.QUEUED.value, now, None
            row.attempts -= 1  # nobody was asked: this was no attempt at this member
            hold(mailing, row.reason, now)


def soft_bounce(row: Dispatch, mailing: Mailing, now: datetime) -> None:
    """Refused for a reason that passes: again after a pause, longer each time, until there was the last one."""
    last = row.attempts > len(PAUSES)
    row.state = State.SOFT_BOUNCE.value
    row.due_at = None if last or mailing.state == MailingState.CANCELLED else now + PAUSES[row.attempts - 1]


def hold(mailing: Mailing, trouble: str, now: datetime) -> None:
    """The provider is in trouble: offer it nothing for a while; when that does not end, pause and say why."""
    mailing.trouble = trouble
    if mailing.hold_count >= HOLDS_MAX:
        if mailing.state == MailingState.SENDING:
            mailing.state = MailingState.PAUSED.value
        return
    mailing.hold_until = now + PAUSES[mailing.hold_count]
    mailing.hold_count += 1


def is_line_down(answer: Answer) -> bool:
    """Whether the rest of the batch need not be tried now."""
    return isinstance(answer.error, LineDownError)
