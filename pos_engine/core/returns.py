"""Goods come back: undo the returned units' share of the original outcome, or price again what stays.

Laws: a full return, at once or in any steps and order, refunds exactly what was paid and leaves no points; nothing
comes back twice; a refund is never below zero and never above what the goods cost at the shelf. Where no campaign
prices again, every returned unit refunds what was paid for it, to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pos_engine.core.document import document
from pos_engine.core.money import tax_inside, tax_on_top
from pos_engine.core.outcome import (
    POINTS_DISCOUNT,
    PROGRAMME,
    Outcome,
    PointsGrant,
    PointsSpent,
    StampsGrant,
    UnitShare,
    VatTotal,
)
from pos_engine.core.repricing import Sold, fitted, kept_dues, repricing_offers


class ReturnRefusedError(ValueError):
    """These units cannot come back; the text says which and why."""


@document
@dataclass(frozen=True)
class UnitPlace:
    """One unit of one line of the original receipt, counted from 0."""

    line_id: str
    unit_index: int


@document
@dataclass(frozen=True)
class ReturnedLine:
    """Units of one line that come back: those of `unit_indexes`, or any `quantity` of them.

    Any: those that were paid least first, because the customer keeps what the offer asked for as long as possible.
    """

    line_id: str
    quantity: int = 1
    unit_indexes: tuple[int, ...] = ()


@document
@dataclass(frozen=True)
class Return:
    """What comes back now, and what came back `earlier` (the units of all reversals before this one).

    points_policy negative: all points of the units are taken back. within_balance: only as many as `points_balance`
    (and the points that come back with the goods). pending_only: only as many as are still pending,
    `points_pending`. The rest is reported as missing. `earlier_due_minor`: the sum of `due_minor` over the VAT rows
    of the reversals before; it must be told where a campaign prices again.
    """

    lines: tuple[ReturnedLine, ...]
    earlier: tuple[UnitPlace, ...] = ()
    points_policy: Literal["negative", "within_balance", "pending_only"] = "negative"
    points_balance: int = 0
    points_pending: int = 0
    earlier_due_minor: int | None = None


@document
@dataclass(frozen=True)
class Reversal:
    """What a return undoes. All amounts and points are positive: so much goes back.

    `shares` are the original ledger rows of the units. `complete`: nothing of the receipt is left with the customer;
    then coupons it earned are void and coupons it redeemed are restored. `points_back`: points that were used as a
    discount on these units and go back to the member.
    """

    refund_minor: int
    units: tuple[UnitPlace, ...]
    vat: tuple[VatTotal, ...]
    shares: tuple[UnitShare, ...]
    points: tuple[PointsGrant, ...]
    points_taken: int
    points_missing: int
    stamps: tuple[StampsGrant, ...]
    void_offer_ids: tuple[str, ...]
    restored_coupon_ids: tuple[str, ...]
    complete: bool
    points_back: PointsSpent | None = None


def undo(original: Outcome, returned: Return, sold: Sold | None = None) -> Reversal:
    """Undo a return. ReturnRefusedError for units that were not sold or came back already.

    `sold`: what the receipt was priced with. Without it every campaign refunds the share.
    """
    paid = _paid(original)
    gone = set(returned.earlier)
    for place in sorted(gone, key=_order):
        if place not in paid:
            raise ReturnRefusedError(f"unit {place.unit_index} of line {place.line_id!r} was never sold")
    units = _chosen(original, returned, paid, gone)
    here, after = set(units), gone | set(units)
    complete = len(after) == len(paid)
    on_top = _tax_on_top(original, sold)
    before_minor, after_minor = _dues(original, returned, sold, gone, after)
    vat = _vat(original, here, before_minor, after_minor, on_top=on_top)
    points = tuple(_points(grant, here) for grant in original.points)
    points = tuple(grant for grant in points if grant.points)
    whole = sum(grant.points for grant in points)
    back = _points_back(original, here)
    taken = _points_taken(returned, whole, 0 if back is None else back.points)
    return Reversal(
        refund_minor=sum(rate.due_minor + (rate.tax_minor if on_top else 0) for rate in vat),
        units=units,
        vat=vat,
        shares=tuple(share for share in original.shares if UnitPlace(share.line_id, share.unit_index) in here),
        points=points,
        points_taken=taken,
        points_missing=whole - taken,
        stamps=_stamps(original.stamps, here, complete=complete),
        void_offer_ids=tuple(grant.offer_id for grant in original.coupon_grants) if complete else (),
        restored_coupon_ids=tuple(c for offer in original.applied for c in offer.redeemed_coupon_ids)
        if complete
        else (),
        complete=complete,
        points_back=back,
    )


def void(original: Outcome) -> Reversal:
    """The whole receipt is cancelled: all of it comes back, and all its points are taken."""
    return undo(original, Return(tuple(ReturnedLine(row.line_id, row.quantity) for row in original.lines)))


@document
@dataclass(frozen=True)
class Exchange:
    """Goods against goods: what comes back and what is taken instead, each priced for itself.

    `due_minor`: what the customer still pays; below zero, what he gets. `points`: what the member's account changes by.
    """

    reversal: Reversal
    sale: Outcome
    due_minor: int
    points: int


def exchange(reversal: Reversal, sale: Outcome) -> Exchange:
    """Set a return against a new purchase. The returned goods neither trigger nor receive anything in it."""
    earned = sum(grant.points for grant in sale.points)
    used = 0 if sale.points_spent is None else sale.points_spent.points
    given_back = 0 if reversal.points_back is None else reversal.points_back.points
    points = earned - used - reversal.points_taken + given_back
    return Exchange(reversal, sale, sale.total_due_minor - reversal.refund_minor, points)


Dues = dict[UnitPlace, int]
"""What each unit that is with the customer costs, without tax on top."""


def _dues(
    original: Outcome, returned: Return, sold: Sold | None, gone: set[UnitPlace], after: set[UnitPlace]
) -> tuple[Dues, Dues]:
    """What the kept units cost before this return and after it."""
    paid = _paid(original)
    before_minor = {place: cost for place, cost in paid.items() if place not in gone}
    after_minor = {place: cost for place, cost in before_minor.items() if place not in after}
    if sold is None or not repricing_offers(original, sold):
        return before_minor, after_minor
    if [(row.line_id, row.value_minor) for row in original.lines] != [
        (line.line_id, line.unit_price_minor * line.quantity) for line in sold.basket.lines
    ]:
        raise ReturnRefusedError("the goods of the original sale are not those of the original receipt")
    prices = _prices(original)
    if gone and returned.earlier_due_minor is None:
        raise ReturnRefusedError("a campaign prices again: earlier_due_minor must say what came back for earlier units")
    with_customer = sum(paid.values()) - (returned.earlier_due_minor or 0)
    if with_customer > sum(cost for place, cost in prices.items() if place not in gone):
        raise ReturnRefusedError("earlier_due_minor is too low: the goods that are left never cost so much")
    if gone:
        before_minor = _brought_to(_again(original, sold, gone), prices, with_customer)
    # Nobody is asked to pay for bringing goods back, or gets more than they cost at the shelf.
    worth = sum(prices[place] for place in after - gone)
    lowest, highest = sorted((with_customer - worth, with_customer))
    after_minor = _again(original, sold, after)
    total = max(lowest, min(highest, sum(after_minor.values())))
    fitting = _brought_to(after_minor, prices, total)
    on_top = _tax_on_top(original, sold)
    while on_top and total > 0 and _with_tax(original, fitting) > _with_tax(original, before_minor):
        # Tax on top: value that moves to a higher rate must not make the return cost the customer something.
        total -= 1
        fitting = _brought_to(after_minor, prices, total)
    return before_minor, fitting


def _again(original: Outcome, sold: Sold, gone: set[UnitPlace]) -> Dues:
    """What the kept units cost when they are priced again."""
    dues = kept_dues(original, sold, {(place.line_id, place.unit_index) for place in gone})
    return {UnitPlace(*place): cost for place, cost in dues.items()}


def _brought_to(dues: Dues, prices: Dues, total_minor: int) -> Dues:
    """The same units at another total."""
    costs = {(place.line_id, place.unit_index): cost for place, cost in dues.items()}
    shelf = {(place.line_id, place.unit_index): cost for place, cost in prices.items()}
    return {UnitPlace(*place): cost for place, cost in fitted(costs, shelf, total_minor).items()}


def _with_tax(original: Outcome, dues: Dues) -> int:
    """What the customer pays for these units in all when tax comes on top."""
    rates = {row.line_id: row.vat_bp for row in original.lines}
    net: dict[int, int] = {}
    for place, cost in dues.items():
        net[rates[place.line_id]] = net.get(rates[place.line_id], 0) + cost
    return sum(value + tax_on_top(value, rate) for rate, value in net.items())


def _points_taken(returned: Return, whole: int, back: int) -> int:
    """How many of the points that the units earned are taken back."""
    if returned.points_policy == "within_balance":
        return min(whole, max(0, returned.points_balance + back))
    return min(whole, returned.points_pending) if returned.points_policy == "pending_only" else whole


def _tax_on_top(original: Outcome, sold: Sold | None) -> bool:
    """Whether prices are without tax. Without the sale's inputs: whether any tax came on top of what was paid."""
    if sold is not None:
        return not sold.tariff.prices_include_tax
    return original.total_due_minor != original.total_value_minor - original.total_discount_minor


