"""Which offers hold at the start of a phase, asked for the price alone: no reasons, and nothing twice.

It says what `phase.live_offers` says, of offers that the gates of the set let through (`Sale.touch`). What most offers
have in common is made once a sale: the spend that several of them ask for, and the terms of those without limits.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.answers import YES, Answer
from pos_engine.core.compiled import CompiledOffer
from pos_engine.core.facts import Facts
from pos_engine.core.phase import Live
from pos_engine.core.sale import Sale, answer_of
from pos_engine.core.terms import Terms, blocked_by


class Spends:
    """What matchers count is worth at the start of a phase; worked out once."""

    def __init__(self, sale: Sale, values: Sequence[int]) -> None:
        self._sale = sale
        self._values = values
        self._known: dict[int, int] = {}

    def minor(self, matcher: int) -> int:
        """The value of what a matcher counts."""
        spend = self._known.get(matcher)
        if spend is None:
            goods = self._sale.goods
            counting = goods.counting(self._sale.ruleset.selectors.matchers[matcher])
            spend = self._known[matcher] = goods.value_minor(counting, self._values)
        return spend


class Holding:
    """The offers of one sale that hold, as the search meets them phase after phase."""

    def __init__(self, sale: Sale) -> None:
        self.sale = sale
        self._counted = sale.usage.offers
        self._at_shelf = Spends(sale, sale.goods.price)
        self._terms: dict[tuple[str, str, int, int | None], Terms] = {}
        self._rest: dict[int, Answer] = {}

    def lives(self, left: list[int], numbers: Sequence[int], facts: Facts) -> list[Live]:
        """The offers that hold when the units cost what `left` says, with those of their units that have room."""
        sale, offers = self.sale, self.sale.ruleset.offers
        now = Spends(sale, left)
        priced = min(left, default=0) > 0 and not sale.goods.floors
        found: list[Live] = []
        for number in numbers:
            compiled = offers[number]
            answer = YES
            if compiled.asks or self._counted:
                held = self.answer(compiled, facts, now)
                if held is None:
                    continue
                answer = held
            terms = self.terms(compiled)
            units = sale.touched[number]
            if not priced or compiled.floor_minor:
                units = [unit for unit, room in zip(units, terms.rooms(units, left), strict=True) if room > 0]
            found.append(Live(compiled, answer, tuple(units), terms))
        return found

    def answer(self, compiled: CompiledOffer, facts: Facts, now: Spends) -> Answer | None:
        """The "yes" of an offer; None: its limits or its condition say no."""
        counted = self._counted.get(compiled.offer.offer_id)
        if compiled.blocked if counted is None else blocked_by(compiled.offer.limits, counted):
            return None
        for matcher, amount_minor, before in compiled.spends:
            if (self._at_shelf if before else now).minor(matcher) < amount_minor:
                return None
        if compiled.rest is None:
            return YES
        answer = self._rest.get(compiled.number)
        if answer is None:
            answer = answer_of(compiled, facts) if compiled.past_midnight else compiled.rest.answer(facts)
            if answer.others:
                answer = self.sale.in_its_way(compiled, answer)
            if not compiled.follows_discounts:
                self._rest[compiled.number] = answer
        return None if answer.code else answer

    def terms(self, compiled: CompiledOffer) -> Terms:
        """The terms of an offer; offers that are alike in them share them."""
        if not compiled.shares_terms or (self._counted and compiled.offer.offer_id in self._counted):
            return self.sale.terms_of(compiled)
        rounding = compiled.offer.rounding
        key = (rounding.scope, rounding.mode, compiled.floor_minor, compiled.uses_max)
        terms = self._terms.get(key)
        if terms is None:
            terms = self._terms[key] = self.sale.terms_of(compiled)
        return terms
