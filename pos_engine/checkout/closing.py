"""From a priced sale to what is recorded: the receipt's draft, the coupons it gives out; and its undoing.

Law: a void is the mirror of its sale: the same documents with every amount and count negative, so that both together
sum to nothing wherever they are added up.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta

import msgspec

from pos_engine.checkout.active_rules import CompiledSet
from pos_engine.checkout.booking import Booked, balances_before, booked, told_balances, top_up_minor
from pos_engine.checkout.priced import Priced
from pos_engine.checkout.requests import CommitRequest
from pos_engine.checkout.sale import Sale
from pos_engine.checkout.spending import Purse
from pos_engine.core.bookings import bookings_of_sale, bookings_of_void
from pos_engine.core.coupon_code import RANDOM_BYTES, make_coupon_code
from pos_engine.core.outcome import CouponGrant, Outcome, PointsShare, PointsSpent
from pos_engine.journal.outbox import ReceiptDraft
from pos_engine.ports.clock import Ids
from pos_engine.wire import documents
from pos_engine.wire.sync import IssuedCoupon, ReceiptDocument, RightUse


def issue_coupons(priced: Priced, today: date, ids: Ids) -> tuple[IssuedCoupon, ...]:
    """Number each coupon that the sale earned. Paper belongs to whoever holds it, a card's coupon to its member."""
    return tuple(_issue(grant, priced, today, ids) for grant in priced.outcome.coupon_grants)


def _issue(grant: CouponGrant, priced: Priced, today: date, ids: Ids) -> IssuedCoupon:
    # The random part of a UUIDv7 has more than the 60 bits a code needs; hashing hides its time.
    code = make_coupon_code(hashlib.sha256(ids.new_id().bytes).digest()[:RANDOM_BYTES])
    valid_from = today + timedelta(days=grant.valid_from_days)
    return IssuedCoupon(
        coupon_id=code,
        series_id=grant.series_id,
        campaign_id=grant.campaign_id,
        offer_id=grant.offer_id,
        medium=grant.medium,
        member_id=priced.member.member_id if grant.medium == "card" and priced.member is not None else "",
        valid_from=valid_from,
        valid_until=_last_day(valid_from, grant.valid_for_days),
    )


def _last_day(valid_from: date, valid_for_days: int) -> date:
    """Valid for one day means that day only."""
    return valid_from + timedelta(days=valid_for_days - 1)


def draft_of(
    sale: Sale,
    priced: Priced,
    rules: CompiledSet,
    request: CommitRequest,
    today: date,
    issued: tuple[IssuedCoupon, ...],
    booked: Booked,
) -> ReceiptDraft:
    """The receipt before it has its numbers, with everything needed to evaluate it again. `today`: the business day.

    Its reasons are not kept, they are made again when somebody looks (`receipts/explained.py`).

    The set's version names all campaigns; hashes are carried for those that gave something, for later returns.
    """
    outcome = priced.outcome
    giving = {a.campaign_id for a in outcome.applied} | {g.campaign_id for g in outcome.coupon_grants}
    return ReceiptDraft(
        business_day=today,
        sale_ref=sale.sale_ref,
        set_version=rules.set_version,
        campaign_hashes={campaign_id: rules.hashes[campaign_id] for campaign_id in sorted(giving)},
        tariff=documents.encode(rules.tariff),
        basket=documents.encode(priced.basket),
        member=documents.encode(priced.member),
        usage=documents.encode(priced.usage),
        moment=documents.encode(priced.moment),
        outcome=documents.encode(priced.outcome),
        operator=request.operator or sale.operator,
        member_id="" if priced.member is None else priced.member.member_id,
        card_id=priced.card_id,
        tenders=request.tenders,
        issued_coupons=issued,
        bookings=booked.bookings,
        balances=booked.balances,
        rights=priced.uses,
    )


def booked_by(priced: Priced, rules: CompiledSet, request: CommitRequest, today: date) -> Booked:
    """What a sale does to its member's accounts; nothing without a member."""
    tenders = [(tender.kind, tender.amount_minor) for tender in request.tenders]
    put_on_card = top_up_minor(priced.basket, rules.programme)
    return booked(priced.purse, bookings_of_sale(priced.outcome, tenders, put_on_card, rules.programme, today))


def void_draft(receipt: ReceiptDocument, business_day: date, operator: str, purse: Purse | None) -> ReceiptDraft:
    """The mirror of a closed sale. Its issued coupons are named so that they die everywhere.

    `purse`: the member's accounts now. A member that is no longer known here gets back what the receipt booked.
    """
    outcome = msgspec.json.decode(receipt.outcome, type=Outcome)
    policy = "negative" if purse is None else purse.programme.spent_points
    balances = {} if purse is None else balances_before(purse)
    undone = bookings_of_void(receipt.bookings, policy, balances, business_day).bookings
    return ReceiptDraft(
        business_day=business_day,
        sale_ref=receipt.sale_ref,
        set_version=receipt.set_version,
        campaign_hashes=receipt.campaign_hashes,
        tariff=bytes(receipt.tariff),
        basket=bytes(receipt.basket),
        member=bytes(receipt.member),
        usage=bytes(receipt.usage),
        moment=bytes(receipt.moment),
        outcome=documents.encode(mirrored(outcome)),
        kind="void",
        operator=operator,
        member_id=receipt.member_id,
        card_id=receipt.card_id,
        tenders=tuple(msgspec.structs.replace(t, amount_minor=-t.amount_minor) for t in receipt.tenders),
        issued_coupons=receipt.issued_coupons,
        bookings=undone,
        balances=() if purse is None else told_balances(purse, undone),
        rights=tuple(RightUse(use.right_id, use.campaign_id, -use.units, use.root) for use in receipt.rights),
    )


def mirrored(outcome: Outcome) -> Outcome:
    """The outcome with every amount and count negative; what it says in words stays."""
    return replace(
        outcome,
        total_value_minor=-outcome.total_value_minor,
        total_discount_minor=-outcome.total_discount_minor,
        total_due_minor=-outcome.total_due_minor,
        lines=tuple(
            replace(x, value_minor=-x.value_minor, discount_minor=-x.discount_minor, due_minor=-x.due_minor)
            for x in outcome.lines
        ),
        vat=tuple(
            replace(
                x,
                value_minor=-x.value_minor,
                discount_minor=-x.discount_minor,
                due_minor=-x.due_minor,
                tax_minor=-x.tax_minor,
            )
            for x in outcome.vat
        ),
        shares=tuple(replace(x, amount_minor=-x.amount_minor) for x in outcome.shares),
        applied=tuple(replace(x, uses=-x.uses, discount_minor=-x.discount_minor) for x in outcome.applied),
        points=tuple(replace(x, points=-x.points, shares=_mirrored(x.shares)) for x in outcome.points),
        stamps=tuple(replace(x, stamps=-x.stamps, shares=_mirrored(x.shares)) for x in outcome.stamps),
        points_spent=_mirrored_spent(outcome.points_spent),
    )


def _mirrored(shares: tuple[PointsShare, ...]) -> tuple[PointsShare, ...]:
    return tuple(replace(share, points=-share.points) for share in shares)


def _mirrored_spent(spent: PointsSpent | None) -> PointsSpent | None:
    if spent is None:
        return None
    return PointsSpent(-spent.points, -spent.amount_minor, _mirrored(spent.shares))
