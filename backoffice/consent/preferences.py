"""What a member does by a signed link: unsubscribing in one click, and the choice of every channel and purpose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent.addresses import address_of
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import BY_MEMBER, Said, latest, record
from backoffice.consent.links import Link
from backoffice.consent.models import ConsentEntry
from backoffice.consent.optin import ask, grant_confirmed, present_mark
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.members.personal import Person

CHANGES_PER_DAY_MAX: Final = 60
"""Entries that a member makes in a day; beyond, nothing more is granted, so that nobody fills the ledger. Taking back
always works."""

Pair = tuple[Channel, Purpose]


@dataclass(frozen=True)
class Choice:
    """One line of the member's page. `reachable`: the shop knows an address for the channel."""

    channel: Channel
    purpose: Purpose
    granted: bool
    reachable: bool
    wording: str

    @property
    def code(self) -> str:
        """How the form names it."""
        return f"{self.channel}:{self.purpose}"


@dataclass(frozen=True)
class Outcome:
    """What a choice did: pairs that changed, and whether a message asks the address first."""

    changed: int
    asked: bool
    not_askable: bool
    """Something by e-mail was wished for, but this installation cannot send the question."""


def granted_pairs(session: Session, doing: Doing, member_id: str) -> frozenset[tuple[str, str]]:
    """Channel and purpose of what a member allows now, whatever else may stand in the way."""
    entries = latest(session, doing.organisation_id, [member_id], doing.clock.now()).get(member_id, {})
    return frozenset(key for key, entry in entries.items() if entry.decision == Decision.GRANTED)


def choices(session: Session, doing: Doing, member_id: str, wordings: Mapping[Pair, str]) -> list[Choice]:
    """Every line of the page, purposes together."""
    granted = granted_pairs(session, doing, member_id)
    person = personal.load(session, doing.organisation_id, [member_id]).get(member_id, Person())
    return [
        Choice(
            channel,
            purpose,
            (channel.value, purpose.value) in granted,
            bool(address_of(person, channel)),
            wordings[channel, purpose],
        )
        for purpose in Purpose
        for channel in Channel
    ]


def unsubscribe(session: Session, doing: Doing, link: Link) -> None:
    """Take back what the link names. Done already, or the member is gone: nothing to do, and no fault."""
    if session.get(Member, (doing.organisation_id, link.member_id)) is None:
        return
    channel, purpose = Channel(link.channel), Purpose(link.purpose)
    entries = latest(session, doing.organisation_id, [link.member_id], doing.clock.now(), (channel, purpose))
    known = entries.get(link.member_id, {}).get((channel.value, purpose.value))
    if known is None or known.decision == Decision.GRANTED:
        record(session, doing, [_taken_back(doing, link.member_id, channel, purpose, Source.ONE_CLICK)])


def choose(
    session: Session, doing: Doing, link: Link, offered: Collection[Choice], wished: Collection[str], *, may_ask: bool
) -> Outcome:
    """Make what holds what the member ticked, of the lines that the page had. `may_ask`: messages can be sent.

    E-mail counts once the address has answered; whoever came by a link in a message to it has answered already.
    """
    member = session.get_one(Member, (doing.organisation_id, link.member_id))
    granted = granted_pairs(session, doing, member.member_id)
    back = [each for each in offered if _holds(each, granted) and each.code not in wished]
    new = [each for each in offered if each.reachable and not _holds(each, granted) and each.code in wished]
    if new and _entries_today(session, doing, member.member_id) + len(new) > CHANGES_PER_DAY_MAX:
        raise InputError(_("Too many changes in one day. Try again tomorrow; taking back works at any time."))
    said = [_taken_back(doing, member.member_id, each.channel, each.purpose, Source.PAGE) for each in back]
    by_mail = [each for each in new if each.channel is Channel.EMAIL]
    said += [
        Said(
            member.member_id,
            each.channel,
            each.purpose,
            Decision.GRANTED,
            Source.PAGE,
            doing.clock.now(),
            wording=each.wording,
            language=member.language,
        )
        for each in new
        if each.channel is not Channel.EMAIL
    ]
    record(session, doing, said)
    if not by_mail:
        return Outcome(len(said), asked=False, not_askable=False)
    mark = present_mark(session, doing.organisation_id, member.member_id)
    if link.address_mark and mark == link.address_mark:
        grant_confirmed(session, doing, member, mark, [(each.purpose, each.wording) for each in by_mail])
        return Outcome(len(said) + len(by_mail), asked=False, not_askable=False)
    if may_ask:
        wording = "\n".join(each.wording for each in by_mail)
        ask(session, doing, member.member_id, [each.purpose for each in by_mail], wording)
    return Outcome(len(said), asked=may_ask, not_askable=not may_ask)


def _entries_today(session: Session, doing: Doing, member_id: str) -> int:
    wanted = select(func.count()).where(
        ConsentEntry.organisation_id == doing.organisation_id,
        ConsentEntry.member_id == member_id,
        ConsentEntry.actor == BY_MEMBER,
        ConsentEntry.recorded_at > doing.clock.now() - timedelta(days=1),
    )
    return session.scalar(wanted) or 0


def _holds(choice: Choice, granted: Collection[tuple[str, str]]) -> bool:
    return (choice.channel.value, choice.purpose.value) in granted


def _taken_back(doing: Doing, member_id: str, channel: Channel, purpose: Purpose, source: Source) -> Said:
    return Said(member_id, channel, purpose, Decision.WITHDRAWN, source, doing.clock.now())