def _prices(original: Outcome) -> Dues:
    """What each unit cost at the shelf, in the order of the receipt."""
    return {
        UnitPlace(row.line_id, index): row.value_minor // row.quantity
        for row in original.lines
        for index in range(row.quantity)
    }


def _points_back(original: Outcome, here: set[UnitPlace]) -> PointsSpent | None:
    """The points that took something off these units; None when none did."""
    if original.points_spent is None:
        return None
    rows = [s for s in original.shares if (s.campaign_id, s.offer_id) == (PROGRAMME, POINTS_DISCOUNT)]
    amount_minor = sum(row.amount_minor for row in rows if UnitPlace(row.line_id, row.unit_index) in here)
    shares = tuple(s for s in original.points_spent.shares if UnitPlace(s.line_id, s.unit_index) in here)
    return PointsSpent(sum(share.points for share in shares), amount_minor, shares)


def _order(place: UnitPlace) -> tuple[str, int]:
    return (place.line_id, place.unit_index)


def _paid(original: Outcome) -> Dues:
    """What was paid for each unit, in the order of the receipt."""
    paid = _prices(original)
    for share in original.shares:
        paid[UnitPlace(share.line_id, share.unit_index)] -= share.amount_minor
    return paid


def _chosen(
    original: Outcome, returned: Return, paid: dict[UnitPlace, int], gone: set[UnitPlace]
) -> tuple[UnitPlace, ...]:
    """The units that come back, in the order of the receipt."""
    known = {row.line_id for row in original.lines}
    chosen: set[UnitPlace] = set()
    for line in returned.lines:
        if line.line_id not in known:
            raise ReturnRefusedError(f"line {line.line_id!r} is not on the original receipt")
        free = [p for p in paid if p.line_id == line.line_id and p not in gone and p not in chosen]
        wanted = [UnitPlace(line.line_id, index) for index in line.unit_indexes]
        if not wanted:
            wanted = sorted(free, key=lambda place: (paid[place], place.unit_index))[: line.quantity]
        if len(set(wanted)) < max(line.quantity, len(line.unit_indexes)) or not set(wanted) <= set(free):
            raise ReturnRefusedError(f"line {line.line_id!r} has only {len(free)} such units left to return")
        chosen.update(wanted)
    return tuple(place for place in paid if place in chosen)


