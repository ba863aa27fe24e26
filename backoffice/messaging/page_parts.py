"""What the pages of messages share: finding a mailing, and the figures that several of them show."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audiences.models import CampaignMember, Segment
from backoffice.campaigns.giving import HELD_OUT
from backoffice.campaigns.models import Campaign
from backoffice.consent.kinds import Purpose
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members import personal
from backoffice.members.services import groups_of
from backoffice.messaging import audience as audiences
from backoffice.messaging import content as contents
from backoffice.messaging import labels
from backoffice.messaging.checklist import Problem, problems_of
from backoffice.messaging.kinds import ChannelRule, MailingState
from backoffice.messaging.models import Mailing
from backoffice.messaging.preparing import preparing_of
from backoffice.messaging.recipients import Judged, judged
from backoffice.messaging.results import doubtful, results_of
from backoffice.messaging.rules import E4_PER_UNIT, cost_e4, quiet_until, rules_of
from backoffice.messaging.segments import segments_of
from backoffice.web.context import actor, office, read
from backoffice.web.format import language
from pos_engine.core.money import currency_exponent


def mailing_or_404(mailing_id: str) -> Mailing:
    """A mailing of the organisation that is open; 404."""
    with read() as reader:
        mailing = reader.get(Mailing, (actor().organisation_id, mailing_id))
    if mailing is None:
        abort(404)
    return mailing


def audience_words(reader: Session, mailing: Mailing) -> list[str]:
    """Whom a mailing is for, in words; members by name."""
    chosen = audiences.decode(mailing.audience)
    if chosen.member_ids:
        persons = personal.load(reader, mailing.organisation_id, chosen.member_ids[:20])
        return [persons[each].full_name or each for each in chosen.member_ids[:20] if each in persons] or ["…"]
    if chosen.group_ids:
        names = {group.group_id: group.name for group in groups_of(reader, mailing.organisation_id)}
        return [names.get(each, each) for each in chosen.group_ids]
    if chosen.tree is not None:
        words = chosen.tree.in_words(language(), chosen.tree.names(reader, mailing.organisation_id)).splitlines()
        return [chosen.segment, *words] if chosen.segment else words
    return []


def segments_to_choose(reader: Session, organisation_id: str) -> list[Segment]:
    """Saved segments, by name."""
    return list(
        reader.scalars(select(Segment).where(Segment.organisation_id == organisation_id).order_by(Segment.name))
    )


def campaigns_to_choose(reader: Session, mailing: Mailing) -> list[tuple[str, str]]:
    """Id and name of the campaigns that a message can speak of: those to come, those that run, and its own."""
    rows = reader.execute(
        select(Campaign.campaign_id, Campaign.name)
        .where(Campaign.organisation_id == mailing.organisation_id)
        .where(Campaign.state.in_(("draft", "live", "paused")) | (Campaign.campaign_id == mailing.campaign_id))
        .order_by(Campaign.name, Campaign.campaign_id)
    )
    return [(row[0], row[1]) for row in rows]


def _of_campaign(reader: Session, mailing: Mailing, content: contents.Content) -> list[Problem]:
    """What is wrong between a message and the campaign it speaks of."""
    if not mailing.campaign_id:
        offers = any(isinstance(block, contents.Coupon) for text in content.email.values() for block in text.blocks)
        drawn = select(CampaignMember.member_id).where(
            CampaignMember.organisation_id == mailing.organisation_id, CampaignMember.arm == HELD_OUT
        )
        if not offers or reader.scalar(drawn.limit(1)) is None:
            return []
        text = _("Say which campaign the offer belongs to, so that members who are held out do not read of it.")
        return [Problem(text, stops=False)]
    campaign = reader.get(Campaign, (mailing.organisation_id, mailing.campaign_id))
    if campaign is not None and campaign.live_version is not None:
        return []
    return [Problem(_("The campaign is not published yet, so nobody is held out of it yet. Publish it first."))]


def waterfall_lines(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """From everybody who was meant to what goes out: (code, words, count); reasons are negative."""
    return [(code, labels.step(code), count if code in labels.STEPS else -count) for code, count in counts.items()]


def counted(reader: Session, mailing: Mailing) -> tuple[Judged, str]:
    """Whom a draft would reach now, and why that cannot be said; empty when it can."""
    try:
        return judged(reader, mailing, office().clock.now()), ""
    except InputError as refused:  # too many, or conditions that cannot be asked: the page is where that is changed
        return Judged(), str(refused)


def count_values(reader: Session, mailing: Mailing, made: Judged) -> dict[str, Any]:
    """What is shown of whom a draft would reach."""
    return {
        "judged": made,
        "waterfall": waterfall_lines(made.waterfall()),
        "cost": _forecast_e4(reader, mailing, made),
    }


def draft_values(reader: Session, mailing: Mailing) -> dict[str, Any]:
    """What the page of a draft shows."""
    made, why_not = counted(reader, mailing)
    content = contents.decode(mailing.content)
    chosen = audiences.decode(mailing.audience)
    return {
        **count_values(reader, mailing, made),
        "audience": chosen,
        "audience_words": audience_words(reader, mailing),
        "groups": groups_of(reader, mailing.organisation_id),
        "segments": segments_to_choose(reader, mailing.organisation_id),
        "content": content,
        "campaigns": campaigns_to_choose(reader, mailing),
        "problems": [
            *([Problem(why_not)] if why_not else []),
            *_of_campaign(reader, mailing, content),
            *problems_of(office().settings, ChannelRule(mailing.channel_rule), Purpose(mailing.purpose), content),
        ],
    }


def _forecast_e4(reader: Session, mailing: Mailing, made: Judged) -> int:
    """What the messages will cost, SMS counted by their longest language; each is counted anew when it is sent."""
    rules = rules_of(reader, mailing.organisation_id)
    texts = contents.decode(mailing.content).sms.values()
    parts = max((segments_of(text) for text in texts), default=1)
    return sum(cost_e4(rules, channel, parts) * count for channel, count in made.by_channel.items())


def progress_values(reader: Session, mailing: Mailing) -> dict[str, Any]:
    """What the page of a mailing shows that was launched."""
    now = office().clock.now()
    content = contents.decode(mailing.content)
    results = results_of(reader, mailing)
    doubts = doubtful(reader, mailing)
    persons = personal.load(reader, mailing.organisation_id, [row.member_id for row in doubts])
    return {
        "results": results,
        "preparing": preparing_of(mailing) if mailing.state == MailingState.PREPARING else None,
        "doubts": [(row, persons.get(row.member_id)) for row in doubts],
        "links": [(_link_words(content, detail), count) for detail, count in results.links],
        "quiet_until": quiet_until(rules_of(reader, mailing.organisation_id), mailing.zone, now),
        "waterfall": waterfall_lines(msgspec.json.decode(mailing.waterfall, type=dict[str, int])),
        "audience_words": audience_words(reader, mailing),
        "audience": audiences.decode(mailing.audience),
        "mailing": mailing,
    }


def _link_words(content: contents.Content, detail: str) -> str:
    code, _colon, number = detail.partition(":")
    email = content.email.get(code)
    if email is None or not number.isdecimal() or int(number) >= len(email.blocks):
        return detail
    block = email.blocks[int(number)]
    named = getattr(block, "text", "") or getattr(block, "alt", "")
    return f"{named} ({getattr(block, 'url', '')})"


def money_of_e4(cost: int) -> int:
    """Ten-thousandths of the currency's unit in minor units, rounded half up, for showing."""
    exponent: int = 10 ** currency_exponent(actor().organisation.currency)
    return (cost * exponent + E4_PER_UNIT // 2) // E4_PER_UNIT
