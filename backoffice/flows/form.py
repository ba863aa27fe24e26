"""A flow as one document: what lets somebody in, the steps with their branches, and the rules of the whole.

Laws: tags are permanent, fields are only added, with defaults. A step has an id that no other step of the flow had
before, so that a person's place means the same step in every version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from backoffice.audiences.tree import AudienceTree
from backoffice.consent.kinds import Purpose
from backoffice.messaging.kinds import ChannelRule

STEPS_MAX: Final = 60
DEPTH_MAX: Final = 4
"""Branches inside branches; more nobody reads."""
DAYS_MAX: Final = 366
ANY_DAY: Final = -1


class Joined(msgspec.Struct, frozen=True, tag="joined"):
    """Became a member after the flow was started."""


class Birthday(msgspec.Struct, frozen=True, tag="birthday"):
    """Has a birthday in this many days."""

    days: int = 0


class NotSeen(msgspec.Struct, frozen=True, tag="not_seen"):
    """Has not come for more than so many weeks."""

    weeks: int = 8


class PointsExpire(msgspec.Struct, frozen=True, tag="points_expire"):
    """Has points that expire within this many days."""

    days: int = 30


class TierReached(msgspec.Struct, frozen=True, tag="tier"):
    """Reached a tier."""

    tier_id: str = ""


class CouponExpires(msgspec.Struct, frozen=True, tag="coupon_expires"):
    """Holds a coupon that ends within this many days; of one campaign, or (empty) of any."""

    days: int = 7
    campaign_id: str = ""


class EntersSegment(msgspec.Struct, frozen=True, tag="segment"):
    """Meets the conditions of a saved segment."""

    segment_id: str = ""


Trigger = Joined | Birthday | NotSeen | PointsExpire | TierReached | CouponExpires | EntersSegment
TRIGGERS: Final[Mapping[str, type[Trigger]]] = {str(kind.__struct_config__.tag): kind for kind in Trigger.__args__}


class Send(msgspec.Struct, frozen=True, kw_only=True, tag="send"):
    """A message is sent, written from a template."""

    step_id: str = ""
    template_id: str = ""
    rule: ChannelRule = ChannelRule.EMAIL


class Wait(msgspec.Struct, frozen=True, kw_only=True, tag="wait"):
    """Some days pass."""

    step_id: str = ""
    days: int = 3


class WaitUntil(msgspec.Struct, frozen=True, kw_only=True, tag="wait_until"):
    """The next such hour comes, on a weekday (Monday is 0) or on any (`ANY_DAY`)."""

    step_id: str = ""
    weekday: int = ANY_DAY
    hour: int = 9


class Check(msgspec.Struct, frozen=True, kw_only=True, tag="check"):
    """Two ways: for whom it holds, and for the others.

    came: a visit within `days`. segment: its conditions. conditions: those of the step's own `tree`.
    """

    step_id: str = ""
    ask: Literal["came", "segment", "conditions"] = "came"
    days: int = 7
    segment_id: str = ""
    tree: AudienceTree = AudienceTree()
    yes: tuple[Step, ...] = ()
    no: tuple[Step, ...] = ()


class GiveCoupon(msgspec.Struct, frozen=True, kw_only=True, tag="coupon"):
    """A coupon of a running campaign comes onto the card."""

    step_id: str = ""
    campaign_id: str = ""


class ChangeGroup(msgspec.Struct, frozen=True, kw_only=True, tag="group"):
    """The member comes into a group, or (`leaves`) out of it."""

    step_id: str = ""
    group_id: str = ""
    leaves: bool = False


class End(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    """Here the flow is over for the member, whatever stands below."""

    step_id: str = ""


Step = Send | Wait | WaitUntil | Check | GiveCoupon | ChangeGroup | End
STEPS: Final[Mapping[str, type[Step]]] = {str(kind.__struct_config__.tag): kind for kind in Step.__args__}
OUTWARD: Final = (Send, GiveCoupon)
"""Steps that a member notices: one that is late asks a person first."""


GIVING: Final = (GiveCoupon,)
"""Steps that give what the shop pays for."""


class FlowForm(msgspec.Struct, frozen=True, kw_only=True):
    """The whole flow. `next_number`: of the next step that is added."""

    trigger: Trigger = Joined()
    steps: tuple[Step, ...] = ()
    next_number: int = 1
    purpose: Purpose = Purpose.MARKETING
    again_after_days: int = 0
    """A member may enter again so many days after having entered; 0: once."""
    hour: int = 9
    """Local hour at which it is looked who enters (not for joining, which counts at once)."""
    window_hours: int = 24
    """How late a step may be taken without asking."""
    most_a_day: int = 500
    """People who enter on one day; a mistake reaches no more."""
    also_present: bool = False
    """At the start, those enter too for whom the trigger holds already."""


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, those of branches after their question."""
    for step in steps:
        yield step
        if isinstance(step, Check):
            yield from walk(step.yes)
            yield from walk(step.no)


def gives(form: FlowForm) -> bool:
    """Whether any step gives what the shop pays for."""
    return any(isinstance(step, GIVING) for step in walk(form.steps))


def depth(steps: tuple[Step, ...]) -> int:
    """How many questions lie inside each other."""
    return max((1 + max(depth(step.yes), depth(step.no)) for step in steps if isinstance(step, Check)), default=0)


def decode(text: str) -> FlowForm:
    """A form as it is stored."""
    return _DECODER.decode(text)


def encode(form: FlowForm) -> str:
    """A form as it is stored."""
    return msgspec.json.encode(form).decode()


def kind_of(part: Trigger | Step) -> str:
    """The word for a trigger's or a step's kind."""
    return str(part.__struct_config__.tag)


_DECODER: Final = msgspec.json.Decoder(FlowForm)
