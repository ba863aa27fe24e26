"""The words of messages as they stand in the database for good: states, channels, events, and what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class MailingState(StrEnum):
    """Where a mailing stands."""

    DRAFT = "draft"
    PREPARING = "preparing"
    """Launched; the worker writes its list of recipients down, in parts. Nothing goes out before it is complete."""
    SCHEDULED = "scheduled"
    """Its recipients are frozen; it begins at its moment."""
    LATE = "late"
    """Nobody was there to begin it within its window: a person decides whether it still makes sense."""
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class State(StrEnum):
    """Where one member's message on one channel stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    """In a worker's batch, not offered to anybody yet: safe to give back."""
    HANDING = "handing"
    """Being handed to the provider at this moment; a worker that dies now leaves a doubt."""
    SENT = "sent"
    """The provider took it."""
    DELIVERED = "delivered"
    SOFT_BOUNCE = "soft_bounce"
    """Refused for a reason that passes (mailbox full, server in trouble); tried again while `due_at` is set."""
    HARD_BOUNCE = "hard_bounce"
    """The address does not exist, or its server wants nothing from us."""
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINT = "complaint"
    IN_DOUBT = "in_doubt"
    """Whether it was taken is not known. Never sent again by itself."""
    REFUSED = "refused"
    """By us, at the last moment; the reason says why."""
    FAILED = "failed"
    """The provider refused the message itself; it can be tried again once that is mended."""


class ChannelRule(StrEnum):
    """By which channels a mailing goes to each member."""

    EMAIL = "email"
    SMS = "sms"
    EMAIL_ELSE_SMS = "email_else_sms"
    BOTH = "both"
    LETTER = "letter"
    """On paper: staff make the letters (`backoffice.letters`), no worker sends them."""


class Event(StrEnum):
    """What is heard of a message after it was handed over."""

    DELIVERED = "delivered"
    SOFT_BOUNCE = "soft_bounce"
    HARD_BOUNCE = "hard_bounce"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINT = "complaint"
    OPENED = "opened"
    CLICKED = "clicked"


OPEN_STATES: Final = (State.QUEUED, State.CLAIMED, State.HANDING)
"""A mailing with one of these is not done."""
OUT: Final = (State.SENT, State.DELIVERED, State.UNSUBSCRIBED, State.COMPLAINT)
"""The message left this house and did not come back."""
BACK: Final = (State.SOFT_BOUNCE, State.HARD_BOUNCE)

_ANSWERED: Final = frozenset({State.HANDING, State.IN_DOUBT, State.SENT})
MOVES: Final[Mapping[Event, frozenset[State]]] = {
    Event.DELIVERED: _ANSWERED,
    Event.SOFT_BOUNCE: _ANSWERED,
    Event.HARD_BOUNCE: _ANSWERED | {State.DELIVERED, State.SOFT_BOUNCE},
    Event.UNSUBSCRIBED: _ANSWERED | {State.DELIVERED, State.SOFT_BOUNCE},
    Event.COMPLAINT: _ANSWERED | {State.DELIVERED, State.SOFT_BOUNCE, State.UNSUBSCRIBED},
}
"""From which states an event moves a message on; in any other one it is counted, and changes nothing."""