def _vat(
    original: Outcome, here: set[UnitPlace], before_minor: Dues, after_minor: Dues, *, on_top: bool
) -> tuple[VatTotal, ...]:
    """Per rate what goes back. Its tax is what the rate's tax falls by, so that all returns give it back exactly."""
    rates = {row.line_id: row.vat_bp for row in original.lines}
    prices = _prices(original)
    tax_of = tax_on_top if on_top else tax_inside
    found: list[VatTotal] = []
    for rate in sorted(set(rates.values())):
        value = sum(prices[place] for place in here if rates[place.line_id] == rate)
        before = sum(cost for place, cost in before_minor.items() if rates[place.line_id] == rate)
        after = sum(cost for place, cost in after_minor.items() if rates[place.line_id] == rate)
        due = before - after
        if due or any(rates[place.line_id] == rate for place in here):
            found.append(VatTotal(rate, value, value - due, due, tax_of(before, rate) - tax_of(after, rate)))
    return tuple(found)


def _points(grant: PointsGrant, here: set[UnitPlace]) -> PointsGrant:
    shares = tuple(share for share in grant.shares if UnitPlace(share.line_id, share.unit_index) in here)
    points = sum(share.points for share in shares)
    return PointsGrant(grant.campaign_id, grant.campaign_version, grant.offer_id, points, shares)


def _stamps(grants: Sequence[StampsGrant], here: set[UnitPlace], *, complete: bool) -> tuple[StampsGrant, ...]:
    """Stamps given per unit go with their units, stamps given for the purchase with its last unit."""
    found: list[StampsGrant] = []
    for grant in grants:
        shares = tuple(share for share in grant.shares if UnitPlace(share.line_id, share.unit_index) in here)
        stamps = sum(share.points for share in shares) if grant.shares else grant.stamps * complete
        if stamps:
            head = (grant.campaign_id, grant.campaign_version, grant.offer_id, grant.stamp_card_id)
            found.append(StampsGrant(*head, stamps, shares))
    return tuple(found)
