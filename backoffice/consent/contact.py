"""The one question that everything asks before it writes to a member: may it, and if not, why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.consent.addresses import address_of, mark_of
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Key, latest
from backoffice.consent.models import ConsentEntry, ConsentRequest
from backoffice.consent.suppression import suppressed
from backoffice.members import personal
from backoffice.members.models import ErasedMember, Member
from backoffice.members.personal import Person
from backoffice.vault import Vault, vault_of

MEMBERS_AT_ONCE: Final = 500


class Reason(StrEnum):
    """Why somebody may be written to, or may not; the first that holds, in this order."""

    ERASED = "erased"
    UNKNOWN_MEMBER = "unknown_member"
    NO_CONSENT = "no_consent"
    WITHDRAWN = "withdrawn"
    NO_ADDRESS = "no_address"
    NOT_CONFIRMED = "not_confirmed"
    """The consent was confirmed from another address than the present one."""
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    OWN_BLOCK = "own_block"
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
    marks: Mapping[tuple[str, Channel], int]
    """(member, channel) → mark of the address, where there is one."""
    blocked: Mapping[tuple[str, int], str]
    """(channel, mark) → reason of the suppression."""
    confirmed: frozenset[tuple[str, str, int]]
    """(member, channel, mark) of the addresses that have answered."""

    def permission(self, member_id: str, channel: Channel, purpose: Purpose) -> Permission:
        """Whether one of these members may be reached by this channel for this purpose."""
        entry = self.entries.get(member_id, {}).get((channel.value, purpose.value))
        if member_id not in self.known:
            return Permission(Reason.ERASED if member_id in self.erased else Reason.UNKNOWN_MEMBER, entry)
        return Permission(self._judged(entry, member_id, channel), entry)

    def _judged(self, entry: ConsentEntry | None, member_id: str, channel: Channel) -> Reason:
        if entry is None:
            return Reason.NO_CONSENT
        if entry.decision == Decision.WITHDRAWN:
            return Reason.WITHDRAWN
        mark = self.marks.get((member_id, channel))
        if mark is None:
            return Reason.NO_ADDRESS
        if entry.source == Source.CONFIRMED and (member_id, channel.value, mark) not in self.confirmed:
            return Reason.NOT_CONFIRMED
        return Reason(self.blocked.get((channel.value, mark), Reason.ALLOWED))


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
    persons = personal.load(session, organisation_id, known)
    marks = _marks(vault_of(session), organisation_id, persons, (only[0],) if only else tuple(Channel))
    return Facts(
        known,
        erased,
        entries,
        persons,
        marks,
        suppressed(session, organisation_id, marks.values(), at),
        _confirmed(session, organisation_id, ids, at),
    )


def _marks(
    vault: Vault, organisation_id: str, persons: Mapping[str, Person], channels: Sequence[Channel]
) -> dict[tuple[str, Channel], int]:
    found = {
        (member_id, channel): mark_of(vault, organisation_id, channel, address_of(person, channel))
        for member_id, person in persons.items()
        for channel in channels
    }
    return {key: mark for key, mark in found.items() if mark is not None}


def _confirmed(
    session: Session, organisation_id: str, ids: Sequence[str], at: datetime
) -> frozenset[tuple[str, str, int]]:
    rows = session.execute(
        select(ConsentRequest.member_id, ConsentRequest.channel, ConsentRequest.address_mark).where(
            ConsentRequest.organisation_id == organisation_id,
            ConsentRequest.member_id.in_(ids),
            ConsentRequest.confirmed_at <= at,
        )
    )
    return frozenset((member_id, channel, mark) for member_id, channel, mark in rows)
