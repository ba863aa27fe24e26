"""Undoing a merge: the member who went is there again, with what was moved, where nothing has happened since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from backoffice.audiences.models import CampaignMember
from backoffice.audit.services import Doing
from backoffice.cashiers.models import LateCredit
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, latest, record_many
from backoffice.consent.models import ConsentEntry
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.loyalty.corrections import ADJUSTMENT
from backoffice.loyalty.ledger import NewEntry, Posted, book
from backoffice.loyalty.models import LedgerEntry, LedgerPosting
from backoffice.members import counts, personal, services
from backoffice.members.duplicates import plan_search
from backoffice.members.feed import tell_cards, tell_members
from backoffice.members.merge_record import Before, Was
from backoffice.members.merging import REASON, may_undo, opened
from backoffice.members.models import Card, Member, MemberMerge
from backoffice.members.moving import drop_visits, put_days, tell_all_balances
from backoffice.members.moving_uses import take_back_uses
from backoffice.messaging.models import Dispatch
from backoffice.sync_api.coupons import tell_coupons
from backoffice.sync_api.models import Coupon, Receipt
from backoffice.workshop.models import Vehicle


def unmerge(session: Session, doing: Doing, merge_id: str) -> str:
    """Undo a merge; the id of the member who is there again. InputError: not any more, and why."""
    row = session.get(MemberMerge, (doing.organisation_id, merge_id))
    if row is None or not may_undo(row, doing):
        raise InputError(_("This merge cannot be undone any more."))
    if _moved_since(session, doing.organisation_id, row):
        raise InputError(_("Something has happened with this member since; the merge stays as it is."))
    before = opened(session, doing.organisation_id, row)
    kept, gone = before.kept, before.gone
    _restore(session, doing, kept, new=False)
    if services.find_by_number(session, doing.organisation_id, gone.number) is not None:
        raise InputError(_("Another member has the number %(number)s by now.", number=gone.number))
    _restore(session, doing, gone, new=True)
    _take_back_rows(session, doing.organisation_id, before)
    put_days(session, doing.organisation_id, gone.member_id, before.moved, 1)
    put_days(session, doing.organisation_id, kept.member_id, before.moved, -1)
    drop_visits(session, doing.organisation_id, gone.member_id, kept.member_id)
    take_back_uses(session, doing.organisation_id, gone.member_id, kept.member_id, before.moved)
    _book_back(session, doing, row)
    _take_back_grants(session, doing, before)
    row.undone_at = doing.clock.now()
    row.sealed = b""
    session.flush()
    tell_members(session, doing.organisation_id, [kept.member_id, gone.member_id])
    tell_cards(session, doing.organisation_id, before.moved.cards)
    tell_coupons(session, doing.organisation_id, before.moved.coupons)
    for member_id in (kept.member_id, gone.member_id):
        tell_all_balances(session, doing.organisation_id, member_id, doing.clock.now())
        doing.note(session, "merge_undone", "member", member_id)
    plan_search(session, doing)
    return gone.member_id


def _moved_since(session: Session, organisation_id: str, row: MemberMerge) -> bool:
    """Whether the kept member bought, was changed, was written to or decided anything after the merge."""
    since: datetime = row.merged_at
    both = (row.kept_id, row.gone_id)
    questions = (
        select(Receipt.seq).where(
            Receipt.organisation_id == organisation_id, Receipt.member_id.in_(both), Receipt.received_at > since
        ),
        select(LedgerEntry.entry_id).where(
            LedgerEntry.organisation_id == organisation_id,
            LedgerEntry.member_id.in_(both),
            LedgerEntry.booked_at > since,
        ),
        select(Member.member_id).where(
            Member.organisation_id == organisation_id, Member.member_id == row.kept_id, Member.updated_at > since
        ),
        select(Card.card_id).where(
            Card.organisation_id == organisation_id, Card.member_id == row.kept_id, Card.changed_at > since
        ),
        select(ConsentEntry.entry_id).where(
            ConsentEntry.organisation_id == organisation_id,
            ConsentEntry.member_id.in_(both),
            ConsentEntry.recorded_at > since,
        ),
        select(Dispatch.dispatch_id).where(
            Dispatch.organisation_id == organisation_id, Dispatch.member_id == row.kept_id, Dispatch.state_at > since
        ),
        select(Coupon.coupon_id).where(
            Coupon.organisation_id == organisation_id, Coupon.member_id == row.kept_id, Coupon.issued_at > since
        ),
        select(MemberMerge.merge_id).where(
            MemberMerge.organisation_id == organisation_id,
            MemberMerge.kept_id == row.kept_id,
            MemberMerge.merge_id > row.merge_id,
            MemberMerge.undone_at.is_(None),
        ),
    )
    return any(session.execute(question.limit(1)).first() is not None for question in questions)


def _restore(session: Session, doing: Doing, member: Was, *, new: bool) -> None:
    if new:
        row = Member(organisation_id=doing.organisation_id, member_id=member.member_id)
        session.add(row)
    else:
        row = session.get_one(Member, (doing.organisation_id, member.member_id))
    row.number, row.language, row.tier = member.number, member.language, member.tier
    row.receipts_by_mail, row.created_at, row.updated_at = (
        member.receipts_by_mail,
        member.created_at,
        doing.clock.now(),
    )
    session.flush()
    if new:
        counts.joined(session, doing.organisation_id, 1)
    personal.save(session, doing.organisation_id, member.member_id, member.person)
    known = {group.group_id for group in services.groups_of(session, doing.organisation_id)}
    services.set_groups(
        session, doing.organisation_id, member.member_id, [group for group in member.groups if group in known]
    )


def _take_back_rows(session: Session, organisation_id: str, before: Before) -> None:
    moved, gone_id = before.moved, before.gone.member_id
    parts: tuple[tuple[Any, Any, list[Any]], ...] = (
        (Card, Card.card_id, moved.cards),
        (Coupon, Coupon.coupon_id, moved.coupons),
        (Receipt, tuple_(Receipt.workstation_id, Receipt.epoch, Receipt.seq), moved.receipts),
        (LateCredit, LateCredit.receipt_id, moved.credits),
        (Vehicle, Vehicle.vehicle_id, moved.vehicles),
        (Dispatch, Dispatch.dispatch_id, moved.dispatches),
        (CampaignMember, CampaignMember.campaign_id, moved.campaigns),
    )
    for table, key, values in parts:
        for start in range(0, len(values), 300):
            session.execute(
                update(table)
                .where(
                    table.organisation_id == organisation_id,
                    table.member_id == before.kept.member_id,
                    key.in_(values[start : start + 300]),
                )
                .values(member_id=gone_id)
                .execution_options(synchronize_session=False)
            )


def _book_back(session: Session, doing: Doing, row: MemberMerge) -> None:
    """Counter-bookings of what the merge booked on both members."""
    now = doing.clock.now()
    entries = session.scalars(
        select(LedgerEntry).where(
            LedgerEntry.organisation_id == doing.organisation_id,
            LedgerEntry.member_id.in_((row.kept_id, row.gone_id)),
            LedgerEntry.reason == REASON,
            LedgerEntry.booked_at == row.merged_at,
        )
    ).all()
    back = []
    for entry in entries:
        postings = session.scalars(
            select(LedgerPosting).where(
                LedgerPosting.organisation_id == doing.organisation_id,
                LedgerPosting.entry_id == entry.entry_id,
                LedgerPosting.owner == entry.member_id,
            )
        )
        posted = tuple(Posted(each.unit, ADJUSTMENT, -each.amount) for each in postings)
        back.append(
            NewEntry(
                f"undo:{entry.entry_id}",
                ADJUSTMENT,
                entry.member_id,
                entry.business_day,
                now,
                posted,
                entry.seq,
                entry.entry_id,
                doing.actor,
                REASON,
            )
        )
    book(session, doing.organisation_id, back, now)


def _take_back_grants(session: Session, doing: Doing, before: Before) -> None:
    """What the kept member was granted only by the other one; what was taken back stays taken back."""
    now = doing.clock.now()
    standing = latest(session, doing.organisation_id, [before.kept.member_id], now).get(before.kept.member_id, {})
    said = [
        Said(
            before.kept.member_id,
            Channel(channel),
            Purpose(purpose),
            Decision.WITHDRAWN,
            Source.IMPORT,
            now,
            note=REASON,
        )
        for channel, purpose in before.granted
        if (channel, purpose) in standing and standing[channel, purpose].decision == Decision.GRANTED
    ]
    record_many(session, doing, said)
