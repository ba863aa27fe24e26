"""What the figures of a result are, in words: what each one estimates, and why nothing can be said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from backoffice.measurement.answers import Why

WHY: Final[Mapping[str, LazyString]] = {
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
