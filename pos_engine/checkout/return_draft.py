"""The receipt of a return: the returned units' share of the sale with every amount negative, and what it books.

Laws: all returns of a sale sum to minus the sale; a return books on the account of the member who bought, card or no
card; what was paid with points or stored value goes back there first, and only then in money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from pos_engine.checkout.active_rules import CompiledSet
from pos_engine.checkout.booking import balances_before, told_balances
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.spending import Purse
from pos_engine.core.basket import Basket
from pos_engine.core.bookings import (
    POINTS,
    POINTS_TENDER,
    STAMPS,
    VALUE,
    VALUE_TENDER,
    VISITS,
    Booking,
)
from pos_engine.core.money import share_by_largest_remainder
from pos_engine.core.outcome import AppliedOffer, LineTotal, Outcome, PointsShare, PointsSpent, VatTotal
from pos_engine.core.programme import Programme, points_for
from pos_engine.core.repricing import Sold
from pos_engine.core.returns import Return, ReturnedLine, ReturnRefusedError, Reversal, UnitPlace, undo
from pos_engine.journal.outbox import ReceiptDraft
from pos_engine.wire import documents
from pos_engine.wire.returns import ReturnedBefore
from pos_engine.wire.sync import ReceiptDocument, ReturnOf, Tender


@dataclass(frozen=True)
class ComingBack:
    """A sale, its returns before, and what comes back now. `outcome`: of the sale, checked.

    `sold`: what it was priced with, where a campaign prices the kept goods again; None: nobody does.
    """

    original_id: str
    original: ReceiptDocument
    outcome: Outcome
    returns: tuple[ReturnedBefore, ...]
    lines: tuple[ReturnedLine, ...]
    sold: Sold | None = None

    @property
    def earlier(self) -> frozenset[UnitPlace]:
        """Units that came back before."""
        return frozenset(unit for row in self.returns for unit in row.units)

    def reversal(self, purse: Purse | None, today: date) -> Reversal:
        """What is undone now. ReturnRefusedError for units that are not there (any more)."""
        policy = "negative" if purse is None else purse.programme.spent_points
        pending = any(
            booking.kind == "accrual" and booking.usable_from is not None and today < booking.usable_from
            for booking in self.original.bookings
        )
        wanted_lines = self.lines or self._all_that_is_left()
        if not wanted_lines:
            raise ReturnRefusedError("all of it came back already")
        balance = 0 if purse is None else balances_before(purse).get(POINTS, 0)
        wanted = Return(
            wanted_lines,
            tuple(sorted(self.earlier, key=lambda unit: (unit.line_id, unit.unit_index))),
            policy,
            points_balance=balance,
            points_pending=sum(grant.points for grant in self.outcome.points) if pending else 0,
            earlier_due_minor=sum(row.due_minor for row in self.returns) if self.returns else None,
        )
        return undo(self.outcome, wanted, self.sold)

    def _all_that_is_left(self) -> tuple[ReturnedLine, ...]:
        here = {
            UnitPlace(row.line_id, index) for row in self.outcome.lines for index in range(row.quantity)
        } - self.earlier
        return _lines_of(frozenset(here))


def sold_with(original: ReceiptDocument, outcome: Outcome, rules: CompiledSet | None) -> Sold | None:
    """What a sale was priced with, when one of its campaigns prices the kept goods again; None when none does.

    CheckoutError when this till no longer has, or never had, the campaigns of then.
    """
    giving = {applied.campaign_id for applied in outcome.applied}
    if rules is None:
        if not giving:
            return None
        text = "This till does not have the campaigns of that day. Take the goods back at the till that sold them."
        raise CheckoutError("return_refused", text)
    if all(rules.campaigns[one].returns == "share" for one in giving if one in rules.campaigns):
        return None
    return Sold(
        tuple(rules.campaigns.values()),
        documents.decode_basket(bytes(original.basket)),
        documents.decode_moment(bytes(original.moment)),
        rules.tariff,
        documents.decode_member(bytes(original.member)),
        documents.decode_usage(bytes(original.usage)),
    )


def _lines_of(units: frozenset[UnitPlace]) -> tuple[ReturnedLine, ...]:
    by_line: dict[str, list[int]] = {}
    for unit in sorted(units, key=lambda unit: (unit.line_id, unit.unit_index)):
        by_line.setdefault(unit.line_id, []).append(unit.unit_index)
    return tuple(ReturnedLine(line_id, len(indexes), tuple(indexes)) for line_id, indexes in by_line.items())


def return_draft(
    coming: ComingBack,
    undone: Reversal,
    head: tuple[str, str, date],
    purse: Purse | None,
    programme: Programme,
    *,
    refund_tender: str,
    checked: bool,
) -> ReceiptDraft:
    """The receipt before it has its numbers. `head`: the register's reference, the operator, the business day.

    `programme`: what a point is worth now. `checked`: whether the back-office was asked before.
    """
    return_ref, operator, today = head
    original = coming.original
    tenders = tenders_of(coming, undone, refund_tender)
    bookings = _bookings(original, undone, tenders, programme) if original.member_id else ()
    basket = msgspec.json.decode(original.basket, type=Basket)
    quantities = _quantities(undone)
    kept = tuple(
        replace(line, quantity=quantities[line.line_id]) for line in basket.lines if line.line_id in quantities
    )
    return ReceiptDraft(
        business_day=today,
        sale_ref=return_ref,
        set_version=original.set_version,
        campaign_hashes=original.campaign_hashes,
        tariff=bytes(original.tariff),
        basket=documents.encode(replace(basket, lines=kept)),
        member=bytes(original.member),
        usage=bytes(original.usage),
        moment=bytes(original.moment),
        outcome=documents.encode(returned_outcome(coming.outcome, undone)),
        kind="return",
        operator=operator,
        member_id=original.member_id,
        card_id=original.card_id,
        tenders=tenders,
        bookings=bookings,
        balances=() if purse is None else told_balances(purse, bookings),
        returned=ReturnOf(
            original_id=coming.original_id,
            units=undone.units,
            due_minor=sum(rate.due_minor for rate in undone.vat),
            refund_minor=undone.refund_minor,
            checked=checked,
        ),
    )


def returned_outcome(sold: Outcome, undone: Reversal) -> Outcome:
    """The returned units as an outcome of their own, every amount negative; sums to minus the sale over all returns."""
    value = -sum(rate.value_minor for rate in undone.vat)
    due = -sum(rate.due_minor for rate in undone.vat)
    return replace(
        sold,
        total_value_minor=value,
        total_discount_minor=value - due,
        total_due_minor=-undone.refund_minor,
        lines=_line_totals(sold, undone),
        vat=tuple(
            VatTotal(rate.vat_bp, -rate.value_minor, -rate.discount_minor, -rate.due_minor, -rate.tax_minor)
            for rate in undone.vat
        ),
        shares=tuple(replace(share, amount_minor=-share.amount_minor) for share in undone.shares),
        applied=tuple(_applied(sold, undone)),
        reasons=(),
        coupon_grants=(),
        points=tuple(replace(grant, points=-grant.points, shares=_negative(grant.shares)) for grant in undone.points),
        stamps=tuple(replace(grant, stamps=-grant.stamps, shares=_negative(grant.shares)) for grant in undone.stamps),
        messages=(),
        points_spent=_negative_spent(undone.points_back),
    )


def _quantities(undone: Reversal) -> Mapping[str, int]:
    quantities: dict[str, int] = {}
    for unit in undone.units:
        quantities[unit.line_id] = quantities.get(unit.line_id, 0) + 1
    return quantities


def _line_totals(sold: Outcome, undone: Reversal) -> tuple[LineTotal, ...]:
    """Per line what comes back; where a rate refunds something else than the shares, its lines carry the difference."""
    quantities = _quantities(undone)
    lines = [row for row in sold.lines if row.line_id in quantities]
    values = {row.line_id: row.value_minor // row.quantity * quantities[row.line_id] for row in lines}
    off = dict.fromkeys(values, 0)
    for share in undone.shares:
        off[share.line_id] += share.amount_minor
    found: dict[str, LineTotal] = {}
    for rate in undone.vat:
        mine = [row for row in lines if row.vat_bp == rate.vat_bp]
        dues = [values[row.line_id] - off[row.line_id] for row in mine]
        extra = rate.due_minor - sum(dues)
        parts = share_by_largest_remainder(extra, [values[row.line_id] for row in mine]) if extra else [0] * len(mine)
        for row, due, part in zip(mine, dues, parts, strict=True):
            value, paid, count = values[row.line_id], due + part, quantities[row.line_id]
            found[row.line_id] = LineTotal(row.line_id, -value, paid - value, -paid, count, row.vat_bp)
    return tuple(found[row.line_id] for row in lines)


def _applied(sold: Outcome, undone: Reversal) -> list[AppliedOffer]:
    """What each offer gave on these units. Its uses and coupons are given back with the last unit only."""
    found = []
    for applied in sold.applied:
        rows = [s for s in undone.shares if (s.campaign_id, s.offer_id) == (applied.campaign_id, applied.offer_id)]
        if rows or undone.complete:
            found.append(
                replace(
                    applied,
                    uses=-applied.uses if undone.complete else 0,
                    discount_minor=-sum(share.amount_minor for share in rows),
                    redeemed_coupon_ids=applied.redeemed_coupon_ids if undone.complete else (),
                )
            )
    return found


def _negative(shares: tuple[PointsShare, ...]) -> tuple[PointsShare, ...]:
    return tuple(replace(share, points=-share.points) for share in shares)


def _negative_spent(spent: PointsSpent | None) -> PointsSpent | None:
    if spent is None or not spent.points:
        return None
    return PointsSpent(-spent.points, -spent.amount_minor, _negative(spent.shares))


def tenders_of(coming: ComingBack, undone: Reversal, refund_tender: str) -> tuple[Tender, ...]:
    """Points and stored value first, up to what was paid with them and not given back yet; the rest as asked."""
    before, rest = sum(row.refund_minor for row in coming.returns), undone.refund_minor
    found: list[Tender] = []
    for kind in (POINTS_TENDER, VALUE_TENDER):
        paid = sum(tender.amount_minor for tender in coming.original.tenders if tender.kind == kind)
        gone = min(before, paid)
        before -= gone
        part = min(rest, paid - gone)
        rest -= part
        if part:
            found.append(Tender(kind=kind, amount_minor=-part))
    if rest or not found:
        found.append(Tender(kind=refund_tender, amount_minor=-rest))
    return tuple(found)


def _bookings(
    original: ReceiptDocument, undone: Reversal, tenders: tuple[Tender, ...], programme: Programme
) -> tuple[Booking, ...]:
    booked: list[Booking] = []
    if undone.points_taken:
        earned = [booking for booking in original.bookings if (booking.unit, booking.kind) == (POINTS, "accrual")]
        usable_from = earned[0].usable_from if earned else None
        booked.append(Booking(POINTS, "reversal", -undone.points_taken, usable_from=usable_from))
    back = 0 if undone.points_back is None else undone.points_back.points
    for tender in tenders:
        if tender.kind == POINTS_TENDER:
            back += points_for(programme, -tender.amount_minor)
        elif tender.kind == VALUE_TENDER:
            booked.append(Booking(VALUE, "reversal", -tender.amount_minor))
    if back:
        booked.append(Booking(POINTS, "reversal", back))
    stamps: dict[str, int] = {}
    for grant in undone.stamps:
        stamps[grant.stamp_card_id] = stamps.get(grant.stamp_card_id, 0) + grant.stamps
    booked += [Booking(STAMPS + card, "reversal", -count) for card, count in sorted(stamps.items()) if count]
    if undone.complete:
        booked.append(Booking(VISITS, "reversal", -1))
    return tuple(booked)
