"""Who gets a campaign's coupons: resolved when it is published, drawn once, and kept with the filter as it was used.

Laws: whoever is held out stays so and never holds a coupon of the campaign, so that no till can show one; whoever has a
part keeps it, whatever a later version says; a member who joins the audience later is drawn then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import msgspec
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from backoffice.audiences.conditions import Chosen, InGroup
from backoffice.audiences.conditions.base import VALUES_MAX
from backoffice.audiences.holdout import is_held_out
from backoffice.audiences.models import CampaignAudience, CampaignMember
from backoffice.audiences.scope import scope_of
from backoffice.audiences.segments import get_segment, removals_of
from backoffice.audiences.standing import standing_of
from backoffice.audiences.tree import AudienceTree, Group, Node, decode
from backoffice.audiences.waterfall import Step, StepCode, Waterfall, waterfall
from backoffice.audit.services import Doing
from backoffice.bulk import execute_many
from backoffice.campaigns.build import series_id
from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.consent.kinds import Purpose
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.organisations.models import Organisation
from backoffice.sync_api.coupons import assign_coupons
from backoffice.sync_api.models import Coupon

TREATED: Final = "treated"
HELD_OUT: Final = "held_out"
Outcome = Literal["given", "held_out", "has_one", "not_running"]
"""What became of giving one member a coupon."""


@dataclass(frozen=True)
class Given:
    """The filter of a version as it was used, and where people were lost. `treated`, `held_out`: until now, in all."""

    audience: CampaignAudience
    steps: tuple[Step, ...]
    treated: int
    held_out: int


def tree_of(session: Session, organisation_id: str, form: CampaignForm) -> AudienceTree:
    """Everybody whom a form names, less whom it leaves out, as one tree. InputError: a segment is no longer there."""
    parts: list[Node] = []
    if form.audience_groups:
        parts.append(InGroup(group_ids=form.audience_groups))
    members = form.audience_members
    parts += [Chosen(member_ids=members[start : start + VALUES_MAX]) for start in range(0, len(members), VALUES_MAX)]
    roots = [_root_of(session, organisation_id, form.audience_segment)] if form.audience_segment else []
    roots += [form.audience_tree.root] if form.audience_own else []
    meant = Group(join="any", parts=(*parts, *roots))
    if any(not root.said() for root in roots):
        meant = Group()  # a group that says nothing means everybody
    if not form.audience_not_segment:
        return AudienceTree(root=meant)
    left_out = _root_of(session, organisation_id, form.audience_not_segment)
    if not left_out.said():
        raise InputError(_("The segment that is left out means every member: nobody would be left."))
    return AudienceTree(root=Group(parts=(meant, Group(join="none", parts=(left_out,)))))


def _root_of(session: Session, organisation_id: str, segment_id: str) -> Group:
    segment = get_segment(session, organisation_id, segment_id)
    if segment is None:
        raise InputError(_("The segment of this campaign is no longer there. Choose another one."))
    return decode(segment.tree).root


def resolved(
    session: Session, organisation_id: str, form: CampaignForm, now: datetime, seed: str
) -> tuple[AudienceTree, Waterfall]:
    """Who would get the coupon now, and who is held out. InputError: the audience cannot be asked."""
    tree = tree_of(session, organisation_id, form)
    by_hand = removals_of(session, organisation_id, form.audience_segment) if form.audience_segment else ()
    removed = {*by_hand, *form.audience_not_members}
    found = waterfall(
        session, organisation_id, tree, None, Purpose.MARKETING, now, form.hold_out_percent, seed, removed
    )
    return tree, found


def give_coupons(session: Session, doing: Doing, campaign_id: str, form: CampaignForm) -> int:
    """Put a coupon on the card of every chosen member who has no part in the campaign yet; returns how many.

    InputError: nobody is chosen, or the segment is no longer there.
    """
    if form.kind != "coupon":
        return 0
    if not form.has_audience:
        raise InputError(_("Choose the groups or members who get the coupon."))
    organisation_id, now = doing.organisation_id, doing.clock.now()
    campaign = session.get_one(Campaign, (organisation_id, campaign_id))
    seed = _seed(session, organisation_id, campaign_id) or doing.ids.new_id()
    tree, found = resolved(session, organisation_id, form, now, seed)
    _keep_filter(session, doing, campaign, form, tree, found, seed)
    parts = set(
        session.scalars(
            select(CampaignMember.member_id).where(
                CampaignMember.organisation_id == organisation_id, CampaignMember.campaign_id == campaign_id
            )
        )
    )
    series = series_id(campaign_id)
    holders = set(
        session.scalars(
            select(Coupon.member_id).where(Coupon.organisation_id == organisation_id, Coupon.series_id == series)
        )
    )
    fresh = [each for each in found.members if each not in parts and each not in holders]
    held_out = [each for each in found.held_out if each not in parts and each not in holders]
    rows = [
        {
            "organisation_id": organisation_id,
            "campaign_id": campaign_id,
            "member_id": member_id,
            "arm": arm,
            "version": campaign.last_version,
            "at": now,
        }
        for arm, ids in ((TREATED, fresh), (HELD_OUT, held_out))
        for member_id in ids
    ]
    execute_many(session, insert(CampaignMember), rows)
    assign_coupons(
        session,
        doing.clock,
        doing.ids,
        organisation_id,
        campaign_id,
        series,
        fresh,
        form.starts_on,
        form.ends_on,
    )
    return len(fresh)


def give_to_member(session: Session, doing: Doing, campaign_id: str, member_id: str) -> Outcome:
    """Put a coupon of a running campaign on one member's card, as its published version says.

    A part that was drawn once stays; a treated member who holds no open coupon of it gets another one.
    """
    organisation_id, now = doing.organisation_id, doing.clock.now()
    campaign = session.get(Campaign, (organisation_id, campaign_id))
    if campaign is None or campaign.state != "live" or campaign.live_version is None:
        return "not_running"
    version = session.get_one(CampaignVersion, (organisation_id, campaign_id, campaign.live_version))
    form = load_form(version.form)
    if form.kind != "coupon" or version.ends_on < scope_of(session, organisation_id, now).today:
        return "not_running"
    series = series_id(campaign_id)
    if _holds_one(session, organisation_id, series, member_id):
        return "has_one"
    if standing_of(session, organisation_id).holds_out(member_id):
        return "held_out"
    part = session.get(CampaignMember, (organisation_id, campaign_id, member_id))
    if part is None:
        drawn = is_held_out(_seed(session, organisation_id, campaign_id), member_id, form.hold_out_percent)
        part = CampaignMember(
            organisation_id=organisation_id,
            campaign_id=campaign_id,
            member_id=member_id,
            arm=HELD_OUT if drawn else TREATED,
            version=campaign.live_version,
            at=now,
        )
        session.add(part)
        session.flush()
    if part.arm == HELD_OUT:
        return "held_out"
    valid = (form.starts_on, form.ends_on)
    assign_coupons(session, doing.clock, doing.ids, organisation_id, campaign_id, series, [member_id], *valid)
    return "given"


def _holds_one(session: Session, organisation_id: str, series: str, member_id: str) -> bool:
    found = session.scalar(
        select(Coupon.coupon_id)
        .where(
            Coupon.organisation_id == organisation_id,
            Coupon.series_id == series,
            Coupon.member_id == member_id,
            Coupon.state == "open",
        )
        .limit(1)
    )
    return found is not None


def given(session: Session, organisation_id: str, campaign_id: str) -> Given | None:
    """What the newest version was given to; None before the first, and where no coupons are given to cards."""
    audience = session.scalars(
        select(CampaignAudience)
        .where(CampaignAudience.organisation_id == organisation_id, CampaignAudience.campaign_id == campaign_id)
        .order_by(CampaignAudience.version.desc())
        .limit(1)
    ).first()
    if audience is None:
        return None
    arms = session.execute(
        select(CampaignMember.arm, func.count())
        .where(CampaignMember.organisation_id == organisation_id, CampaignMember.campaign_id == campaign_id)
        .group_by(CampaignMember.arm)
    )
    counts = {row[0]: row[1] for row in arms}
    stored = msgspec.json.decode(audience.steps, type=list[tuple[StepCode, int]])
    steps = tuple(Step(code, count) for code, count in stored)
    return Given(audience, steps, counts.get(TREATED, 0), counts.get(HELD_OUT, 0))


def members_held_out(session: Session, organisation_id: str, campaign_id: str) -> Sequence[str]:
    """Who is held out of a campaign, by id."""
    return session.scalars(
        select(CampaignMember.member_id)
        .where(
            CampaignMember.organisation_id == organisation_id,
            CampaignMember.campaign_id == campaign_id,
            CampaignMember.arm == HELD_OUT,
        )
        .order_by(CampaignMember.member_id)
    ).all()


def _seed(session: Session, organisation_id: str, campaign_id: str) -> str:
    """The seed of the first version, for all later ones; empty before it."""
    return (
        session.scalars(
            select(CampaignAudience.seed)
            .where(CampaignAudience.organisation_id == organisation_id, CampaignAudience.campaign_id == campaign_id)
            .limit(1)
        ).first()
        or ""
    )


def _keep_filter(
    session: Session,
    doing: Doing,
    campaign: Campaign,
    form: CampaignForm,
    tree: AudienceTree,
    found: Waterfall,
    seed: str,
) -> None:
    organisation = session.get_one(Organisation, doing.organisation_id)
    segment = get_segment(session, doing.organisation_id, form.audience_segment) if form.audience_segment else None
    session.merge(
        CampaignAudience(
            organisation_id=doing.organisation_id,
            campaign_id=campaign.campaign_id,
            version=campaign.last_version,
            segment_id=form.audience_segment,
            segment_name=segment.name if segment else "",
            tree=tree.encode(),
            in_words=tree.in_words(organisation.language, tree.names(session, doing.organisation_id)),
            steps=msgspec.json.encode([(step.code.value, step.count) for step in found.steps]).decode(),
            hold_out_percent=form.hold_out_percent,
            seed=seed,
            resolved_at=doing.clock.now(),
        )
    )
    session.flush()
