"""Integer money: minor units of one currency, VAT in basis points, shares by largest remainder.

Laws: no float; every split sums exactly to what was split; a division is rounded once, at a stated place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pos_engine.core.document import document

BASIS_POINTS_WHOLE = 10_000
"""100 % in basis points."""

CASH = "cash"
"""The kind of tender that is rounded to the cash step."""


@document
@dataclass(frozen=True)
class Tariff:
    """How an organisation counts money.

    currency: ISO 4217 code. cash_step_minor: smallest cash step in minor units (5 in Switzerland, 1 in the euro area).
    prices_include_tax: whether shelf prices contain VAT. unknown_vat_bp: rate, in basis points, of a line whose
    product is not known.
    """

    currency: str = "EUR"
    cash_step_minor: int = 1
    prices_include_tax: bool = True
    unknown_vat_bp: int = 0


_EXPONENT_BY_CURRENCY: dict[str, int] = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),  # noqa: SIM905 - reads as in ISO 4217
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""ISO 4217 list one, "minor unit"; every other currency has 2."""


def currency_exponent(currency: str) -> int:
    """Decimals of a currency by ISO 4217: minor units count 10 to the minus this."""
    return _EXPONENT_BY_CURRENCY.get(currency, 2)


def divide_half_up(numerator: int, denominator: int) -> int:
    """Numerator / denominator to the nearest integer, halves away from zero. The denominator is positive."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def share_by_largest_remainder(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split a total in proportion to non-negative weights; the shares sum to the total exactly.

    Cents left over by rounding down go to the largest remainders, ties to the earlier weight. All weights zero:
    ValueError unless the total is zero, because nothing could carry it.
    """
    whole = sum(weights)
    if whole == 0:
        if total_minor != 0:
            message = "a total cannot be shared over weights that are all zero"
            raise ValueError(message)
        return [0] * len(weights)
    sign = -1 if total_minor < 0 else 1
    magnitude = abs(total_minor)
    shares = [magnitude * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(magnitude * weights[i] % whole), i))
    for i in order[: magnitude - sum(shares)]:
        shares[i] += 1
    return [sign * share for share in shares]


def tax_inside(gross_minor: int, vat_bp: int) -> int:
    """The VAT contained in a tax-inclusive amount, half up, in minor units."""
    return divide_half_up(gross_minor * vat_bp, BASIS_POINTS_WHOLE + vat_bp)


def tax_on_top(net_minor: int, vat_bp: int) -> int:
    """The VAT to add to a tax-exclusive amount, half up, in minor units."""
    return divide_half_up(net_minor * vat_bp, BASIS_POINTS_WHOLE)


def cash_rounding(due_minor: int, tenders: Iterable[tuple[str, int]], step_minor: int) -> int:
    """What is added to the part of a sale that is settled in cash, so that coins can pay it: nearest step, half up.

    `tenders`: kind and amount of each. Nothing without a tender of kind `cash`. The sale itself stays exact: VAT,
    discounts and totals never know of it.
    """
    settled = tuple(tenders)
    in_cash_minor = due_minor - sum(amount_minor for kind, amount_minor in settled if kind != CASH)
    if in_cash_minor * due_minor <= 0 or all(kind != CASH for kind, _ in settled):
        return 0
    return divide_half_up(in_cash_minor, step_minor) * step_minor - in_cash_minor
