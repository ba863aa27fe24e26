"""An outcome that goods come back from must add up in itself: else what was never paid would be refunded.

Lines against their units' ledger, rates against lines, offers against their rows, totals against all of them. What
cannot be seen from an outcome alone (whether the goods cost so much) is for whoever kept the receipt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pos_engine.core.money import tax_inside, tax_on_top
from pos_engine.core.outcome import POINTS_DISCOUNT, PROGRAMME, LineTotal, Outcome, PointsShare
from pos_engine.wire.bounds import UNITS_MAX
from pos_engine.wire.errors import DocumentError

Unit = tuple[str, int]
"""Line id, and the unit's number inside the line."""


def check_outcome(outcome: Outcome) -> None:
    """DocumentError at the first place that does not fit the rest."""
    lines = _lines(outcome)
    _ledger(outcome, lines)
    _offers(outcome)
    _rates(outcome)
    _totals(outcome)
    for index, points in enumerate(outcome.points):
        _shared(f"$.points[{index}]", points.points, points.shares, lines)
    for index, stamps in enumerate(outcome.stamps):
        if stamps.shares:  # stamps for the purchase as a whole belong to no unit
            _shared(f"$.stamps[{index}]", stamps.stamps, stamps.shares, lines)
    _points_spent(outcome, lines)


def _lines(outcome: Outcome) -> dict[str, LineTotal]:
    lines: dict[str, LineTotal] = {}
    units = 0
    for index, line in enumerate(outcome.lines):
        place = f"$.lines[{index}]"
        if line.line_id in lines:
            raise DocumentError(f"{place}.line_id", f"{line.line_id!r} is already the id of another line")
        units += max(0, line.quantity)
        if units > UNITS_MAX:
            raise DocumentError("$.lines", f"{units} units in all; at most {UNITS_MAX} are allowed")
        if line.value_minor != 0 and (line.quantity == 0 or line.value_minor % line.quantity):
            text = f"{line.value_minor} is not the price of {line.quantity} equal units"
            raise DocumentError(f"{place}.value_minor", text)
        _same(f"{place}.due_minor", line.due_minor, line.value_minor - line.discount_minor, "value minus discount")
        lines[line.line_id] = line
    return lines


def _ledger(outcome: Outcome, lines: dict[str, LineTotal]) -> None:
    """Rows speak of sold units at their rate, take no unit below zero, and sum to the discount of their line."""
    off: Counter[Unit] = Counter()
    discounts: Counter[str] = Counter()
    for index, share in enumerate(outcome.shares):
        place = f"$.shares[{index}]"
        line = _line_of(place, (share.line_id, share.unit_index), lines)
        _same(f"{place}.vat_bp", share.vat_bp, line.vat_bp, f"the rate of line {share.line_id!r}")
        if share.amount_minor < 0 or (share.role == "triggers" and share.amount_minor):
            raise DocumentError(f"{place}.amount_minor", f"a unit that {share.role} cannot have {share.amount_minor}")
        off[share.line_id, share.unit_index] += share.amount_minor
        discounts[share.line_id] += share.amount_minor
        price = line.value_minor // line.quantity
        if off[share.line_id, share.unit_index] > price:
            text = f"more is taken off unit {share.unit_index} of line {share.line_id!r} than its price of {price}"
            raise DocumentError(f"{place}.amount_minor", text)
    for index, line in enumerate(outcome.lines):
        given = discounts[line.line_id]
        _same(f"$.lines[{index}].discount_minor", line.discount_minor, given, "the sum of its rows in $.shares")


def _offers(outcome: Outcome) -> None:
    """What each offer gave is what its rows give; no row of an offer that did not apply."""
    given: Counter[tuple[str, int, str]] = Counter()
    for share in outcome.shares:
        given[share.campaign_id, share.campaign_version, share.offer_id] += share.amount_minor
    for index, applied in enumerate(outcome.applied):
        offer = (applied.campaign_id, applied.campaign_version, applied.offer_id)
        place = f"$.applied[{index}].discount_minor"
        _same(place, applied.discount_minor, given.pop(offer, 0), "the sum of its rows in $.shares")
    for campaign_id, _, offer_id in given:
        if (campaign_id, offer_id) != (PROGRAMME, POINTS_DISCOUNT):
            raise DocumentError("$.shares", f"offer {offer_id!r} has rows but is not in $.applied")


