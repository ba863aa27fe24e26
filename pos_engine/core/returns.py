"""Goods come back: undo exactly the returned units' share of the original outcome; what stays is never priced again.

Laws: a full return, at once or unit by unit, refunds exactly what was paid and leaves no points; every returned unit
refunds what was paid for it, to the cent; nothing comes back twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pos_engine.core.money import tax_inside, tax_on_top
from pos_engine.core.outcome import (
    POINTS_DISCOUNT,
    PROGRAMME,
    LineTotal,
    Outcome,
    PointsGrant,
    PointsSpent,
    StampsGrant,
    UnitShare,
    VatTotal,
)


class ReturnRefusedError(ValueError):
    """These units cannot come back; the text says which and why."""


@dataclass(frozen=True)
class UnitPlace:
    """One unit of one line of the original receipt, counted from 0."""

    line_id: str
    unit_index: int


@dataclass(frozen=True)
class ReturnedLine:
    """Units of one line that come back: those of `unit_indexes`, or any `quantity` of them.

    Any: those that were paid least first, because the customer keeps what the offer asked for as long as possible.
    """

    line_id: str
    quantity: int = 1
    unit_indexes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Return:
    """What comes back now, and what came back `earlier` (the units of all reversals before this one).

    points_policy negative: all points of the units are taken back. within_balance: only as many as `points_balance`
    (and the points that come back with the goods), the rest is reported as missing.
    """

    lines: tuple[ReturnedLine, ...]
    earlier: tuple[UnitPlace, ...] = ()
    points_policy: Literal["negative", "within_balance"] = "negative"
    points_balance: int = 0


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


def undo(original: Outcome, returned: Return) -> Reversal:
    """Undo the returned units' share. ReturnRefusedError for units that were not sold or came back already."""
    paid = _paid(original)
    gone = set(returned.earlier)
    for place in sorted(gone, key=_order):
        if place not in paid:
            raise ReturnRefusedError(f"unit {place.unit_index} of line {place.line_id!r} was never sold")
    units = _chosen(original, returned, paid, gone)
    here, after = set(units), gone | set(units)
    complete = len(after) == len(paid)
    vat = tuple(_vat(original, rate, units, gone) for rate in sorted({row.vat_bp for row in _rows(original, units)}))
    points = tuple(_points(grant, here) for grant in original.points)
    points = tuple(grant for grant in points if grant.points)
    whole = sum(grant.points for grant in points)
    within = returned.points_policy == "within_balance"
    back = _points_back(original, here)
    balance = returned.points_balance + (0 if back is None else back.points)
    taken = min(whole, max(0, balance)) if within else whole
    on_top = original.total_due_minor != original.total_value_minor - original.total_discount_minor
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


def _paid(original: Outcome) -> dict[UnitPlace, int]:
    """What was paid for each unit, in the order of the receipt."""
    paid: dict[UnitPlace, int] = {}
    for row in original.lines:
        for index in range(row.quantity):
            paid[UnitPlace(row.line_id, index)] = row.value_minor // row.quantity
    for share in original.shares:
        paid[UnitPlace(share.line_id, share.unit_index)] -= share.amount_minor
    return paid


def _rows(original: Outcome, units: Sequence[UnitPlace]) -> list[LineTotal]:
    rows = {row.line_id: row for row in original.lines}
    return [rows[unit.line_id] for unit in units]


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


def _vat(original: Outcome, vat_bp: int, units: Sequence[UnitPlace], gone: set[UnitPlace]) -> VatTotal:
    """One rate's part. Its tax is what the rate's tax falls by, so that all returns together give it back exactly."""
    rates = {row.line_id: row.vat_bp for row in original.lines}
    prices = {row.line_id: row.value_minor // row.quantity for row in original.lines if row.quantity}
    paid = _paid(original)
    mine = [unit for unit in units if rates[unit.line_id] == vat_bp]
    value, due = sum(prices[unit.line_id] for unit in mine), sum(paid[unit] for unit in mine)
    before = sum(cost for unit, cost in paid.items() if rates[unit.line_id] == vat_bp and unit not in gone)
    on_top = original.total_due_minor != original.total_value_minor - original.total_discount_minor
    tax_of = tax_on_top if on_top else tax_inside
    return VatTotal(vat_bp, value, value - due, due, tax_of(before, vat_bp) - tax_of(before - due, vat_bp))


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
