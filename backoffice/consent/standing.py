"""Where a member stands, as pages show it: every channel and purpose with what holds and whether it may be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.consent.contact import Permission, facts_of
from backoffice.consent.kinds import Channel, Purpose


@dataclass(frozen=True)
class Standing:
    """One channel for one purpose."""

    channel: Channel
    purpose: Purpose
    permission: Permission


def standings_of(session: Session, organisation_id: str, member_id: str, at: datetime) -> list[list[Standing]]:
    """A row per purpose, a cell per channel."""
    facts = facts_of(session, organisation_id, [member_id], at)
    return [
        [Standing(channel, purpose, facts.permission(member_id, channel, purpose)) for channel in Channel]
        for purpose in Purpose
    ]
