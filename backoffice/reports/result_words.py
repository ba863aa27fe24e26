"""What the figures of a result are, in words: what each one estimates, and why nothing can be said.

In English: pages and papers translate them where they show them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from babel.numbers import format_decimal

from backoffice.i18n import _l
from backoffice.measurement.answers import Why
from backoffice.web.format import language

WHY: Final[Mapping[str, str]] = {
    Why.NO_HOLD_OUT.value: _l("Nobody was held out, so nobody knows what would have come anyway."),
    Why.TOO_FEW_MEMBERS.value: _l("The smaller group has fewer than 50 members."),
    Why.TOO_FEW_EVENTS.value: _l("Too few members of the smaller group came, or too few stayed away."),
    Why.TAILS_TOO_HEAVY.value: _l("A few large purchases, or very few purchases, decide the mean."),
    Why.NO_PERIOD_BEFORE.value: _l("Too little was bought before to say where counting should stop."),
}
RATE: Final = _l(
    "Came back: the share of those who got it and came at all in these days, less the same share of those held out."
)
MONEY: Final = _l(
    "Spent more: what a member who got it spent in these days, less what one held out spent, in all stores, after"
    " discounts and returns."
)
CAPPED: Final = _l(
    "The same, but each member counts up to a limit only, which was chosen from the days before: large purchases count"
    " less."
)
MOTIVES: Final[Mapping[str, str]] = {
    "came": _l("Came of those who got it"),
    "for_it": _l("… and bought what the campaign is about"),
    "for_other": _l("… and bought other goods only"),
    "other_store": _l("… to a store that the campaign does not run in"),
    "after_a_year": _l("… after a year or more"),
}
"""Why members came; a share of those who came, the first of those who got it."""
FAMILIES: Final[Mapping[str, str]] = {
    "air_conditioning": _l("Air conditioning"),
    "tyres": _l("Tyres"),
    "dampers": _l("Dampers"),
    "brakes": _l("Brakes"),
    "technical_inspection": _l("Technical inspection"),
    "timing_belt": _l("Timing belt"),
    "oil_and_service": _l("Oil and service"),
    "all": _l("All together"),
}


def hundredths(value: int) -> str:
    """A number of hundredths as the language writes it."""
    return str(format_decimal(Decimal(value) / 100, format="0.00", locale=language()))
