"""The words of messages as pages say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from backoffice.consent import labels as consent_labels
from backoffice.messaging.kinds import ChannelRule, MailingState, State

MAILING_STATES: Final[Mapping[str, tuple[Any, str]]] = {
    MailingState.DRAFT.value: (_l("draft"), "bg-secondary-lt"),
    MailingState.PREPARING.value: (_l("being prepared"), "bg-blue-lt"),
    MailingState.SCHEDULED.value: (_l("scheduled"), "bg-blue-lt"),
    MailingState.LATE.value: (_l("missed its moment"), "bg-orange-lt"),
    MailingState.SENDING.value: (_l("being sent"), "bg-blue-lt"),
    MailingState.PAUSED.value: (_l("paused"), "bg-yellow-lt"),
    MailingState.DONE.value: (_l("sent"), "bg-green-lt"),
    MailingState.CANCELLED.value: (_l("cancelled"), "bg-secondary-lt"),
}
"""State → its word and its colour."""
STATES: Final[Mapping[str, Any]] = {
    State.QUEUED.value: _l("waiting"),
    State.CLAIMED.value: _l("next in line"),
    State.HANDING.value: _l("being handed over"),
    State.SENT.value: _l("sent"),
    State.DELIVERED.value: _l("delivered"),
    State.SOFT_BOUNCE.value: _l("soft bounce: full, or in trouble"),
    State.HARD_BOUNCE.value: _l("hard bounce: does not exist, or blocks us"),
    State.UNSUBSCRIBED.value: _l("unsubscribed"),
    State.COMPLAINT.value: _l("complaint"),
    State.IN_DOUBT.value: _l("in doubt"),
    State.REFUSED.value: _l("not sent"),
    State.FAILED.value: _l("failed"),
}
RULES: Final[Mapping[str, Any]] = {
    ChannelRule.EMAIL.value: _l("E-mail"),
    ChannelRule.SMS.value: _l("SMS"),
    ChannelRule.EMAIL_ELSE_SMS.value: _l("E-mail, where that is not possible SMS"),
    ChannelRule.BOTH.value: _l("E-mail and SMS"),
    ChannelRule.LETTER.value: _l("Letter"),
}
BLOCKS: Final[Mapping[str, Any]] = {
    "heading": _l("Heading"),
    "text": _l("Text"),
    "picture": _l("Picture"),
    "button": _l("Button"),
    "coupon": _l("Offer"),
    "points": _l("Points"),
    "footer": _l("Small print"),
}
PLACEHOLDERS: Final[Mapping[str, Any]] = {
    "first_name": _l("first name"),
    "last_name": _l("last name"),
    "full_name": _l("full name"),
    "number": _l("member number"),
    "tier": _l("tier"),
    "points": _l("points"),
    "shop": _l("shop"),
    "own_page": _l("in an SMS: link to the member's own page (some 150 characters)"),
}
STEPS: Final[Mapping[str, Any]] = {
    "matched": _l("meant"),
    "members": _l("members who get it"),
    "messages": _l("messages"),
}
_OWN_REASONS: Final[Mapping[str, Any]] = {
    "taken_off": _l("taken off the list"),
    "held_out": _l("held out, by lot"),
    "no_number": _l("no number that can get an SMS"),
    "contacted_recently": _l("heard from us often enough lately"),
    "same_address": _l("same address as somebody before"),
    "cancelled": _l("cancelled before it was sent"),
    "missed": _l("missed its moment"),
}


def reason(code: str) -> str:
    """Why somebody gets nothing, in words; a provider's own words as they are."""
    known = _OWN_REASONS.get(code) or consent_labels.REASONS.get(code)
    return str(known) if known is not None else code


def step(code: str) -> str:
    """One line of the way from everybody who was meant to the messages that go out."""
    known = STEPS.get(code)
    return str(known) if known is not None else reason(code)
