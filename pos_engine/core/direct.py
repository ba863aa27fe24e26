"""The price of plain sales, straight: the merchant's order decides who gets which unit, so there is nothing to search.

The way is open as long as at most one discount beside the merchant's order could give in the last phase that discounts
anything: alone, or as the largest sum of one exclusive group. Anything else is the solver's, which prices the sale from
the start. Law: where both can answer they give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.answers import YES, Answer
from pos_engine.core.campaign import PHASES
from pos_engine.core.compiled import AMOUNT_ONCE, ASK_THE_REWARD, PERCENT, CompiledOffer
from pos_engine.core.course import Course, Entry
from pos_engine.core.facts import Facts
from pos_engine.core.grouped import Grouped
from pos_engine.core.phase import Live, coupons_for, give
from pos_engine.core.plain_gifts import amount_each, amount_once, dearest, percent_of, percent_off
from pos_engine.core.rank_bits import ranks_in
from pos_engine.core.sale import Sale, answer_of
from pos_engine.core.terms import blocked_by

Given = tuple[int, list[int] | None, tuple[tuple[str, str], ...]]
"""A gift that is known: the offer's rank, its articles (None: all it may touch), what it redeemed."""


class DirectWay:
    """One walk over the phases of a sale. `course` is what has been given.

    `narrow`: per rank of an offer for certain goods the articles it may touch. `broad`: the offers for goods of every
    kind, as bits by rank. `taken` and `at_start` are of the phase: which units are consumed, what units cost before it.
    """

    def __init__(self, sale: Sale) -> None:
        self.sale = sale
        self.ruleset = sale.ruleset
        self.goods = sale.goods
        self.course = Course(list(sale.goods.price))
        self.narrow: dict[int, list[int]] = {}
        self.broad = 0
        self.taken = bytearray()
        self.at_start: list[int] = []
        self._facts: Facts | None = None
        self._before: dict[int, int] = {}
        self._after: dict[int, int] = {}

    def run(self) -> Course | None:
        """The finished course; None when it takes a search."""
        passing = self.sale.passing
        if passing == 0:
            return self.course
        self._find_narrow(passing)
        for _, bits in self.ruleset.broad:
            self.broad |= bits & passing
        ranks = sorted(self.narrow)
        at = 0
        for phase in range(len(PHASES)):
            end = self.ruleset.phase_ends[phase]
            begin = at
            while at < len(ranks) and ranks[at] < end:
                at += 1
            broad = self.broad & self.ruleset.phase_bits[phase]
            if (begin < at or broad) and not self._walk(phase, ranks[begin:at], broad):
                return None
        return self.course

    def repeat(self, gifts: Sequence[Given], granting: int) -> Course:
        """The course of gifts that somebody else found, in their order; then what costs nothing.

        `granting`: offers that take nothing off and pass the gates, as bits by rank.
        """
        phase = -1
        for rank, articles, coupons in gifts:
            compiled = self.ruleset.by_rank[rank]
            if compiled.phase_number != phase:
                phase = compiled.phase_number
                self._begin_phase()
            if articles is not None:
                self.narrow[rank] = articles
            units = self._free(self._articles_of(compiled), compiled.floor_minor)
            entry = self._gift(compiled, YES, units)
            if entry is not None:
                entry.coupons = coupons
                self.course.add(entry)
                for unit in entry.units:
                    self.taken[unit] = 1
        if granting:
            if phase != len(PHASES) - 1:
                self._begin_phase()
            self._find_narrow(granting)
            touching = [rank for rank in self.narrow if granting >> rank & 1]
            self._grant_all(touching + [rank for _, bits in self.ruleset.broad for rank in ranks_in(bits & granting)])
        return self.course

    def _grant_all(self, ranks: Sequence[int]) -> None:
        """Let these offers give what costs nothing, in the stable order."""
        for compiled in sorted([self.ruleset.by_rank[rank] for rank in ranks], key=lambda one: one.number):
            self._grant(compiled)

    def _begin_phase(self) -> None:
        self.taken = bytearray(len(self.course.left))
        self.at_start = list(self.course.left)
        self._facts = None
        self._after = {}

    def _find_narrow(self, passing: int) -> None:
        """Per article the offers it is listed under; after one that surely consumes it whole, none of the phase."""
        octets = passing.to_bytes(len(self.ruleset.by_rank) // 8 + 1, "little")
        sure_from = self.ruleset.sure_from
        narrow = self.narrow
        keys = self.goods.keys
        counted = self.sale.usage.offers
        for a, listed in enumerate(self.sale.listed):
            price = keys[a][1]
            skip_to = 0
            for rank in listed.ranks:
                if rank < skip_to or not octets[rank >> 3] >> (rank & 7) & 1:
                    continue
                articles = narrow.get(rank)
                if articles is None:
                    narrow[rank] = [a]
                else:
                    articles.append(a)
                if price >= sure_from[rank] and not keys[a][4]:
                    compiled = self.ruleset.by_rank[rank]
                    if compiled.offer.offer_id not in counted:
                        skip_to = self.ruleset.paying_ends[compiled.phase_number]
                        if listed.ranks[-1] < skip_to:
                            break

    def _walk(self, phase: int, ranks: list[int], broad: int) -> bool:
        """One phase; False when it takes a search."""
        rules = self.ruleset
        self._begin_phase()
        priority_end, paying_end = rules.priority_ends[phase], rules.paying_ends[phase]
        mine = [rank for rank in ranks if rank < priority_end]
        first = broad & rules.priority_bits
        if first:
            mine = sorted(mine + ranks_in(first))
        self._merchant_order(mine)
        rest = [rank for rank in ranks if priority_end <= rank < paying_end]
        others = broad & rules.paying_bits & ~rules.priority_bits
        if rest or others:
            plain = not rest and not self.goods.floors and not others & ~rules.sum_bits[phase]
            done = self._largest_sum(phase, others) if plain else self._only_one(phase, rest + ranks_in(others))
            if not done:
                return False
        self._grant_all([rank for rank in ranks if rank >= paying_end] + ranks_in(broad & ~rules.paying_bits))
        return True

    def _discounts_after(self, phase: int) -> bool:
        """Whether a later phase might discount anything, so that what is given now has to be weighed against it."""
        end = self.ruleset.phase_ends[phase]
        if (self.broad & self.ruleset.paying_bits) >> end:
            return True
        return any(rank >= end and self.ruleset.by_rank[rank].pays for rank in self.narrow)

    def _largest_sum(self, phase: int, bits: int) -> bool:
        """Of an exclusive group of plain sums on all goods, the one that saves most; ties by the stable order."""
        rules = self.ruleset
        if rules.spend_gate_after.used:
            bits &= rules.spend_gate_after.passing(self._spend(rules.all_goods.number, before=False))
        if not bits:
            return True
        if self._discounts_after(phase):
            return False
        units = self._free(self._articles_of(rules.by_rank[(bits & -bits).bit_length() - 1]), 0)
        best = self._best_of(bits, sum([self.course.left[unit] for unit in units]))
        if best is None or best.offer.exclusive_group in self.course.group_winner:
            return True
        if best.offer.offer_id in self.sale.usage.offers:
            return False
        entry = self._gift(best, YES, units)
        if entry is not None:
            self.course.add(entry)
        return True

    def _best_of(self, bits: int, most_minor: int) -> CompiledOffer | None:
        """The offer that holds and gives the largest sum that can be given; ties by the stable order.

        The larger sums come first, so the first that holds is it, unless several are more than the goods still cost.
        """
        best: CompiledOffer | None = None
        while bits and most_minor:
            low = bits & -bits
            bits ^= low
            compiled = self.ruleset.by_rank[low.bit_length() - 1]
            if best is not None and (best.value <= most_minor or compiled.value < most_minor):
                break
            earlier = best is None or compiled.number < best.number
            if earlier and self._answer(compiled) is not None:
                best = compiled
        return best

    def _only_one(self, phase: int, ranks: Sequence[int]) -> bool:
        """Let the only one of these offers that could give do so; False when there are several."""
        found: list[tuple[CompiledOffer, Answer, list[int]]] = []
        for rank in ranks:
            compiled = self.ruleset.by_rank[rank]
            units = self._free(self._articles_of(compiled), compiled.floor_minor)
            answer = self._answer(compiled) if units else None
            if answer is not None:
                found.append((compiled, answer, units))
                if len(found) > 1 or self._discounts_after(phase):
                    return False
                if self.goods.floors and isinstance(compiled.offer.reward, Grouped):
                    return False  # among articles with floors of their own, its arrangement is not always the best
        for compiled, answer, units in found:
            offer = compiled.offer
            if offer.policy != "exclusive" or offer.exclusive_group not in self.course.group_winner:
                entry = self._gift(compiled, answer, units)
                if entry is not None:
                    self.course.add(entry)
        return True

    def _merchant_order(self, ranks: Sequence[int]) -> None:
        """Let each of these offers give on the units that those before it left."""
        counted = bool(self.sale.usage.offers)
        taken, course, by_rank = self.taken, self.course, self.ruleset.by_rank
        for rank in ranks:
            compiled = by_rank[rank]
            units = self._free(self._articles_of(compiled), compiled.floor_minor)
            if not units:
                continue
            answer = self._answer(compiled) if compiled.asks or counted else YES
            entry = None if answer is None else self._gift(compiled, answer, units)
            if entry is not None:
                course.add(entry)
                for unit in entry.units:
                    taken[unit] = 1

    def _grant(self, compiled: CompiledOffer) -> None:
        """Give what costs nothing now."""
        articles = self._articles_of(compiled)
        answer = self._answer(compiled) if articles else None
        if answer is None:
            return
        coupons = coupons_for(answer.needs, compiled.campaign_id, self.course.coupon_owner, self.facts)
        if coupons is not None:
            self.sale.touched[compiled.number] = self.goods.units_of(articles)
            self.course.add(Entry(compiled, (), (), 1, coupons))

    def _articles_of(self, compiled: CompiledOffer) -> list[int]:
        """The articles an offer may touch and that nobody surely consumes before it."""
        articles = self.narrow.get(compiled.rank)
        if articles is None:
            listed = self.sale.listed
            articles = [a for a in self.goods.counting(compiled.matcher) if listed[a].touchable]
        return articles

    def _free(self, articles: Sequence[int], floor_minor: int) -> list[int]:
        """The units of these articles that nobody consumed and that have room above the floor."""
        starts, taken, left = self.goods.starts, self.taken, self.course.left
        floors = self.goods.floors
        free: list[int] = []
        for a in articles:
            unit, end = starts[a], starts[a + 1]
            while unit < end:
                if not taken[unit]:
                    floor = max(floor_minor, floors[unit]) if floors else floor_minor
                    if left[unit] > floor:
                        free.append(unit)
                unit += 1
        return free

    @property
    def facts(self) -> Facts:
        """What conditions see at the start of the phase."""
        if self._facts is None:
            self._facts = self.sale.facts(self.at_start)
        return self._facts

    def _spend(self, matcher: int, *, before: bool) -> int:
        """What a matcher counts is worth, at shelf prices or at the start of the phase."""
        known = self._before if before else self._after
        spend = known.get(matcher)
        if spend is None:
            counting = self.goods.counting(self.ruleset.selectors.matchers[matcher])
            spend = self.goods.value_minor(counting, self.goods.price if before else self.at_start)
            known[matcher] = spend
        return spend

    def _answer(self, compiled: CompiledOffer) -> Answer | None:
        """The "yes" of an offer that the gates let through; None: limits or condition say no."""
        counted = self.sale.usage.offers.get(compiled.offer.offer_id)
        if compiled.blocked if counted is None else blocked_by(compiled.offer.limits, counted):
            return None
        for matcher, amount_minor, before in compiled.spends:
            if self._spend(matcher, before=before) < amount_minor:
                return None
        if compiled.rest is None:
            return YES
        answer = answer_of(compiled, self.facts) if compiled.past_midnight else compiled.rest.answer(self.facts)
        return None if answer.code else answer

    def _gift(self, compiled: CompiledOffer, answer: Answer, units: list[int]) -> Entry | None:
        """What an offer that holds gives on free units; None when that is nothing."""
        course, offer = self.course, compiled.offer
        if compiled.way == ASK_THE_REWARD or self.goods.floors or offer.offer_id in self.sale.usage.offers:
            self.sale.touched[compiled.number] = units
            live = Live(compiled, answer, tuple(units), self.sale.terms_of(compiled))
            return give(live, course, units, self.facts)
        coupons: tuple[tuple[str, str], ...] = ()
        if answer.needs:
            found = coupons_for(answer.needs, compiled.campaign_id, course.coupon_owner, self.facts)
            if found is None:
                return None
            coupons = found
        left, vat = course.left, self.goods.vat
        if len(units) == 1:
            amount = amount_of_one(compiled, left[units[0]])
            return Entry(compiled, (units[0],), (amount,), 1, coupons) if amount > 0 else None
        uses = 1
        if compiled.way == PERCENT:
            amounts = percent_off(compiled.value, units, left, vat, down=compiled.rounds_down)
        elif compiled.way == AMOUNT_ONCE:
            amounts = amount_once(compiled.value, units, left, vat)
        else:
            units = dearest(units, left, compiled.uses_max)
            amounts = amount_each(compiled.value, units, left)
            uses = len(units)
        return Entry(compiled, tuple(units), tuple(amounts), uses, coupons) if amounts else None


def amount_of_one(compiled: CompiledOffer, cost_minor: int) -> int:
    """What a plain offer takes off a single unit."""
    if compiled.way == PERCENT:
        return min(cost_minor, percent_of(cost_minor, compiled.value, down=compiled.rounds_down))
    return min(cost_minor, compiled.value)
