"""Who of an audience is written to, by which channel, and why the others are not. Frozen at launch.

Laws: consent, addresses and blocks are asked of the database for many members at once (`audiences.reach`), and nobody's
data are opened but phone numbers, which are written in many ways; what is kept in memory does not grow with the
audience, but for the marks of addresses that more than one member has, and of numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import CampaignMember
from backoffice.audiences.reach import reasons
from backoffice.audiences.scope import scope_of
from backoffice.audiences.standing import standing_of
from backoffice.audit.services import Doing
from backoffice.bulk import insert_tuples, streamed
from backoffice.campaigns.giving import HELD_OUT as OUT_OF_CAMPAIGN
from backoffice.consent.addresses import address_of
from backoffice.consent.contact import Reason
from backoffice.consent.kinds import Channel, Purpose
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members import personal
from backoffice.members.models import ErasedMember, Member, MemberTrait
from backoffice.members.personal import Person
from backoffice.messaging import audience
from backoffice.messaging.frequency import tired_members
from backoffice.messaging.kinds import ChannelRule, State
from backoffice.messaging.models import Dispatch, Mailing, MailingRemoval
from backoffice.messaging.numbers import dispatch_mark, e164
from backoffice.messaging.rules import rules_of
from backoffice.vault import Vault, vault_of

RECIPIENTS_MAX: Final = 2_000_000
"""Members of one mailing."""
NUMBERS_MAX: Final = 200_000
"""Phone numbers of one mailing: each is opened and read, about 0.2 ms, while somebody waits to be told how many."""
MEMBERS_AT_ONCE: Final = 1_000
ROWS_AT_ONCE: Final = 5_000
"""Written between two questions: PostgreSQL answers none in the middle of a COPY."""
CHANNELS: Final[Mapping[ChannelRule, tuple[Channel, ...]]] = {
    ChannelRule.EMAIL: (Channel.EMAIL,),
    ChannelRule.SMS: (Channel.SMS,),
    ChannelRule.EMAIL_ELSE_SMS: (Channel.EMAIL, Channel.SMS),
    ChannelRule.BOTH: (Channel.EMAIL, Channel.SMS),
    ChannelRule.LETTER: (Channel.LETTER,),
}
TAKEN_OFF: Final = "taken_off"
HELD_OUT: Final = "held_out"
"""By lot: of the campaign that the message speaks of, or of every campaign."""
CONTACTED_RECENTLY: Final = "contacted_recently"
SAME_ADDRESS: Final = "same_address"
NO_NUMBER: Final = "no_number"
"""What stands in the phone field is no number that a network knows."""
_ORDER: Final = (
    "unknown_member", "erased", TAKEN_OFF, HELD_OUT, "no_consent", "withdrawn", "no_address", NO_NUMBER,
    "not_confirmed", "hard_bounce", "complaint", "own_block", CONTACTED_RECENTLY, SAME_ADDRESS,
)  # fmt: skip


@dataclass(frozen=True)
class Recipient:
    """One member on one channel who is written to. `mark`: of the address."""

    member_id: str
    channel: Channel
    mark: int


@dataclass
class Judged:
    """An audience, judged: counts alone. `matched`: members who were meant; `left_out`: reason → members."""

    matched: int = 0
    members: int = 0
    """Members who get at least one message."""
    by_channel: Counter[Channel] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def messages(self) -> int:
        """How many messages go out."""
        return self.by_channel.total()

    def waterfall(self) -> dict[str, int]:
        """From everybody who was meant to the messages that go out, in the order of the reasons."""
        steps = {reason: self.left_out[reason] for reason in _ORDER if self.left_out[reason]}
        return {"matched": self.matched, **steps, "members": self.members, "messages": self.messages}


def sendable_address(person: Person, channel: Channel, zone: str) -> str:
    """Where a message of this channel goes; empty when it cannot."""
    address = address_of(person, channel)
    return e164(address, zone) if channel is Channel.SMS else address.strip()


def judged(session: Session, mailing: Mailing, now: datetime) -> Judged:
    """How many the mailing would reach at this moment, and where the others are lost. InputError: see `recipients`."""
    made = Judged()
    for _each in recipients(session, mailing, now, made):
        pass
    return made


def recipients(session: Session, mailing: Mailing, now: datetime, made: Judged) -> Iterator[Recipient]:
    """Everybody whom the mailing would reach at this moment, by member, counted in `made` as they come.

    InputError: more than one mailing takes, or conditions that cannot be asked.
    """
    chosen = audience.decode(mailing.audience)
    if chosen.member_ids:
        return _Judging(session, mailing, now, made).all_of(_in_parts(sorted(set(chosen.member_ids))))
    where = audience.where(scope_of(session, mailing.organisation_id, now), chosen)
    meant = (Member.organisation_id == mailing.organisation_id, where)
    if (session.scalar(select(func.count()).select_from(Member).where(*meant)) or 0) > RECIPIENTS_MAX:
        raise InputError(
            _("A message goes to at most %(most)s members; make the audience smaller.", most=RECIPIENTS_MAX)
        )
    ids = select(Member.member_id).where(*meant).order_by(Member.member_id)
    found = (member_id for (member_id,) in streamed(session, ids, MEMBERS_AT_ONCE))
    return _Judging(session, mailing, now, made, _shared_marks(session, mailing)).all_of(_in_parts(found))


def judged_members(
    session: Session, mailing: Mailing, ids: Sequence[str], now: datetime
) -> tuple[list[Recipient], Judged]:
    """Whom of these few members the mailing would reach at this moment, and why not the others."""
    made = Judged()
    return list(_Judging(session, mailing, now, made).all_of(_in_parts(ids))), made


def judge_part(
    session: Session, mailing: Mailing, ids: Sequence[str], now: datetime, made: Judged
) -> Iterator[Recipient]:
    """Of the next members those whom the mailing reaches; addresses that it has in rows already are not taken twice."""
    return _Judging(session, mailing, now, made, goes_on=True).all_of([ids])


def _shared_marks(session: Session, mailing: Mailing) -> Mapping[Channel, frozenset[int]]:
    """Marks of addresses that more than one member has; no other can come again. Numbers are not known by a mark."""
    found: dict[Channel, frozenset[int]] = {}
    for channel in CHANNELS[ChannelRule(mailing.channel_rule)]:
        if channel is not Channel.SMS:
            mark = MemberTrait.__table__.c[f"{channel.value}_mark"]
            mine = (MemberTrait.organisation_id == mailing.organisation_id, mark.is_not(None))
            found[channel] = frozenset(
                session.scalars(select(mark).where(*mine).group_by(mark).having(func.count() > 1))
            )
    return found


def _in_parts(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    left = iter(ids)
    while part := tuple(islice(left, MEMBERS_AT_ONCE)):
        yield part


_Answer = tuple[str, int | None]
"""Why a member may be written to or not, and the mark of the address."""


class _Judging:
    """One pass over an audience; remembers the addresses that already have a message and may come again."""

    def __init__(
        self,
        session: Session,
        mailing: Mailing,
        now: datetime,
        made: Judged,
        shared: Mapping[Channel, frozenset[int]] = MappingProxyType({}),
        *,
        goes_on: bool = False,
    ) -> None:
        self._goes_on = goes_on
        self._made, self._session, self._mailing, self._now = made, session, mailing, now
        self._rule = ChannelRule(mailing.channel_rule)
        self._channels = CHANNELS[self._rule]
        self._scope = scope_of(session, mailing.organisation_id, now)
        self._rules = rules_of(session, mailing.organisation_id)
        self._vault: Vault = vault_of(session)
        self._removed = removed_members(session, mailing)
        self._shared = shared
        self._numbers = 0
        self._seen: set[tuple[Channel, int]] = set()

    def all_of(self, parts: Iterable[Sequence[str]]) -> Iterator[Recipient]:
        for ids in parts:
            self._made.matched += len(ids)
            yield from self._some(ids)

    def _some(self, ids: Sequence[str]) -> Iterator[Recipient]:
        answers = {channel: self._answers(channel, ids) for channel in self._channels}
        if self._goes_on:
            self._seen |= self._written(answers)
        tired = {
            channel: tired_members(self._session, self._rules, self._mailing, channel, ids, self._now)
            for channel in self._channels
        }
        out = self._gone(ids, answers[self._channels[0]])
        out |= dict.fromkeys(held_out_members(self._session, self._mailing, ids), HELD_OUT)
        out |= dict.fromkeys(self._removed.intersection(ids), TAKEN_OFF)
        for member_id in ids:
            if member_id in out:
                self._made.left_out[out[member_id]] += 1
                continue
            found: list[Recipient] = []
            reasons_found: list[str] = []
            for channel in self._channels:
                reason, mark = self._judge(channel, answers[channel][member_id], member_id in tired[channel])
                if reason or mark is None:
                    reasons_found.append(reason)
                    continue
                found.append(Recipient(member_id, channel, mark))
                if self._rule is not ChannelRule.BOTH:
                    break
            if not found:
                self._made.left_out[reasons_found[0]] += 1
                continue
            self._made.members += 1
            self._made.by_channel.update(each.channel for each in found)
            yield from found

    def _judge(self, channel: Channel, answer: _Answer, tired: bool) -> _Answer:
        reason, mark = answer
        if reason != Reason.ALLOWED:
            return reason, None
        if mark is None:
            return NO_NUMBER, None
        if tired:
            return CONTACTED_RECENTLY, None
        if (channel, mark) in self._seen:
            return SAME_ADDRESS, None
        if channel not in self._shared or mark in self._shared[channel]:
            self._seen.add((channel, mark))
        return "", mark

    def _written(self, answers: Mapping[Channel, Mapping[str, _Answer]]) -> set[tuple[Channel, int]]:
        """Which of these addresses have a row of this mailing."""
        found: set[tuple[Channel, int]] = set()
        for channel, of_members in answers.items():
            marks = {mark for _reason, mark in of_members.values() if mark is not None}
            rows = select(Dispatch.address_mark).where(
                Dispatch.organisation_id == self._mailing.organisation_id,
                Dispatch.mailing_id == self._mailing.mailing_id,
                Dispatch.channel == channel.value,
                Dispatch.address_mark.in_(marks),
            )
            found |= {(channel, mark) for mark in self._session.scalars(rows)}
        return found

    def _answers(self, channel: Channel, ids: Sequence[str]) -> dict[str, _Answer]:
        """What the database says of each member that is there."""
        mark = MemberTrait.__table__.c[f"{channel.value}_mark"]
        asked = reasons(self._scope, channel, Purpose(self._mailing.purpose), Member.member_id.in_(ids))
        found = {row[0]: (row[1], row[2]) for row in self._session.execute(asked.add_columns(mark))}
        return self._by_number(found) if channel is Channel.SMS else found

    def _by_number(self, found: Mapping[str, _Answer]) -> dict[str, _Answer]:
        """The marks of whole numbers, as the network knows them; a trait marks the last digits alone."""
        allowed = [member_id for member_id, (reason, _mark) in found.items() if reason == Reason.ALLOWED]
        self._numbers += len(allowed)
        if self._numbers > NUMBERS_MAX:
            raise InputError(
                _("A message goes to at most %(most)s phones; make the audience smaller.", most=NUMBERS_MAX)
            )
        organisation_id = self._mailing.organisation_id
        persons = personal.load(self._session, organisation_id, allowed)
        marks = {
            member_id: dispatch_mark(self._vault, organisation_id, Channel.SMS, e164(person.phone, self._mailing.zone))
            for member_id, person in persons.items()
        }
        return {member_id: (reason, marks.get(member_id)) for member_id, (reason, _mark) in found.items()}

    def _gone(self, ids: Sequence[str], there: Mapping[str, _Answer]) -> dict[str, str]:
        """Members who were named and are no more, with the reason."""
        missing = [member_id for member_id in ids if member_id not in there]
        if not missing:
            return {}
        erased = set(
            self._session.scalars(
                select(ErasedMember.member_id).where(
                    ErasedMember.organisation_id == self._mailing.organisation_id, ErasedMember.member_id.in_(missing)
                )
            )
        )
        return {each: (Reason.ERASED if each in erased else Reason.UNKNOWN_MEMBER).value for each in missing}


def removed_members(session: Session, mailing: Mailing) -> frozenset[str]:
    """Members who were taken off this mailing."""
    return frozenset(
        session.scalars(
            select(MailingRemoval.member_id).where(
                MailingRemoval.organisation_id == mailing.organisation_id,
                MailingRemoval.mailing_id == mailing.mailing_id,
            )
        )
    )


def held_out_members(session: Session, mailing: Mailing, ids: Sequence[str]) -> frozenset[str]:
    """Those of some members who get no such message, so that it can be told what campaigns earn.

    Advertising is held back from the standing hold-out, and any message of a campaign from those held out of that.
    """
    organisation_id = mailing.organisation_id
    found = frozenset[str]()
    if mailing.purpose == Purpose.MARKETING:
        found = standing_of(session, organisation_id).among(ids)
    if mailing.campaign_id:
        found |= frozenset(
            session.scalars(
                select(CampaignMember.member_id).where(
                    CampaignMember.organisation_id == organisation_id,
                    CampaignMember.campaign_id == mailing.campaign_id,
                    CampaignMember.arm == OUT_OF_CAMPAIGN,
                    CampaignMember.member_id.in_(ids),
                )
            )
        )
    return found


_COLUMNS: Final = (
    "organisation_id", "mailing_id", "member_id", "channel", "dispatch_id", "address_mark", "state", "reason", "due_at",
    "attempts", "claim_id", "claimed_at", "handed_at", "provider_id", "state_at", "segments",
)  # fmt: skip


def freeze(session: Session, doing: Doing, mailing: Mailing) -> Judged:
    """Write the recipients down; from now on the list does not change by itself any more. InputError: too many."""
    made = Judged()
    add_recipients(session, doing, mailing, recipients(session, mailing, doing.clock.now(), made))
    mailing.frozen_at = doing.clock.now()
    mailing.undo = "[]"
    mailing.waterfall = msgspec.json.encode(made.waterfall()).decode()
    return made


def add_recipients(session: Session, doing: Doing, mailing: Mailing, wanted: Iterable[Recipient]) -> None:
    """One waiting message for each."""
    now = doing.clock.now()
    session.flush()  # the mailing itself comes before its rows, which go past the session
    left = iter(wanted)
    while part := list(islice(left, ROWS_AT_ONCE)):
        insert_tuples(
            session,
            Dispatch,
            _COLUMNS,
            (
                (
                    mailing.organisation_id, mailing.mailing_id, each.member_id, each.channel.value, doing.ids.new_id(),
                    each.mark, State.QUEUED.value, "", None if each.channel is Channel.LETTER else now, 0, "", None,
                    None, "", now, 0,
                )
                for each in part
            ),
        )  # fmt: skip
