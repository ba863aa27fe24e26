"""Flows in the words of the page's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, assert_never

from babel.dates import get_day_names
from flask_babel import lazy_gettext as _l

from backoffice.audiences.names import Names
from backoffice.flows.form import (
    ANY_DAY,
    Birthday,
    ChangeGroup,
    Check,
    CouponExpires,
    End,
    EntersSegment,
    GiveCoupon,
    Joined,
    NotSeen,
    PointsExpire,
    Send,
    Step,
    TierReached,
    Trigger,
    Wait,
    WaitUntil,
)
from backoffice.flows.states import FLOW_ENDED, LATE, What
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.messaging.labels import RULES, reason
from backoffice.web.format import language

FLOW_STATES: Final[Mapping[str, tuple[Any, str]]] = {
    "draft": (_l("draft"), "bg-secondary-lt"),
    "running": (_l("running"), "bg-green-lt"),
    "paused": (_l("paused"), "bg-yellow-lt"),
    "ended": (_l("ended"), "bg-secondary-lt"),
}
"""State → its word and its colour."""
TRIGGER_KINDS: Final[Mapping[str, Any]] = {
    "joined": _l("Somebody becomes a member"),
    "birthday": _l("A birthday comes"),
    "not_seen": _l("Somebody stays away"),
    "points_expire": _l("Points are about to expire"),
    "tier": _l("A tier is reached"),
    "coupon_expires": _l("A coupon is about to end"),
    "segment": _l("Somebody comes into a segment"),
}
STEP_KINDS: Final[Mapping[str, tuple[Any, str]]] = {
    "send": (_l("Send a message"), "mail"),
    "wait": (_l("Wait some days"), "clock"),
    "wait_until": (_l("Wait for a day and hour"), "calendar"),
    "check": (_l("Ask something: two ways"), "filter"),
    "coupon": (_l("Give a coupon"), "ticket"),
    "group": (_l("Into a group, or out of it"), "tags"),
    "end": (_l("End here"), "stop"),
}
"""Kind → what it is called, and its picture."""
WHAT: Final[Mapping[str, Any]] = {
    What.ENTERED: _l("came in"),
    What.SENT: _l("message on its way"),
    What.NOT_SENT: _l("no message"),
    What.WAITED: _l("waited"),
    What.YES: _l("asked: yes"),
    What.NO: _l("asked: no"),
    What.COUPON: _l("got a coupon"),
    What.NO_COUPON: _l("no coupon"),
    What.INTO_GROUP: _l("came into the group"),
    What.OUT_OF_GROUP: _l("left the group"),
    What.ASKS: _l("stopped, and asks"),
    What.FINISHED: _l("is through"),
    What.MOVED_ON: _l("moved on by hand"),
    What.SKIPPED: _l("step left out by hand"),
    What.TAKEN_OUT: _l("taken out"),
}
PLACE_STATES: Final[Mapping[str, Any]] = {
    "waiting": _l("in the flow"),
    "asks": _l("asks what to do"),
    "done": _l("through"),
    "out": _l("taken out"),
}
_DETAILS: Final[Mapping[str, Any]] = {
    LATE: _l("too late to go on by itself"),
    FLOW_ENDED: _l("the flow was ended"),
    "given": "",
    "held_out": _l("held out by lot"),
    "has_one": _l("has one already"),
}


def weekday(number: int) -> str:
    """A weekday's name; Monday is 0."""
    return str(get_day_names("wide", locale=language())[number])


def trigger_words(trigger: Trigger, names: Names, segments: Mapping[str, str]) -> str:
    """What lets somebody in, as a sentence. `segments`: id → name."""
    match trigger:
        case Joined():
            said = _("Somebody becomes a member")
        case Birthday(0):
            said = _("It is the birthday")
        case Birthday(days):
            said = ngettext("Tomorrow is the birthday", "The birthday is in %(num)s days", days)
        case NotSeen(weeks):
            said = ngettext("No visit for more than a week", "No visit for more than %(num)s weeks", weeks)
        case PointsExpire(days):
            said = ngettext("Points expire today or tomorrow", "Points expire within %(num)s days", days)
        case TierReached(tier_id):
            said = _("The tier “%(tier)s” is reached", tier=names.tiers.get(tier_id, "…"))
        case CouponExpires(days):
            said = ngettext("A coupon ends today or tomorrow", "A coupon ends within %(num)s days", days)
        case EntersSegment(segment_id):
            said = _("Somebody comes into “%(segment)s”", segment=segments.get(segment_id, "…"))
        case _:
            assert_never(trigger)
    return said


def step_words(step: Step, names: Names, segments: Mapping[str, str], templates: Mapping[str, str]) -> str:
    """What a step does, as a sentence. `segments`, `templates`: id → name."""
    match step:
        case Send():
            said = f"{RULES[step.rule]}: “{templates.get(step.template_id, '…')}”"
        case Wait() | WaitUntil():
            said = _wait_words(step)
        case Check(ask="conditions"):
            said = _("Does this hold? %(conditions)s", conditions=_conditions(step, names))
        case Check():
            came = ngettext("Came today?", "Came in the last %(num)s days?", step.days)
            into = _("In the segment “%(segment)s”?", segment=segments.get(step.segment_id, "…"))
            said = came if step.ask == "came" else into
        case GiveCoupon():
            said = _("Coupon of “%(campaign)s”", campaign=names.campaigns.get(step.campaign_id, "…"))
        case ChangeGroup():
            group = names.groups.get(step.group_id, "…")
            said = (
                _("Out of the group “%(group)s”", group=group)
                if step.leaves
                else _("Into the group “%(group)s”", group=group)
            )
        case End():
            said = _("End")
        case _:
            assert_never(step)
    return said


def _conditions(step: Check, names: Names) -> str:
    """The conditions of a step in one line; the first line of several says how they go together."""
    lines = [line for _depth, line in step.tree.root.lines(names)]
    return lines[1] if len(lines) == 2 and step.tree.root.join != "none" else " · ".join(lines)  # noqa: PLR2004 - a title and one condition


def _wait_words(step: Wait | WaitUntil) -> str:
    if isinstance(step, Wait):
        return ngettext("Wait a day", "Wait %(num)s days", step.days)
    if step.weekday == ANY_DAY:
        return _("Wait until it is %(hour)s:00", hour=step.hour)
    return _("Wait until %(weekday)s, %(hour)s:00", weekday=weekday(step.weekday), hour=step.hour)


def needs_campaigns() -> str:
    """Why somebody who may write messages cannot start a flow."""
    return _("This flow gives coupons, which cost the shop money: somebody who may run campaigns has to start it.")


def detail_words(detail: str) -> str:
    """Why something was so, in words; a person's own words, and names of groups, as they are."""
    known = _DETAILS.get(detail)
    return str(known) if known is not None else reason(detail)
