"""What receivers can be told of, and what can go wrong on the way: words that stand in the database and on the wire."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """Something that happened. Words are added, never renamed."""

    MEMBER_CREATED = "member.created"
    MEMBER_CHANGED = "member.changed"
    MEMBER_MERGED = "member.merged"
    MEMBER_ERASED = "member.erased"
    CARD_BLOCKED = "card.blocked"
    POINTS_POSTED = "points.posted"
    """A booking on an account of a member: points, stamps or stored value."""
    COUPON_REDEEMED = "coupon.redeemed"
    CONSENT_CHANGED = "consent.changed"
    CAMPAIGN_PUBLISHED = "campaign.published"
    APPROVAL_CHANGED = "approval.changed"
    """A campaign, message or flow was submitted to a second person, approved or refused."""
    CAMPAIGN_BUDGET = "campaign.budget"
    """A campaign has given 80 % of its budget, or all of it."""


TEST: str = "test"
"""Kind of the event that staff send to see whether anybody listens."""


class TripProblem(StrEnum):
    """Why a delivery did not arrive."""

    NO_SUCH_HOST = "no_such_host"
    FORBIDDEN_ADDRESS = "forbidden_address"
    """The name leads to an address inside, or to one that belongs to nobody."""
    NOT_REACHED = "not_reached"
    NOT_TRUSTED = "not_trusted"
    """Its certificate is not good."""
    TOO_SLOW = "too_slow"
    NO_HTTP = "no_http"
    REFUSED = "refused"
    """An answer that is none of 200 to 299; redirects too."""
    GONE = "gone"
    """410: the receiver wants nothing any more."""
    STOPPED = "stopped"
    """Not sent any more, because the subscription was stopped."""


def kinds_of(text: str) -> frozenset[str]:
    """Kinds as they are stored."""
    return frozenset(text.split())
