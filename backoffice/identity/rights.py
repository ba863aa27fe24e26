"""Who may do what: a literal table of roles and rights."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """Something that a route asks for."""

    READ = "read"
    """See members, catalogue, campaigns, receipts and figures."""
    MEMBERS = "members"
    """Add and change members, groups and cards; import members."""
    CATALOGUE = "catalogue"
    """Add and change products and categories; import products."""
    WORKSHOP = "workshop"
    """Add and change vehicles and work orders; import them."""
    CAMPAIGNS = "campaigns"
    """Write, publish, pause and stop campaigns."""
    MESSAGES = "messages"
    """Write and send messages to members, and their templates."""
    EXPORT = "export"
    """Take data out as CSV."""
    TILLS = "tills"
    """Enrol tills."""
    CARD_MOVES = "card_moves"
    """Decide whether a card was charged when the card cannot be asked."""
    APPROVE = "approve"
    """Approve what somebody else wants to publish."""
    AUDIT = "audit"
    """See who did what."""
    PROGRAMS = "programs"
    """Give programs of others access, and have them told what happens here."""
    USERS = "users"
    """Give other people access, and say how safely everybody must sign in."""
    NETWORK = "network"
    """Open, move and close the organisations below, and see what they sell in all."""


OWNER: Final = "owner"

ROLES: Final[dict[str, frozenset[Right]]] = {
    OWNER: frozenset(Right),
    "campaign_editor": frozenset({Right.READ, Right.CATALOGUE, Right.CAMPAIGNS, Right.MESSAGES, Right.EXPORT}),
    "campaign_approver": frozenset({Right.READ, Right.APPROVE}),
    "sender": frozenset({Right.READ, Right.MESSAGES}),
    "clerk": frozenset({Right.READ, Right.MEMBERS, Right.WORKSHOP}),
    "auditor": frozenset({Right.READ, Right.EXPORT, Right.AUDIT}),
    "importer": frozenset({Right.READ, Right.EXPORT, Right.NETWORK}),
}
"""Role → rights. Roles are granted per organisation."""


def may(role: str, right: Right) -> bool:
    """Whether a role carries a right; unknown roles carry none."""
    return right in ROLES.get(role, frozenset())
