"""The price of flat sales: one walk over integers, and no document of an offer is looked at.

A sale is flat when every offer that may touch it is a row (`flat_offers.py`) and takes its part of shelf prices: the
merchant's order in one phase, or the only other offer; then at most the largest sum of an exclusive group on all goods.
Everything else is left to the direct way and the search. Law: where the walk is open, it gives the direct way's bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import PHASES
from pos_engine.core.facts import Facts
from pos_engine.core.flat_offers import FlatOffer
from pos_engine.core.flat_piles import CANNOT_SAY, PILE_BITS, PILES_MAX
from pos_engine.core.flat_sale import FlatSale
from pos_engine.core.goods import Goods, goods_of
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.phase import coupons_for
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.sale import answer_of
from pos_engine.core.terms import blocked_by
from pos_engine.core.usage import OfferLeft, Usage

if TYPE_CHECKING:
    from mypy_extensions import i64

NO: Final = 0
YES: Final = 1
CANNOT_TELL: Final = 2
"""What asking an offer comes to."""


class FlatWalk(FlatSale):
    """One walk over the phases of a sale. `discount`: what was taken off so far.

    `gifts`: three numbers for each gift: rank, the first of its pairs and the one after the last (both -1: all goods).
    `coupons`: per rank what its gift redeemed. `granting`: what passes the gates and gives beside money, as bits.

    What a walk that is not open found out: `asked`: the gates have said `passing` and `granting`; `contested`: two
    offers beside the merchant's order surely could give in one phase, which is the search's matter.
    """

    __slots__ = (
        "_before",
        "_facts",
        "_spends",
        "asked",
        "contested",
        "coupon_owner",
        "coupons",
        "discount",
        "gifts",
        "granting",
    )

    def __init__(self, rules: Ruleset, basket: Basket, member: Member | None, usage: Usage, moment: Moment) -> None:
        super().__init__(rules, basket, member, usage, moment)
        self.discount: i64 = 0
        # What the phases before the one that is walked took off.
        self._before: i64 = 0
        self.granting = 0
        self.asked = False
        self.contested = False
        self.gifts: list[int] = []
        self.coupons: dict[int, tuple[tuple[str, str], ...]] = {}
        self.coupon_owner: dict[tuple[str, str], str] = {}
        self._spends: dict[int, int] = {}
        self._facts: Facts | None = None

    def run(self) -> bool:
        """Whether the sale is flat; then `discount` and `gifts` say its price."""
        basket = self.basket
        if basket.declined_offer_ids or basket.points_spending is not None or not self.take_in():
            return False
        if basket.at_register_price:
            return True
        rules = self.rules
        passing = rules.passing(basket, self.member, self.moment)
        if rules.spend_gate.used:
            passing &= rules.spend_gate.passing(self.goods_minor)
        if rules.any_grants:
            # What takes nothing off comes last and changes no total: it waits for whoever looks.
            self.granting = passing & rules.granting_bits
            passing ^= self.granting
        self.passing = passing
        self.asked = True
        return passing == 0 or (self.pair() and self._walk_phases())

    def _walk_phases(self) -> bool:
        rules, pairs = self.rules, self.pairs
        at: i64 = 0
        begin_rank: i64 = 0
        for phase in range(len(PHASES)):
            begin = at
            end_rank: i64 = rules.phase_ends[phase]
            while at < self.sorted_pairs and pairs[at] < end_rank << PILE_BITS:
                at += 1
            others = [rank for rank in self.broad if begin_rank <= rank < end_rank] if self.broad else self.broad
            begin_rank = end_rank
            if begin == at and not others and not rules.sum_bits[phase]:
                continue
            self._before = self.discount
            if self._before and begin < at:
                # What units cost now is not said in piles.
                return False
            if not self._walk(phase, begin, at, others):
                return False
        return True

    def _walk(self, phase: int, begin: i64, end: i64, others: list[int]) -> bool:
        """One phase; False when it takes more than this walk."""
        rules, pairs = self.rules, self.pairs
        priority_end: i64 = rules.priority_ends[phase] << PILE_BITS
        while begin < end and pairs[begin] < priority_end:
            after = self._after(begin, end)
            if not self._give(rules.rows[pairs[begin] >> PILE_BITS], begin, after):
                return False
            begin = after
        if begin == end and not others:
            return self._largest_sum(phase)
        return self._only_one(phase, begin, end, others)

    def _only_one(self, phase: int, begin: i64, end: i64, others: list[int]) -> bool:
        """Let the only offer of a phase that is not in the merchant's order give; False when there are several."""
        rows, pairs = self.rules.rows, self.pairs
        if self._any_sum(phase):
            return False
        if begin < end:
            if not others and self._after(begin, end) == end:
                return self._give(rows[pairs[begin] >> PILE_BITS], begin, end, last_of=phase)
            self.contested = self._two_could_give(begin, end)
            return False
        if self.discount or len(others) > 1:
            return False
        row = rows[others[0]]
        begin = len(pairs)
        self.pair_broad(others[0], row.compiled.matcher.number)
        return self._give(row, begin, len(pairs), last_of=phase)

    def _two_could_give(self, begin: i64, end: i64) -> bool:
        """Whether two of these offers surely hold and have free units."""
        found = 0
        while begin < end:
            after = self._after(begin, end)
            row = self.rules.rows[self.pairs[begin] >> PILE_BITS]
            counted = self.left_of.get(row.offer_id) if self.left_of else None
            if self._gather(begin, after, row.floor) and self._asked(row, counted) == YES:
                found += 1
                if found > 1:
                    return True
            begin = after
        return False

    def _after(self, begin: i64, end: i64) -> i64:
        """The first pair of the next offer."""
        pairs = self.pairs
        rank = pairs[begin] >> PILE_BITS
        begin += 1
        while begin < end and pairs[begin] >> PILE_BITS == rank:
            begin += 1
        return begin

    def _any_sum(self, phase: int) -> bool:
        """Whether the gates let any of a phase's sums on all goods through."""
        return bool(self.rules.sum_bits[phase] & self.passing)

    def _discounts_after(self, phase: int) -> bool:
        """Whether a later phase might discount anything, so that what is given now has to be weighed against it."""
        end = self.rules.phase_ends[phase]
        if self.broad and self.broad[-1] >= end:
            return True
        if self.sorted_pairs > 0 and self.pairs[self.sorted_pairs - 1] >> PILE_BITS >= end:
            return True
        return any(self._any_sum(later) for later in range(phase + 1, len(PHASES)))

    def _give(self, row: FlatOffer, begin: i64, end: i64, last_of: int = -1) -> bool:
        """Let an offer give on the free units of its piles. `last_of`: unless a later phase than this may discount."""
        piles = self.piles
        if begin + 1 == end and row.alike and not row.asks and not self.left_of:
            given = piles.taken_whole(row, self.pairs[begin] & (PILES_MAX - 1))
        elif not self._gather(begin, end, row.floor):
            return True
        else:
            uses_max, discount_max = row.uses_max, row.discount_max
            counted = self.left_of.get(row.offer_id) if self.left_of else None
            if counted is not None:
                uses_max, discount_max = row.left(counted)
            holds = self._asked(row, counted) if row.asks or counted is not None else YES
            if holds != YES:
                return holds == NO
            given = piles.given_minor(row, uses_max, discount_max)
            if given > 0:
                piles.consume()
        if given > 0:
            self._note(self.pairs[begin] >> PILE_BITS, begin, end, given)
        if last_of >= 0 and self._discounts_after(last_of):
            return False
        return given != CANNOT_SAY

    def _gather(self, begin: i64, end: i64, floor: i64) -> bool:
        """Find the piles of an offer that have free units above its floor; whether there are any."""
        piles, pairs = self.piles, self.pairs
        free, price = piles.free, piles.price
        ours: list[int] = []
        before: i64 = -1
        while begin < end:
            pair: i64 = pairs[begin]
            pile = pair & (PILES_MAX - 1)
            # An offer that names a product and its category stands there twice.
            if free[pile] > 0 and price[pile] > floor and pair != before:
                ours.append(pile)
            before = pair
            begin += 1
        piles.ours = ours
        return bool(ours)

    def _note(self, rank: int, begin: i64, end: i64, given: i64) -> None:
        """Write a gift down."""
        self.discount += given
        self.gifts.append(rank)
        self.gifts.append(begin)
        self.gifts.append(end)
        for coupon in self.coupons.get(rank, ()) if self.coupons else ():
            self.coupon_owner[coupon] = self.rules.by_rank[rank].campaign_id

    def _largest_sum(self, phase: int) -> bool:
        """Of an exclusive group of plain sums on all goods, the one that saves most; ties by the stable order."""
        rules = self.rules
        bits = rules.sum_bits[phase] & self.passing
        if not bits:
            return True
        if self.discount != self._before or (self.apart and self.discount) or self._discounts_after(phase):
            # Some of the goods were consumed in this phase, or it takes more to know what is best.
            return False
        most = self.wide_minor - self.discount
        if rules.spend_gate_after.used:
            bits &= rules.spend_gate_after.passing(self.counted_minor - self._before)
        best, told = self._best_sum(bits, most)
        if not told or best is None:
            return told
        if self.left_of and best.offer_id in self.left_of:
            return False
        given = min(best.value, most)
        if given > 0:
            self._note(best.compiled.rank, -1, -1, given)
        return True

    def _best_sum(self, bits: int, most: i64) -> tuple[FlatOffer | None, bool]:
        """The sum that holds and is the largest that can be given, and whether that can be told.

        The larger sums come first, so the first that holds is it, unless several are more than the goods still cost.
        """
        rows = self.rules.rows
        best: FlatOffer | None = None
        while bits and most > 0:
            low = bits & -bits
            bits ^= low
            row = rows[low.bit_length() - 1]
            if best is not None and (best.value <= most or row.value < most):
                break
            if best is None or row.compiled.number < best.compiled.number:
                holds = self._asked(row, None)
                if holds == CANNOT_TELL:
                    return best, False
                if holds == YES:
                    best = row
        return best, True

    def _asked(self, row: FlatOffer, counted: OfferLeft | None) -> int:
        """What limits and the condition of an offer say, beyond what the gates asked."""
        compiled = row.compiled
        if row.blocked if counted is None else blocked_by(compiled.offer.limits, counted):
            return NO
        spends = row.spends
        at: i64 = 0
        while at < len(spends):
            spend = self._spend(spends[at], spends[at + 2])
            if spend < 0:
                return CANNOT_TELL
            if spend < spends[at + 1]:
                return NO
            at += 3
        return YES if compiled.rest is None else self._rest(row)

    def _spend(self, matcher: int, before: i64) -> i64:
        """What a matcher counts is worth, at shelf prices or at the start of the phase; -1 when that is not known."""
        rules = self.rules
        if matcher == rules.all_goods.number:
            if before or not self._before:
                return self.counted_minor
            return -1 if self.apart else self.counted_minor - self._before
        if self._before and not before:
            return -1
        known = self._spends.get(matcher)
        if known is not None:
            return known
        spend: i64 = self.piles.worth_of(matcher)
        self._spends[matcher] = spend
        return spend

    def _rest(self, row: FlatOffer) -> int:
        """What a condition says that no gate asks; the coupons it stands on go to `coupons`."""
        compiled = row.compiled
        rest = compiled.rest
        if rest is None or (row.rest_watches and self._before):
            return CANNOT_TELL
        facts = self._facts
        if facts is None or row.rest_watches:
            basket, rules = self.basket, self.rules
            goods = goods_of(basket, rules.tariff) if row.rest_watches else Goods(basket, {})
            facts = Facts(basket, self.member, self.moment, goods, goods.price, rules.selectors)
            if not row.rest_watches:
                self._facts = facts
        answer = answer_of(compiled, facts) if compiled.past_midnight else rest.answer(facts)
        if answer.code:
            return NO
        if answer.needs:
            coupons = coupons_for(answer.needs, compiled.campaign_id, self.coupon_owner, facts)
            if coupons is None:
                return NO
            self.coupons[compiled.rank] = coupons
        return YES
