"""What each kind of step does to a member, in the transaction of the one who takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.campaigns.giving import give_to_member
from backoffice.errors import InputError
from backoffice.flows.answers import Answers
from backoffice.flows.form import ChangeGroup, Check, End, GiveCoupon, Send, Wait, WaitUntil
from backoffice.flows.models import Flow, FlowPlace
from backoffice.flows.plan import Placed, Plan
from backoffice.flows.states import What
from backoffice.i18n import gettext as _
from backoffice.members import counts
from backoffice.members.feed import tell_members
from backoffice.members.models import MemberGroup, MemberInGroup
from backoffice.messaging.joining import Joining, join


@dataclass(frozen=True)
class Done:
    """What came of a step, and which one comes next; empty: none."""

    what: What
    next_id: str
    detail: str = ""


@dataclass(frozen=True)
class Acting:
    """Whose step is taken: the flow, its version's plan, and the answers to its questions."""

    doing: Doing
    flow: Flow
    plan: Plan
    answers: Answers


def take(tx: Session, acting: Acting, place: FlowPlace, placed: Placed) -> Done:
    """Take a step. InputError: it cannot be taken as things are."""
    step, next_id = placed.step, placed.yes_id
    match step:
        case Send():
            reason = _send(tx, acting, place, step)
            done = Done(What.NOT_SENT if reason else What.SENT, next_id, reason)
        case Wait() | WaitUntil():
            done = Done(What.WAITED, next_id)
        case Check():
            tree = acting.plan.trees[step.step_id]
            holds = acting.answers.holds(tx, acting.doing, tree, place.member_id)
            done = Done(What.YES, placed.yes_id) if holds else Done(What.NO, placed.no_id)
        case GiveCoupon():
            outcome = give_to_member(tx, acting.doing, step.campaign_id, place.member_id)
            if outcome == "not_running":
                raise InputError(_("The campaign of this step does not run."))
            acting.answers.forget(place.member_id)
            done = Done(What.COUPON if outcome == "given" else What.NO_COUPON, next_id, outcome)
        case ChangeGroup():
            _change_group(tx, acting.doing, step, place.member_id)
            acting.answers.forget(place.member_id)
            done = Done(What.OUT_OF_GROUP if step.leaves else What.INTO_GROUP, next_id, step.group_id)
        case End():
            done = Done(What.FINISHED, "")
        case _:
            assert_never(step)
    return done


def _send(tx: Session, acting: Acting, place: FlowPlace, step: Send) -> str:
    """Why no message goes out; empty when one does. One mailing for all who take the step on the same day (UTC)."""
    flow, now = acting.flow, acting.doing.clock.now()
    wanted = Joining(
        source=flow.flow_id,
        key=f"{flow.flow_id}:{place.version}:{step.step_id}:{now:%Y-%m-%d}",
        name=flow.name,
        purpose=acting.plan.form.purpose,
        rule=step.rule,
        content=acting.plan.contents[step.step_id],
    )
    return join(tx, acting.doing, wanted, place.member_id)


def _change_group(tx: Session, doing: Doing, step: ChangeGroup, member_id: str) -> None:
    if tx.get(MemberGroup, (doing.organisation_id, step.group_id)) is None:
        raise InputError(_("The group of this step is no longer there."))
    known = tx.get(MemberInGroup, (doing.organisation_id, member_id, step.group_id))
    if step.leaves and known is not None:
        tx.delete(known)
        counts.change(tx, doing.organisation_id, {step.group_id: -1})
    elif not step.leaves and known is None:
        tx.add(MemberInGroup(organisation_id=doing.organisation_id, member_id=member_id, group_id=step.group_id))
        counts.change(tx, doing.organisation_id, {step.group_id: 1})
    else:
        return
    tx.flush()
    tell_members(tx, doing.organisation_id, [member_id])
