"""The one question that everything asks before it writes to a member: may it, and if not, why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.consent.kinds import Channel, Decision, Purpose
from backoffice.consent.ledger import Key, latest
from backoffice.consent.models import ConsentEntry
from backoffice.members import personal
from backoffice.members.models import ErasedMember, Member
from backoffice.members.personal import Person

MEMBERS_AT_ONCE: Final = 500


class Reason(StrEnum):
    """Why somebody may be written to, or may not; the first that holds, in this order."""

    ERASED = "erased"
    UNKNOWN_MEMBER = "unknown_member"
    NO_CONSENT = "no_consent"
    WITHDRAWN = "withdrawn"
    NO_ADDRESS = "no_address"
    ALLOWED = "allowed"


@dataclass(frozen=True)
class Permission:
    """The answer; `entry` is the one of the ledger that it rests on, where there is one."""

    reason: Reason
    entry: ConsentEntry | None = None

    @property
    def allowed(self) -> bool:
        """Whether the message may go out."""
        return self.reason is Reason.ALLOWED


@dataclass(frozen=True)
class Facts:
    """What is known about some members at one moment, read once for all questions about them."""

    known: frozenset[str]
    erased: frozenset[str]
    entries: Mapping[str, Mapping[Key, ConsentEntry]]
    persons: Mapping[str, Person]

    def permission(self, member_id: str, channel: Channel, purpose: Purpose) -> Permission:
        """Whether one of these members may be reached by this channel for this purpose."""
        entry = self.entries.get(member_id, {}).get((channel.value, purpose.value))
        if member_id not in self.known:
            return Permission(Reason.ERASED if member_id in self.erased else Reason.UNKNOWN_MEMBER, entry)
        return Permission(_judged(entry, self.persons.get(member_id, Person()), channel), entry)


def may_contact(
    session: Session, organisation_id: str, member_id: str, channel: Channel, purpose: Purpose, at: datetime
) -> Permission:
    """Whether this member may be reached by this channel for this purpose at this moment."""
    facts = facts_of(session, organisation_id, [member_id], at, (channel, purpose))
    return facts.permission(member_id, channel, purpose)


def may_contact_many(
    session: Session,
    organisation_id: str,
    member_ids: Iterable[str],
    channel: Channel,
    purpose: Purpose,
    at: datetime,
) -> Mapping[str, Permission]:
    """The same for many members, each with an answer of its own."""
    ids = list(dict.fromkeys(member_ids))
    answers: dict[str, Permission] = {}
    for start in range(0, len(ids), MEMBERS_AT_ONCE):
        chunk = ids[start : start + MEMBERS_AT_ONCE]
        facts = facts_of(session, organisation_id, chunk, at, (channel, purpose))
        answers |= {member_id: facts.permission(member_id, channel, purpose) for member_id in chunk}
    return answers


def facts_of(
    session: Session,
    organisation_id: str,
    ids: Sequence[str],
    at: datetime,
    only: tuple[Channel, Purpose] | None = None,
) -> Facts:
    """Read what the questions about these members need, at most some hundred; `only` narrows to one question."""
    known = frozenset(
        session.scalars(
            select(Member.member_id).where(Member.organisation_id == organisation_id, Member.member_id.in_(ids))
        )
    )
    erased = frozenset(
        session.scalars(
            select(ErasedMember.member_id).where(
                ErasedMember.organisation_id == organisation_id, ErasedMember.member_id.in_(ids)
            )
        )
    )
    entries = latest(session, organisation_id, ids, at, only)
    return Facts(known, erased, entries, personal.load(session, organisation_id, known))


def _judged(entry: ConsentEntry | None, person: Person, channel: Channel) -> Reason:
    if entry is None:
        return Reason.NO_CONSENT
    if entry.decision == Decision.WITHDRAWN:
        return Reason.WITHDRAWN
    if not address_of(person, channel):
        return Reason.NO_ADDRESS
    return Reason.ALLOWED


def address_of(person: Person, channel: Channel) -> str:
    """Where the channel reaches somebody; empty when that is not known."""
    if channel is Channel.EMAIL:
        return person.email
    if channel is Channel.LETTER:
        return f"{person.street}, {person.postcode} {person.town}" if person.street and person.town else ""
    return person.phone
