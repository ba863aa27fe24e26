"""What the plain rewards take off, in straight integer arithmetic: the same cents as the rewards themselves give.

Law: each function gives exactly what its reward's `pick` and `amounts` give without floor, ceiling and budget.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.allocate import allocate
from pos_engine.core.money import BASIS_POINTS_WHOLE


def spread(total_minor: int, values: Sequence[int], rates: Sequence[int]) -> list[int]:
    """Share a discount of at most the sum of the values over units that have no floor, by value inside VAT rates."""
    if len(values) == 1:
        return [total_minor]
    if rates.count(rates[0]) < len(rates):
        return allocate(total_minor, values, values, rates)
    whole = sum(values)
    shares = [total_minor * value // whole for value in values]
    missing = total_minor - sum(shares)
    if missing:
        # A sort that is stable leaves ties to the earlier unit.
        order = sorted(range(len(values)), key=[-(total_minor * value % whole) for value in values].__getitem__)
        for i in order[:missing]:
            shares[i] += 1
    return shares


def percent_of(value_minor: int, percent_bp: int, *, down: bool) -> int:
    """A part of a value that is not negative, rounded half up or down."""
    exact = value_minor * percent_bp
    return exact // BASIS_POINTS_WHOLE if down else (2 * exact + BASIS_POINTS_WHOLE) // (2 * BASIS_POINTS_WHOLE)


def percent_off(
    percent_bp: int, units: Sequence[int], left: Sequence[int], vat: Sequence[int], *, down: bool
) -> list[int]:
    """A percentage of all units together, rounded once, half up or down."""
    values = [left[unit] for unit in units]
    whole = sum(values)
    total = percent_of(whole, percent_bp, down=down)
    if total <= 0:
        return []
    return spread(min(total, whole), values, [vat[unit] for unit in units])


def amount_once(amount_minor: int, units: Sequence[int], left: Sequence[int], vat: Sequence[int]) -> list[int]:
    """A sum of money over all units, never more than they cost."""
    if amount_minor <= 0:
        return []
    values = [left[unit] for unit in units]
    return spread(min(amount_minor, sum(values)), values, [vat[unit] for unit in units])


def dearest(units: list[int], left: Sequence[int], uses_max: int | None) -> list[int]:
    """The units that get a sum each: the dearest, when not all may."""
    if uses_max is None or len(units) <= uses_max:
        return units
    return sorted(units, key=lambda unit: (-left[unit], unit))[:uses_max]


def amount_each(amount_minor: int, units: Sequence[int], left: Sequence[int]) -> list[int]:
    """A sum of money on every unit, never more than it costs."""
    return [min(amount_minor, left[unit]) for unit in units] if amount_minor > 0 else []
