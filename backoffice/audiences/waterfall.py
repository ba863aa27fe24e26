"""From everybody that is meant to everybody that gets it, and where the others were lost.

Law: what is matched is the sum of all that follows; each member is lost at one step only, the first that applies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audiences.holdout import is_held_out
from backoffice.audiences.reach import reasons
from backoffice.audiences.scope import scope_of
from backoffice.audiences.standing import Standing, standing_of
from backoffice.audiences.tree import AudienceTree
from backoffice.consent.contact import Reason
from backoffice.consent.kinds import Channel, Purpose
from backoffice.members.models import Member


class StepCode(StrEnum):
    """Where a member is lost, in the order of the questions; `matched` and `sent` are the two ends."""

    MATCHED = "matched"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    SUPPRESSED = "suppressed"
    CONTACTED_RECENTLY = "contacted_recently"
    TAKEN_OFF = "taken_off"
    STANDING_HOLD_OUT = "standing_hold_out"
    HOLD_OUT = "hold_out"
    SENT = "sent"


_STEP_OF: Final[Mapping[str, StepCode]] = {
    Reason.NO_CONSENT.value: StepCode.NO_CONSENT,
    Reason.WITHDRAWN.value: StepCode.NO_CONSENT,
    Reason.NOT_CONFIRMED.value: StepCode.NO_CONSENT,
    Reason.NO_ADDRESS.value: StepCode.NO_ADDRESS,
    Reason.HARD_BOUNCE.value: StepCode.SUPPRESSED,
    Reason.COMPLAINT.value: StepCode.SUPPRESSED,
    Reason.OWN_BLOCK.value: StepCode.SUPPRESSED,
}

Contacted = Callable[[Session, str, Channel, Purpose, datetime], AbstractSet[str]]
"""Who was written to so lately, by this channel, that another message would be too much: session, organisation …"""


@dataclass(frozen=True)
class Step:
    """How many members one step is about."""

    code: StepCode
    count: int


@dataclass(frozen=True)
class Waterfall:
    """The steps in their order, who gets it and who is held out, both by id."""

    steps: tuple[Step, ...]
    members: list[str]
    held_out: list[str]

    def count(self, code: StepCode) -> int:
        """The number of one step."""
        return next(step.count for step in self.steps if step.code == code)


def nobody_contacted(
    _session: Session, _organisation_id: str, _channel: Channel, _purpose: Purpose, _now: datetime
) -> AbstractSet[str]:
    """Where nothing is known of messages."""
    return frozenset()


def waterfall(  # noqa: PLR0913, PLR0917 - whose, who, how, what for, when, and what is taken off: none can be left out
    session: Session,
    organisation_id: str,
    tree: AudienceTree,
    channel: Channel | None,
    purpose: Purpose,
    now: datetime,
    hold_out_percent: int,
    seed: str,
    removed: Collection[str] = (),
    contacted: Contacted = nobody_contacted,
) -> Waterfall:
    """Resolve a tree for one channel and purpose. `channel` None: a coupon on the card, which asks for no consent.

    InputError: the tree cannot be asked.
    """
    tree.check()
    scope = scope_of(session, organisation_id, now)
    where = tree.root.holds(scope)
    if channel is None:
        query = select(Member.member_id).where(Member.organisation_id == organisation_id, where)
        found: Sequence[tuple[str, str]] = [(member_id, Reason.ALLOWED.value) for member_id in session.scalars(query)]
        lately: AbstractSet[str] = frozenset()
    else:
        found = [(each[0], each[1]) for each in session.execute(reasons(scope, channel, purpose, where))]
        lately = contacted(session, organisation_id, channel, purpose, now)
    allowed, counts = Reason.ALLOWED.value, dict.fromkeys(StepCode, 0)
    counts[StepCode.MATCHED] = len(found)
    standing = standing_of(session, organisation_id) if purpose is Purpose.MARKETING else Standing()
    off, members, held_out = frozenset(removed), [], []
    for member_id, reason in found:
        if reason != allowed:
            counts[_STEP_OF[reason]] += 1
        elif member_id in lately:
            counts[StepCode.CONTACTED_RECENTLY] += 1
        elif member_id in off:
            counts[StepCode.TAKEN_OFF] += 1
        elif standing.holds_out(member_id):
            counts[StepCode.STANDING_HOLD_OUT] += 1
        elif hold_out_percent and is_held_out(seed, member_id, hold_out_percent):
            held_out.append(member_id)
        else:
            members.append(member_id)
    counts[StepCode.HOLD_OUT], counts[StepCode.SENT] = len(held_out), len(members)
    steps = tuple(Step(code, count) for code, count in counts.items())
    return Waterfall(steps, sorted(members), sorted(held_out))
