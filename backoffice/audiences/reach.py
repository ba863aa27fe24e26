"""Whether members may be written to, for all of them in one statement.

`consent.contact` decides; this says the same in the words of a database, for a hundred thousand members at once, and a
test holds the two against each other on random ledgers. Before something is sent, `contact` itself is asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, func, literal, select

from backoffice.audiences.scope import Scope
from backoffice.consent.contact import Reason
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.models import ConsentEntry, ConsentRequest, Suppression
from backoffice.members.models import Member, MemberTrait

_RANK: Final = "rank"


def reasons(scope: Scope, channel: Channel, purpose: Purpose, where: ColumnElement[bool]) -> Select[str, str]:
    """Member id and `contact.Reason` of every member that `where` holds for, in no order."""
    entry = _latest(scope.organisation_id, channel, purpose, scope.now).subquery()
    mark = MemberTrait.__table__.c[f"{channel.value}_mark"]
    confirmed = exists().where(
        ConsentRequest.organisation_id == Member.organisation_id,
        ConsentRequest.member_id == Member.member_id,
        ConsentRequest.channel == channel.value,
        ConsentRequest.address_mark == mark,
        ConsentRequest.confirmed_at <= scope.now,
    )
    reason = case(
        (entry.c.decision.is_(None), literal(Reason.NO_CONSENT.value)),
        (entry.c.decision == Decision.WITHDRAWN.value, literal(Reason.WITHDRAWN.value)),
        (mark.is_(None), literal(Reason.NO_ADDRESS.value)),
        (and_(entry.c.source == Source.CONFIRMED.value, ~confirmed), literal(Reason.NOT_CONFIRMED.value)),
        else_=func.coalesce(Suppression.reason, cast(literal(Reason.ALLOWED.value), String)),
    )
    return (
        select(Member.member_id, reason)
        .select_from(Member)
        .outerjoin(entry, and_(entry.c.member_id == Member.member_id, entry.c[_RANK] == 1))
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


def granted(scope: Scope, channel: Channel, purpose: Purpose) -> Select[str]:
    """Members whose present decision for a channel and purpose allows it, whether or not they can be reached."""
    entry = _latest(scope.organisation_id, channel, purpose, scope.now).subquery()
    return select(entry.c.member_id).where(entry.c[_RANK] == 1, entry.c.decision == Decision.GRANTED.value)


def _latest(organisation_id: str, channel: Channel, purpose: Purpose, at: datetime) -> Select[str, str, str, int]:
    """Every decision by then; the one that counts has rank 1, as `consent.ledger.latest` finds it."""
    newest = func.row_number().over(
        partition_by=ConsentEntry.member_id, order_by=(ConsentEntry.given_at.desc(), ConsentEntry.entry_id.desc())
    )
    return select(ConsentEntry.member_id, ConsentEntry.decision, ConsentEntry.source, newest.label(_RANK)).where(
        ConsentEntry.organisation_id == organisation_id,
        ConsentEntry.channel == channel.value,
        ConsentEntry.purpose == purpose.value,
        ConsentEntry.given_at <= at,
    )
