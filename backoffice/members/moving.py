"""Moving what belongs to one member to another: accounts by posting, never by editing; rows by their member's id.

Laws: after it nothing is left on the first member; moving again moves only what came meanwhile, as a late receipt does;
points keep their day of expiry.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backoffice.audiences.models import CampaignMember, MemberDay, MemberProductDay
from backoffice.audiences.rollup import add_days, add_units, forget_member
from backoffice.audit.services import Doing
from backoffice.bulk import put
from backoffice.cashiers.models import LateCredit
from backoffice.clock import local_date
from backoffice.loyalty.corrections import ADJUSTMENT
from backoffice.loyalty.feed import tell_balances
from backoffice.loyalty.ledger import NewEntry, Posted, balances_of, book, lines_of, movements_of
from backoffice.loyalty.models import TillPart
from backoffice.members.feed import tell_cards
from backoffice.members.merge_record import Moved
from backoffice.members.models import Card
from backoffice.members.moving_uses import move_uses, part_of
from backoffice.messaging.models import Dispatch
from backoffice.organisations.services import stores_of
from backoffice.sync_api.coupons import tell_coupons
from backoffice.sync_api.models import Coupon, Receipt
from backoffice.workshop.models import Vehicle
from pos_engine.core.bookings import POINTS, VISITS
from pos_engine.core.lots import open_lots


def move_all(session: Session, doing: Doing, source: str, target: str, reason: str) -> Moved:
    """Move everything that stands on `source` to `target`, who must be there, and tell the tills."""
    move_accounts(session, doing, source, target, reason)
    _count_visits(session, doing.organisation_id, source, target)
    moved = Moved()
    _move_rows(session, doing.organisation_id, source, target, moved)
    _move_days(session, doing.organisation_id, source, target, moved)
    move_uses(session, doing.organisation_id, source, target, moved)
    tell_cards(session, doing.organisation_id, moved.cards)
    tell_coupons(session, doing.organisation_id, moved.coupons)
    tell_all_balances(session, doing.organisation_id, target, doing.clock.now())
    return moved


def move_accounts(session: Session, doing: Doing, source: str, target: str, reason: str) -> None:
    """Book every balance away from one member and onto the other, points lot by lot."""
    balances = {unit: left for unit, left in balances_of(session, doing.organisation_id, source).items() if left}
    if not balances:
        return
    stores = stores_of(session, doing.organisation_id)
    now, day = doing.clock.now(), local_date(doing.clock, stores[0].zone if stores else "UTC")
    away = [Posted(unit, ADJUSTMENT, -amount) for unit, amount in balances.items()]
    onto = [each for unit, amount in balances.items() for each in _lots(session, doing, source, unit, amount)]
    act = doing.ids.new_id()
    entries = [
        NewEntry(
            f"merge:{act}:{seq}", ADJUSTMENT, who, day, now, tuple(postings), seq, actor=doing.actor, reason=reason
        )
        for seq, (who, postings) in enumerate(((source, away), (target, onto)))
    ]
    book(session, doing.organisation_id, entries, now)


def _lots(session: Session, doing: Doing, owner: str, unit: str, balance: int) -> list[Posted]:
    if unit != POINTS or balance < 0:
        return [Posted(unit, ADJUSTMENT, balance)]
    lines = lines_of(session, doing.organisation_id, owner, unit)
    waiting = {line.entry.entry_id: line.posting.usable_from for line in lines if line.posting.usable_from}
    left: dict[tuple[date | None, date | None], int] = defaultdict(int)
    for lot in open_lots(movements_of(lines)):
        left[lot.expires_on, waiting.get(lot.key.rstrip("+"))] += lot.left
    posted = [Posted(unit, ADJUSTMENT, amount, expires, usable) for (expires, usable), amount in left.items()]
    debt = balance - sum(each.amount for each in posted)
    return [*posted, *([Posted(unit, ADJUSTMENT, debt)] if debt else [])]


def tell_all_balances(session: Session, organisation_id: str, member_id: str, now: datetime) -> None:
    """Send every account of a member to the tills."""
    units = set(balances_of(session, organisation_id, member_id))
    units |= set(
        session.scalars(
            select(TillPart.unit).where(TillPart.organisation_id == organisation_id, TillPart.owner == member_id)
        )
    )
    tell_balances(session, organisation_id, {(member_id, unit) for unit in units}, now)


def _count_visits(session: Session, organisation_id: str, source: str, target: str) -> None:
    """Visits are no account: what tills counted of them stays theirs, and the other member gets the sum as one part."""
    visits, last = session.execute(
        select(func.sum(TillPart.amount), func.max(TillPart.last_on)).where(
            TillPart.organisation_id == organisation_id, TillPart.owner == source, TillPart.unit == VISITS
        )
    ).one()
    if visits:
        row = {
            "organisation_id": organisation_id,
            "owner": target,
            "unit": VISITS,
            "workstation_id": part_of(source),
            "epoch": 0,
            "amount": int(visits),
            "last_on": last,
        }
        put(session, TillPart, ("organisation_id", "owner", "unit", "workstation_id", "epoch"), [row])


def _move_rows(session: Session, organisation_id: str, source: str, target: str, moved: Moved) -> None:
    def move(table: Any, *columns: Any, **only: Any) -> list[Any]:  # noqa: ANN401 - a model, its columns and conditions
        rows = session.execute(
            update(table)
            .where(table.organisation_id == organisation_id, table.member_id == source, *only.get("where", ()))
            .values(member_id=target)
            .returning(*columns)
            .execution_options(synchronize_session=False)
        ).all()
        return [tuple(row) if len(columns) > 1 else row[0] for row in rows]

    moved.cards = move(Card, Card.card_id)
    moved.coupons = move(Coupon, Coupon.coupon_id)
    moved.receipts = move(Receipt, Receipt.workstation_id, Receipt.epoch, Receipt.seq)
    moved.credits = move(LateCredit, LateCredit.receipt_id)
    moved.vehicles = move(Vehicle, Vehicle.vehicle_id)
    # Of one mailing, or one campaign, only one row per member can stand: where both have one, each keeps its own.
    other = select(Dispatch.mailing_id).where(Dispatch.organisation_id == organisation_id, Dispatch.member_id == target)
    moved.dispatches = move(Dispatch, Dispatch.dispatch_id, where=(Dispatch.mailing_id.not_in(other),))
    part = select(CampaignMember.campaign_id).where(
        CampaignMember.organisation_id == organisation_id, CampaignMember.member_id == target
    )
    moved.campaigns = move(CampaignMember, CampaignMember.campaign_id, where=(CampaignMember.campaign_id.not_in(part),))


def _move_days(session: Session, organisation_id: str, source: str, target: str, moved: Moved) -> None:
    days = session.scalars(
        select(MemberDay).where(MemberDay.organisation_id == organisation_id, MemberDay.member_id == source)
    ).all()
    goods = session.scalars(
        select(MemberProductDay).where(
            MemberProductDay.organisation_id == organisation_id, MemberProductDay.member_id == source
        )
    ).all()
    moved.days = [(row.business_day, row.store_id, row.visits, row.spent_minor) for row in days]
    moved.goods = [(row.product_id, row.business_day, row.units) for row in goods]
    put_days(session, organisation_id, target, moved, 1)
    forget_member(session, organisation_id, source)


def put_days(session: Session, organisation_id: str, member_id: str, moved: Moved, sign: int) -> None:
    """Add what a member did by day (`sign` 1), or take it off again (-1)."""
    days = {(member_id, day, store_id): (sign * visits, sign * spent) for day, store_id, visits, spent in moved.days}
    add_days(session, organisation_id, days)
    add_units(session, organisation_id, {(product, member_id, day): sign * n for product, day, n in moved.goods})


def drop_visits(session: Session, organisation_id: str, source: str, target: str) -> None:
    """Take the visits of one member off the other again."""
    session.execute(
        delete(TillPart).where(
            TillPart.organisation_id == organisation_id,
            TillPart.owner == target,
            TillPart.workstation_id == part_of(source),
        )
    )
