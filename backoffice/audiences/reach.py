"""Whether members may be written to, for all of them in one statement.

`consent.contact` decides; this says the same in the words of a database, for a hundred thousand members at once, and a
test holds the two against each other on random ledgers. Before something is sent, `contact` itself is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, exists, func, literal, select

from backoffice.audiences.scope import Scope
from backoffice.consent.contact import Reason
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.models import ConsentEntry, ConsentRequest, Suppression
from backoffice.db import Base
from backoffice.members.models import Member, MemberTrait


def reasons(scope: Scope, channel: Channel, purpose: Purpose, where: ColumnElement[bool]) -> Select[str, str]:
    """Member id and `contact.Reason` of every member that `where` holds for, in no order."""
    mark = MemberTrait.__table__.c[f"{channel.value}_mark"]
    confirmed = (
        exists()
        .where(
            ConsentRequest.organisation_id == Member.organisation_id,
            ConsentRequest.member_id == Member.member_id,
            ConsentRequest.channel == channel.value,
            ConsentRequest.address_mark == mark,
            ConsentRequest.confirmed_at <= scope.now,
        )
        .correlate(Member, MemberTrait)
    )
    judged = case(
        (ConsentEntry.decision == Decision.WITHDRAWN.value, literal(Reason.WITHDRAWN.value)),
        (mark.is_(None), literal(Reason.NO_ADDRESS.value)),
        (and_(ConsentEntry.source == Source.CONFIRMED.value, ~confirmed), literal(Reason.NOT_CONFIRMED.value)),
        else_=func.coalesce(Suppression.reason, literal(Reason.ALLOWED.value)),
    )
    decided = _latest(select(judged), scope, channel, purpose, (Member, MemberTrait, Suppression))
    return (
        select(Member.member_id, func.coalesce(decided, literal(Reason.NO_CONSENT.value)))
        .select_from(Member)
        .outerjoin(
            MemberTrait,
            and_(MemberTrait.organisation_id == Member.organisation_id, MemberTrait.member_id == Member.member_id),
        )
        .outerjoin(
            Suppression,
            and_(
                Suppression.organisation_id == Member.organisation_id,
                Suppression.channel == channel.value,
                Suppression.mark == mark,
                Suppression.at <= scope.now,
            ),
        )
        .where(Member.organisation_id == scope.organisation_id, where)
    )


def granted(scope: Scope, channel: Channel, purpose: Purpose) -> ColumnElement[bool]:
    """Whether a member's present decision for a channel and purpose allows it, reachable or not."""
    decided = _latest(select(ConsentEntry.decision), scope, channel, purpose, (Member,))
    return func.coalesce(decided, literal("")) == Decision.GRANTED.value


def _latest(
    asked: Select[str], scope: Scope, channel: Channel, purpose: Purpose, outer: Sequence[type[Base]]
) -> ScalarSelect[str]:
    """What is `asked` of the decision that counts, as `consent.ledger.latest` finds it; NULL where there is none.

    One look into the index for each member. A join with all decisions, ranked, is a little faster when the planner
    likes it, and takes minutes when it does not.
    """
    return (
        asked.where(
            ConsentEntry.organisation_id == scope.organisation_id,
            ConsentEntry.member_id == Member.member_id,
            ConsentEntry.channel == channel.value,
            ConsentEntry.purpose == purpose.value,
            ConsentEntry.given_at <= scope.now,
        )
        .order_by(ConsentEntry.given_at.desc(), ConsentEntry.entry_id.desc())
        .limit(1)
        .correlate(*outer)
        .scalar_subquery()
    )
