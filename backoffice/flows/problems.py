"""What keeps a flow from being started, in words, with the step it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from backoffice.audiences.models import Segment
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign
from backoffice.errors import InputError
from backoffice.flows.form import (
    DAYS_MAX,
    DEPTH_MAX,
    STEPS_MAX,
    ChangeGroup,
    Check,
    CouponExpires,
    EntersSegment,
    FlowForm,
    GiveCoupon,
    Send,
    Step,
    TierReached,
    Trigger,
    Wait,
    depth,
    walk,
)
from backoffice.i18n import gettext as _
from backoffice.members.models import MemberGroup
from backoffice.messaging.content import decode
from backoffice.messaging.kinds import ChannelRule
from backoffice.messaging.models import MessageTemplate

WINDOW_HOURS_MAX: Final = 30 * 24
A_DAY_MAX: Final = 100_000
AGAIN_MAX: Final = 3_660


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `step_id`: where; empty: with the flow as a whole."""

    text: str
    step_id: str = ""


def problems_of(session: Session, organisation_id: str, form: FlowForm) -> list[Problem]:
    """Everything that is wrong; empty when the flow can be started."""
    found = [*_whole(session, organisation_id, form)]
    for step in walk(form.steps):
        found += [Problem(text, step.step_id) for text in _step(session, organisation_id, step)]
    return found


def _whole(session: Session, organisation_id: str, form: FlowForm) -> Iterator[Problem]:
    missing = _missing(session, organisation_id, form.trigger)
    if missing:
        yield Problem(missing)
    days = getattr(form.trigger, "days", getattr(form.trigger, "weeks", 0))
    for value, least, most, text in (
        (days, 0, DAYS_MAX, _("A number of days lies between 0 and %(max)s.", max=DAYS_MAX)),
        (form.again_after_days, 0, AGAIN_MAX, _("A number of days lies between 0 and %(max)s.", max=AGAIN_MAX)),
        (form.hour, 0, 23, _("An hour lies between 0 and 23.")),
        (
            form.window_hours,
            1,
            WINDOW_HOURS_MAX,
            _("A step may be late by 1 to %(most)s hours.", most=WINDOW_HOURS_MAX),
        ),
        (form.most_a_day, 1, A_DAY_MAX, _("Between 1 and %(most)s people may enter on a day.", most=A_DAY_MAX)),
    ):
        if not least <= value <= most:
            yield Problem(text)
    if not form.steps:
        yield Problem(_("The flow has no steps yet."))
    if len(list(walk(form.steps))) > STEPS_MAX or depth(form.steps) > DEPTH_MAX:
        yield Problem(
            _(
                "A flow has at most %(steps)s steps, and %(depth)s questions inside each other.",
                steps=STEPS_MAX,
                depth=DEPTH_MAX,
            )
        )


def _missing(session: Session, organisation_id: str, trigger: Trigger) -> str:
    match trigger:
        case TierReached(tier_id=""):
            return _("Choose the tier that lets somebody in.")
        case EntersSegment(segment_id) if session.get(Segment, (organisation_id, segment_id)) is None:
            return _("Choose the segment that lets somebody in.")
        case CouponExpires(campaign_id=wanted) if wanted and session.get(Campaign, (organisation_id, wanted)) is None:
            return _("The campaign whose coupons end is no longer there.")
        case _:
            return ""


def _step(session: Session, organisation_id: str, step: Step) -> Iterator[str]:
    match step:
        case Send():
            yield from _template(session, organisation_id, step)
        case Wait() if not 1 <= step.days <= DAYS_MAX:
            yield _("Wait between 1 and %(max)s days.", max=DAYS_MAX)
        case Check() if step.ask == "segment" and session.get(Segment, (organisation_id, step.segment_id)) is None:
            yield _("Choose the segment that is asked about.")
        case Check() if step.ask == "conditions":
            yield from _conditions(step)
        case Check() if step.ask == "came" and not 1 <= step.days <= DAYS_MAX:
            yield _("A number of days lies between 1 and %(max)s.", max=DAYS_MAX)
        case GiveCoupon():
            campaign = session.get(Campaign, (organisation_id, step.campaign_id))
            if campaign is None or load_form(campaign.form).kind != "coupon":
                yield _("Choose the campaign whose coupon is given.")
            elif campaign.state != "live":
                yield _("The campaign “%(name)s” does not run: publish it first.", name=campaign.name)
        case ChangeGroup() if session.get(MemberGroup, (organisation_id, step.group_id)) is None:
            yield _("Choose a group.")
        case _:
            pass


def _conditions(step: Check) -> Iterator[str]:
    if not step.tree.root.said():
        yield _("Add a condition that is asked about.")
        return
    try:
        step.tree.check()
    except InputError as refused:
        yield str(refused)


def _template(session: Session, organisation_id: str, step: Send) -> Iterator[str]:
    template = session.get(MessageTemplate, (organisation_id, step.template_id))
    if template is None:
        yield _("Choose the template that is sent.")
        return
    content = decode(template.content)
    if step.rule is not ChannelRule.SMS and not any(email.subject and email.blocks for email in content.email.values()):
        yield _("The template “%(name)s” has no e-mail with a subject.", name=template.name)
    if step.rule is not ChannelRule.EMAIL and not content.sms:
        yield _("The template “%(name)s” has no text for SMS.", name=template.name)
