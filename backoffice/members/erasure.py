"""Erasing a member: everything that says who it was goes, here, on the tills and in what backups keep.

What stays names nobody: receipts and the ledger with the random id, because the books must add up, and a row that says
when, so that a backup from before that is put back is erased again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import delete, select, union, update
from sqlalchemy.orm import Session

from backoffice.audiences.rollup import forget_member
from backoffice.audit.services import Doing
from backoffice.clock import local_date
from backoffice.consent.addresses import address_of, mark_of
from backoffice.consent.kinds import Channel
from backoffice.consent.suppression import Block, suppress
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.loyalty.corrections import ADJUSTMENT
from backoffice.loyalty.ledger import NewEntry, Posted, balances_of, book
from backoffice.loyalty.models import LedgerAccount, TillPart
from backoffice.members import counts, personal
from backoffice.members.models import Card, ErasedMember, Member, MemberMerge
from backoffice.members.personal import Person
from backoffice.members.services import set_groups
from backoffice.organisations.services import stores_of
from backoffice.sync_api.changes import Entry, record_changes
from backoffice.sync_api.models import Coupon
from backoffice.vault import vault_of
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened
from backoffice.workshop.owners import forget_papers, release

ERASED: Final = "member_erased"
VALUE: Final = "value"


def erase(session: Session, doing: Doing, member_id: str) -> None:
    """Erase one member for good. InputError: it is not there, or its prepaid balance must be paid out first."""
    member = session.get(Member, (doing.organisation_id, member_id))
    if member is None:
        raise InputError(_("this member is no longer there"))
    balances = {
        unit: balance for unit, balance in balances_of(session, doing.organisation_id, member_id).items() if balance
    }
    if balances.get(VALUE, 0) > 0:
        raise InputError(_("The member has money on account. Pay it out and book that as a correction first."))
    _close_accounts(session, doing, member_id, balances)
    session.execute(
        update(Coupon)
        .where(Coupon.organisation_id == doing.organisation_id, Coupon.member_id == member_id, Coupon.state == "open")
        .values(state="void")
    )
    merged = session.scalars(
        select(MemberMerge.gone_id).where(
            MemberMerge.organisation_id == doing.organisation_id, MemberMerge.kept_id == member_id
        )
    ).all()
    forget_papers(session, doing.organisation_id, member_id)
    take_out(session, doing.organisation_id, member_id)
    for gone_id in (member_id, *merged):  # who went into this member: a backup has them apart
        _keep_erased(session, doing, gone_id)
    doing.note(session, ERASED, "member", member_id)
    told = {"member_id": member_id}
    happened(session, doing.organisation_id, EventKind.MEMBER_ERASED, [told], doing.clock.now())


def erase_and_block(session: Session, doing: Doing, member_id: str, person: Person) -> None:
    """Erase, and block the addresses first: afterwards nobody knows them. InputError: see `erase`."""
    for channel in Channel:
        if mark_of(vault_of(session), doing.organisation_id, channel, address_of(person, channel)) is not None:
            suppress(session, doing, channel, address_of(person, channel), Block.OWN_BLOCK)
    erase(session, doing, member_id)


def take_out(session: Session, organisation_id: str, member_id: str) -> None:
    """Take a member away, here and on the tills, with cards and groups; not accounts and coupons."""
    tell_gone(session, organisation_id, member_id)
    personal.forget(session, organisation_id, member_id)
    release(session, organisation_id, member_id)
    forget_member(session, organisation_id, member_id)
    set_groups(session, organisation_id, member_id, ())
    member = (Member.organisation_id == organisation_id) & (Member.member_id == member_id)
    gone = session.execute(delete(Member).where(member).returning(Member.member_id)).all()
    counts.joined(session, organisation_id, -len(gone))


def erase_again(session: Session, doing: Doing, member_ids: Iterable[str]) -> int:
    """After a backup was put back: erase whoever had been erased since; how many were there again."""
    found = 0
    for member_id in member_ids:
        if session.get(Member, (doing.organisation_id, member_id)) is not None:
            _pay_out(session, doing, member_id)
            erase(session, doing, member_id)
            found += 1
        elif session.get(ErasedMember, (doing.organisation_id, member_id)) is None:
            # This backup is from before the member came; one from between would bring the member back.
            _keep_erased(session, doing, member_id)
    return found


def _keep_erased(session: Session, doing: Doing, member_id: str) -> None:
    session.merge(ErasedMember(organisation_id=doing.organisation_id, member_id=member_id, erased_at=doing.clock.now()))


def erased_members(session: Session, organisation_id: str) -> Sequence[ErasedMember]:
    """Who was erased, as far as that can still be said: the random id and when."""
    return session.scalars(
        select(ErasedMember).where(ErasedMember.organisation_id == organisation_id).order_by(ErasedMember.member_id)
    ).all()


def _pay_out(session: Session, doing: Doing, member_id: str) -> None:
    """The money of somebody who was erased had been paid out; the backup does not know that yet."""
    value = balances_of(session, doing.organisation_id, member_id).get(VALUE, 0)
    if value > 0:
        _close_accounts(session, doing, member_id, {VALUE: value}, "paid out before the erasure")


def _close_accounts(
    session: Session, doing: Doing, member_id: str, balances: dict[str, int], reason: str = "erased"
) -> None:
    if not balances:
        return
    stores = stores_of(session, doing.organisation_id)
    day = local_date(doing.clock, stores[0].zone if stores else "UTC")
    now = doing.clock.now()
    postings = tuple(Posted(unit, ADJUSTMENT, -balance) for unit, balance in sorted(balances.items()))
    entry = NewEntry(
        f"erasure:{doing.ids.new_id()}", "adjustment", member_id, day, now, postings, actor=doing.actor, reason=reason
    )
    book(session, doing.organisation_id, [entry], now)


def tell_gone(session: Session, organisation_id: str, member_id: str) -> None:
    """Let tills forget a member, the cards, coupons and balances that are the member's now."""
    units = union(
        *(
            select(table.unit).where(table.organisation_id == organisation_id, table.owner == member_id)
            for table in (LedgerAccount, TillPart)
        )
    )
    cards = session.scalars(
        select(Card.card_id).where(Card.organisation_id == organisation_id, Card.member_id == member_id)
    )
    coupons = session.scalars(
        select(Coupon.coupon_id).where(Coupon.organisation_id == organisation_id, Coupon.member_id == member_id)
    )
    record_changes(
        session,
        organisation_id,
        [
            Entry("member", member_id, "delete"),
            Entry("member_mark", member_id, "delete"),
            *(Entry("card", card_id, "delete") for card_id in cards),
            *(Entry("coupon", coupon_id, "delete") for coupon_id in coupons),
            *(Entry("balance", f"{member_id}:{unit}", "delete") for unit in session.scalars(units)),
        ],
    )
