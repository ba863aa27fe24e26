"""What a token may be allowed to do: one word for each kind of data and way of using it."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One allowance of a token. Words stand in the database: they are added, never renamed."""

    MEMBERS_READ = "members:read"
    """Members by their ids, numbers, tiers, groups and cards; without names and addresses."""
    PERSONS_READ = "persons:read"
    """Who members are, beside what `members:read` shows."""
    MEMBERS_WRITE = "members:write"
    """Add and change members and their cards, block cards."""
    BALANCES_READ = "balances:read"
    """Balances and every booking."""
    POINTS_WRITE = "points:write"
    """Add points and stamps."""
    COUPONS_READ = "coupons:read"
    COUPONS_WRITE = "coupons:write"
    """Put a coupon of a running campaign on a member's card."""
    CAMPAIGNS_READ = "campaigns:read"
    MESSAGES_READ = "messages:read"
    """Messages to members and what became of them, without recipients."""
    APPROVALS_READ = "approvals:read"
    """What waits for a second person, and what that person said."""
    RESULTS_READ = "results:read"
    """What campaigns brought and cost."""
    REPLAYS_WRITE = "replays:write"
    """Start and stop replays of campaigns over past receipts; `results:read` reads what they found."""
    RECEIPTS_READ = "receipts:read"
    CONSENTS_READ = "consents:read"
    CONSENTS_WRITE = "consents:write"
    """Write down what a member decided."""

    SEGMENTS_READ = "segments:read"
    """Segments, how many members they mean, and which, by their ids."""
    SEGMENTS_WRITE = "segments:write"
    """Keep, change and throw away segments; take members off."""
    COUPON_RUNS_READ = "coupon_runs:read"
    """How many printed coupons and public codes are where; no codes of printed ones."""
    COUPON_RUNS_WRITE = "coupon_runs:write"
    """Issue printed coupons and public codes, read their codes, take them back."""
    WORKSHOP_READ = "workshop:read"
    """Vehicles, mileages and work orders; without VINs and plates."""
    WORKSHOP_WRITE = "workshop:write"
    """Add and change vehicles, write mileages down."""
    STORES_READ = "stores:read"
    """Stores, and tills with how they are."""


def scopes_of(text: str) -> frozenset[Scope]:
    """Scopes as they are stored; words of a later version are left out."""
    known = set(Scope)
    return frozenset(Scope(word) for word in text.split() if word in known)
