"""Who of an audience is written to, by which channel, and why the others are not. Frozen at launch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audiences.models import CampaignMember
from backoffice.audiences.standing import standing_of
from backoffice.audit.services import Doing
from backoffice.bulk import insert_tuples
from backoffice.campaigns.giving import HELD_OUT as OUT_OF_CAMPAIGN
from backoffice.consent.addresses import address_of
from backoffice.consent.contact import MEMBERS_AT_ONCE, Facts, facts_of
from backoffice.consent.kinds import Channel, Purpose
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members.personal import Person
from backoffice.messaging import audience
from backoffice.messaging.frequency import tired_members
from backoffice.messaging.kinds import ChannelRule, State
from backoffice.messaging.models import Dispatch, Mailing, MailingRemoval
from backoffice.messaging.numbers import dispatch_mark, e164
from backoffice.messaging.rules import rules_of
from backoffice.vault import Vault, vault_of

RECIPIENTS_MAX: Final = 200_000
"""Of one mailing: they are frozen in one transaction, about 0.2 ms each."""
CHANNELS: Final[Mapping[ChannelRule, tuple[Channel, ...]]] = {
    ChannelRule.EMAIL: (Channel.EMAIL,),
    ChannelRule.SMS: (Channel.SMS,),
    ChannelRule.EMAIL_ELSE_SMS: (Channel.EMAIL, Channel.SMS),
    ChannelRule.BOTH: (Channel.EMAIL, Channel.SMS),
    ChannelRule.LETTER: (Channel.LETTER,),
}
TAKEN_OFF: Final = "taken_off"
CONTACTED_RECENTLY: Final = "contacted_recently"
SAME_ADDRESS: Final = "same_address"
HELD_OUT: Final = "held_out"
"""By lot: of the campaign that the message speaks of, or of every campaign."""
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
    person: Person


@dataclass
class Judged:
    """An audience, judged. `matched`: members who were meant; `left_out`: reason → members."""

    matched: int = 0
    recipients: list[Recipient] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def waterfall(self) -> dict[str, int]:
        """From everybody who was meant to the messages that go out, in the order of the reasons."""
        steps = {reason: self.left_out[reason] for reason in _ORDER if self.left_out[reason]}
        return {"matched": self.matched, **steps, "members": self.members, "messages": len(self.recipients)}

    @property
    def members(self) -> int:
        """Members who get at least one message."""
        return len({each.member_id for each in self.recipients})


def sendable_address(person: Person, channel: Channel, zone: str) -> str:
    """Where a message of this channel goes; empty when it cannot."""
    address = address_of(person, channel)
    return e164(address, zone) if channel is Channel.SMS else address.strip()


def judged(session: Session, mailing: Mailing, now: datetime) -> Judged:
    """Everybody whom the mailing would reach at this moment. InputError: more than one mailing takes."""
    organisation_id = mailing.organisation_id
    ids = audience.resolve(session, organisation_id, audience.decode(mailing.audience), now)
    if len(ids) > RECIPIENTS_MAX:
        raise InputError(
            _("A message goes to at most %(most)s members; make the audience smaller.", most=RECIPIENTS_MAX)
        )
    return judged_members(session, mailing, ids, now)


def judged_members(session: Session, mailing: Mailing, ids: Sequence[str], now: datetime) -> Judged:
    """Whom of these members the mailing would reach at this moment."""
    judging = _Judging(session, mailing, now)
    removed = removed_members(session, mailing)
    for start in range(0, len(ids), MEMBERS_AT_ONCE):
        judging.look_at(ids[start : start + MEMBERS_AT_ONCE], removed)
    judging.outcome.matched = len(ids)
    return judging.outcome


class _Judging:
    """One pass over an audience; remembers the addresses that already have a message."""

    def __init__(self, session: Session, mailing: Mailing, now: datetime) -> None:
        self.outcome = Judged()
        self._session, self._mailing, self._now = session, mailing, now
        self._rule = ChannelRule(mailing.channel_rule)
        self._purpose = Purpose(mailing.purpose)
        self._rules = rules_of(session, mailing.organisation_id)
        self._vault: Vault = vault_of(session)
        self._seen: set[tuple[Channel, int]] = set()

    def look_at(self, ids: Sequence[str], removed: frozenset[str]) -> None:
        channels = CHANNELS[self._rule]
        organisation_id = self._mailing.organisation_id
        facts = {
            channel: facts_of(self._session, organisation_id, ids, self._now, (channel, self._purpose))
            for channel in channels
        }
        tired = {
            channel: tired_members(self._session, self._rules, self._mailing, channel, ids, self._now)
            for channel in channels
        }
        held_out = held_out_members(self._session, self._mailing, ids)
        for member_id in ids:
            if member_id in removed or member_id in held_out:
                self.outcome.left_out[TAKEN_OFF if member_id in removed else HELD_OUT] += 1
                continue
            self._look_at_one(member_id, facts, tired)

    def _look_at_one(
        self, member_id: str, facts: Mapping[Channel, Facts], tired: Mapping[Channel, frozenset[str]]
    ) -> None:
        reasons = []
        for channel in CHANNELS[self._rule]:
            found = self._recipient(member_id, channel, facts[channel], tired[channel])
            if isinstance(found, Recipient):
                self.outcome.recipients.append(found)
                if self._rule is not ChannelRule.BOTH:
                    return
                continue
            reasons.append(found)
        if len(reasons) == len(CHANNELS[self._rule]):
            self.outcome.left_out[reasons[0]] += 1

    def _recipient(self, member_id: str, channel: Channel, facts: Facts, tired: frozenset[str]) -> Recipient | str:
        permission = facts.permission(member_id, channel, self._purpose)
        if not permission.allowed:
            return permission.reason.value
        person = facts.persons[member_id]
        address = sendable_address(person, channel, self._mailing.zone)
        mark = dispatch_mark(self._vault, self._mailing.organisation_id, channel, address)
        if mark is None:
            return NO_NUMBER
        if member_id in tired:
            return CONTACTED_RECENTLY
        if (channel, mark) in self._seen:
            return SAME_ADDRESS
        self._seen.add((channel, mark))
        return Recipient(member_id, channel, mark, person)


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


def freeze(session: Session, doing: Doing, mailing: Mailing, made: Judged) -> None:
    """Write the recipients down; from now on the list does not change by itself any more."""
    add_recipients(session, doing, mailing, made.recipients)
    mailing.frozen_at = doing.clock.now()
    mailing.undo = "[]"
    mailing.waterfall = msgspec.json.encode(made.waterfall()).decode()


def add_recipients(session: Session, doing: Doing, mailing: Mailing, recipients: Sequence[Recipient]) -> None:
    """One waiting message for each."""
    now = doing.clock.now()
    session.flush()  # the mailing itself comes before its rows, which go past the session
    insert_tuples(
        session,
        Dispatch,
        _COLUMNS,
        (
            (
                mailing.organisation_id, mailing.mailing_id, each.member_id, each.channel.value, doing.ids.new_id(),
                each.mark, State.QUEUED.value, "", None if each.channel is Channel.LETTER else now, 0, "", None, None,
                "", now, 0,
            )
            for each in recipients
        ),
    )  # fmt: skip
