"""Who gets which report: asking for one, ending it, and what became of the last ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.models import Grant, User
from backoffice.identity.rights import Right, may
from backoffice.organisations.models import Store
from backoffice.regular_reports.kinds import ALARMS, Every, Kind
from backoffice.regular_reports.models import ReportDelivery, ReportOrder

ORDERS_MAX: Final = 200
"""Of one organisation: more mails than anybody reads."""
SUBJECT: Final = "report_order"


@dataclass(frozen=True)
class OrderRow:
    """One order as its page shows it. `last`: what was sent most recently."""

    order: ReportOrder
    email: str
    last: ReportDelivery | None


def orders_of(session: Session, organisation_id: str, user_id: str | None = None) -> Sequence[OrderRow]:
    """The orders of one person, or of everybody, by address."""
    asked = (
        select(ReportOrder, User.email)
        .join(User, User.user_id == ReportOrder.user_id)
        .where(ReportOrder.organisation_id == organisation_id)
        .order_by(User.email, ReportOrder.kind, ReportOrder.every, ReportOrder.store_id)
    )
    rows = session.execute(asked if user_id is None else asked.where(ReportOrder.user_id == user_id)).all()
    last = _last(session, organisation_id)
    return [OrderRow(order, email, last.get(order.order_id)) for order, email in rows]


def order_report(session: Session, doing: Doing, user_id: str, kind: Kind, every: Every, store_id: str) -> ReportOrder:
    """Have a report sent to somebody. InputError: they may not see it, have it already, or there is no such report."""
    if (kind in ALARMS) != (every is Every.HAPPENS):
        raise InputError(_("This report does not come at such times."))
    if store_id and (kind in ALARMS or session.get(Store, (doing.organisation_id, store_id)) is None):
        raise InputError(_("There is no such store."))
    if receiver(session, doing.organisation_id, user_id) is None:
        raise InputError(_("Nobody of this organisation who may see reports has this address."))
    mine = select(ReportOrder).where(ReportOrder.organisation_id == doing.organisation_id)
    known = session.scalars(mine).all()
    if any((each.user_id, each.kind, each.every, each.store_id) == (user_id, kind, every, store_id) for each in known):
        raise InputError(_("This report is sent there already."))
    if len(known) >= ORDERS_MAX:
        raise InputError(_("More than %(max)s reports cannot be sent regularly.", max=ORDERS_MAX))
    order = ReportOrder(
        organisation_id=doing.organisation_id,
        order_id=doing.ids.new_id(),
        user_id=user_id,
        kind=kind.value,
        every=every.value,
        store_id=store_id,
        created_by=doing.actor,
        created_at=doing.clock.now(),
    )
    session.add(order)
    session.flush()
    doing.note(session, "report_ordered", SUBJECT, order.order_id, f"{kind} {every} {store_id}".strip())
    return order


def end_order(session: Session, doing: Doing, order_id: str) -> bool:
    """Send this report no more; False: it was not sent any more."""
    key = (ReportOrder.organisation_id == doing.organisation_id) & (ReportOrder.order_id == order_id)
    if session.scalar(select(ReportOrder.order_id).where(key)) is None:
        return False
    mine = (ReportDelivery.organisation_id == doing.organisation_id) & (ReportDelivery.order_id == order_id)
    session.execute(delete(ReportDelivery).where(mine))
    session.execute(delete(ReportOrder).where(key))
    doing.note(session, "report_ended", SUBJECT, order_id)
    return True


def receiver(session: Session, organisation_id: str, user_id: str) -> User | None:
    """Who gets a report, as long as they may enter and see figures here; else None."""
    row = session.get(Grant, (organisation_id, user_id))
    user = session.get(User, user_id)
    if row is None or user is None or not user.active or not may(row.role_name, Right.READ):
        return None
    return user


def leads_network(session: Session, organisation_id: str, user_id: str) -> bool:
    """Whether somebody may see what the organisations below sold."""
    row = session.get(Grant, (organisation_id, user_id))
    return row is not None and may(row.role_name, Right.NETWORK)


def _last(session: Session, organisation_id: str) -> Mapping[str, ReportDelivery]:
    rows = session.scalars(
        select(ReportDelivery).where(ReportDelivery.organisation_id == organisation_id).order_by(ReportDelivery.at)
    )
    return {row.order_id: row for row in rows}