def _rates(outcome: Outcome) -> None:
    """One row per rate, with the sums of its lines and the tax of what is due, inside it or on top."""
    sums: dict[int, list[int]] = {}
    for line in outcome.lines:
        rate = sums.setdefault(line.vat_bp, [0, 0])
        rate[0] += line.value_minor
        rate[1] += line.discount_minor
    if [row.vat_bp for row in outcome.vat] != sorted(sums):
        raise DocumentError("$.vat", f"must have one row for each of the rates {sorted(sums)}, in this order")
    for index, row in enumerate(outcome.vat):
        place, (value, discount) = f"$.vat[{index}]", sums[row.vat_bp]
        _same(f"{place}.value_minor", row.value_minor, value, "the sum of its lines")
        _same(f"{place}.discount_minor", row.discount_minor, discount, "the sum of its lines")
        _same(f"{place}.due_minor", row.due_minor, value - discount, "value minus discount")


def _totals(outcome: Outcome) -> None:
    value = sum(line.value_minor for line in outcome.lines)
    discount = sum(line.discount_minor for line in outcome.lines)
    _same("$.total_value_minor", outcome.total_value_minor, value, "the sum of the lines")
    _same("$.total_discount_minor", outcome.total_discount_minor, discount, "the sum of the lines")
    inside = all(row.tax_minor == tax_inside(row.due_minor, row.vat_bp) for row in outcome.vat)
    on_top = all(row.tax_minor == tax_on_top(row.due_minor, row.vat_bp) for row in outcome.vat)
    if not inside and not on_top:
        raise DocumentError("$.vat", "tax_minor is neither the tax inside what is due nor the tax on top of it")
    tax = sum(row.tax_minor for row in outcome.vat)
    dues = [value - discount] * inside + [value - discount + tax] * on_top
    if outcome.total_due_minor not in dues:
        text = f"{outcome.total_due_minor} should be {dues[0]}: what the lines cost after discounts"
        raise DocumentError("$.total_due_minor", text + ("" if inside else ", with the tax on top"))


def _points_spent(outcome: Outcome, lines: dict[str, LineTotal]) -> None:
    """Points used as a discount took off what their rows in the ledger say."""
    rows = [share.amount_minor for share in outcome.shares if share.offer_id == POINTS_DISCOUNT]
    spent = outcome.points_spent
    if spent is None:
        if rows:
            raise DocumentError("$.points_spent", "is missing, though points took something off in $.shares")
        return
    _same("$.points_spent.amount_minor", spent.amount_minor, sum(rows), "the sum of its rows in $.shares")
    _shared("$.points_spent", spent.points, spent.shares, lines)


def _shared(place: str, whole: int, shares: Sequence[PointsShare], lines: dict[str, LineTotal]) -> None:
    """Shares are of sold units, none below zero, and sum to the whole."""
    for index, share in enumerate(shares):
        _line_of(f"{place}.shares[{index}]", (share.line_id, share.unit_index), lines)
        if share.points < 0:
            raise DocumentError(f"{place}.shares[{index}].points", "must not be below 0")
    _same(place, whole, sum(share.points for share in shares), "the sum of its shares")


def _line_of(place: str, unit: Unit, lines: dict[str, LineTotal]) -> LineTotal:
    line = lines.get(unit[0])
    if line is None or not 0 <= unit[1] < line.quantity:
        raise DocumentError(place, f"unit {unit[1]} of line {unit[0]!r} is not among the lines")
    return line


def _same(place: str, found: int, expected: int, what: str) -> None:
    if found != expected:
        raise DocumentError(place, f"{found} should be {expected}: {what}")
