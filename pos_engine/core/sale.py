"""One basket in front of one ruleset: everything that stays the same while the best price is searched."""

from __future__ import annotations

from datetime import date

from pos_engine.core.answers import YES, Answer, CouponNeed, no
from pos_engine.core.basket import Basket
from pos_engine.core.compiled import UNTOUCHED, CompiledOffer
from pos_engine.core.facts import Facts
from pos_engine.core.goods import Goods, goods_of
from pos_engine.core.listing import Listed
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.offer_parts import Slot
from pos_engine.core.reasons import CAMPAIGN_NOT_STARTED, CAMPAIGN_OVER, DECLINED, REGISTER_PRICE
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.terms import Terms, discount_left_minor, uses_left
from pos_engine.core.usage import OfferLeft, Usage

NO_WAYS: dict[int, tuple[CouponNeed, ...]] = {}
"""Nothing was chosen: each offer takes the first coupons it can stand on. Nobody changes it."""


class Sale:
    """The inputs of one evaluation, read once.

    `touched`: per offer number the units it may touch, for the offers that somebody has looked at. `contested`: it is
    known that two offers beside the merchant's order could give in one phase, so that it takes a search.
    `ways`: offer number → the coupons it takes where it could take others as well; none of them: it needs none.
    """

    def __init__(self, ruleset: Ruleset, basket: Basket, member: Member | None, usage: Usage, moment: Moment) -> None:
        self.ruleset = ruleset
        self.basket = basket
        self.member = member
        self.usage = usage
        self.moment = moment
        self.goods: Goods = goods_of(basket, ruleset.tariff)
        self.touched: dict[int, list[int]] = {}
        self.contested = False
        self._listed: list[Listed] | None = None
        self._passing: int | None = None
        self._product_of: list[str] | None = None
        self._answers: dict[int, Answer] = {}
        self.ways: dict[int, tuple[CouponNeed, ...]] = NO_WAYS

    @property
    def listed(self) -> list[Listed]:
        """What the set knows about each article."""
        if self._listed is None:
            self._listed = self.goods.listed = self.ruleset.listing.of(self.goods.keys)
        return self._listed

    @property
    def passing(self) -> int:
        """The offers that the gates let through, as bits by rank."""
        if self._passing is None:
            self._passing = self._pass_gates()
        return self._passing

    def let_through(self, passing: int) -> None:
        """Note what the gates said of this very sale, so that they are not asked again."""
        self._passing = passing

    def _pass_gates(self) -> int:
        if self.basket.at_register_price:
            return 0
        passing = self.ruleset.passing(self.basket, self.member, self.moment)
        if self.basket.declined_offer_ids:
            declined = frozenset(self.basket.declined_offer_ids)
            for compiled in self.ruleset.offers:
                if compiled.offer.offer_id in declined:
                    passing &= ~(1 << compiled.rank)
        gate = self.ruleset.spend_gate
        if gate.used:
            # Goods only get cheaper, and a selector counts a part of them: what all cost at the shelf is the most.
            passing &= gate.passing(sum(self.goods.price))
        return passing

    def touch(self) -> None:
        """Look at every offer that passes."""
        self.touched = self.ruleset.touched(self.goods, self.listed, self.passing)

    def touch_all(self) -> None:
        """Look at every offer, also at those that the gates keep out, so that each has its reason."""
        self.touched = self.ruleset.touched(self.goods, self.listed, self.ruleset.gates.everyone)

    @property
    def product_of(self) -> list[str]:
        """The product of each unit."""
        if self._product_of is None:
            keys = self.goods.keys
            self._product_of = [keys[a][0] for a in self.goods.article_of]
        return self._product_of

    def taken_off(self, compiled: CompiledOffer) -> Answer | None:
        """The "no" of an offer that is not asked at all on this sale; None when it is."""
        if self.basket.at_register_price:
            return no(REGISTER_PRICE)
        return no(DECLINED) if compiled.offer.offer_id in self.basket.declined_offer_ids else None

    def left_of(self, compiled: CompiledOffer) -> OfferLeft:
        """What earlier baskets left of an offer's limits."""
        return self.usage.offers.get(compiled.offer.offer_id, UNTOUCHED)

    def terms_of(self, compiled: CompiledOffer) -> Terms:
        """The terms under which an offer may give on this basket."""
        offer, left = compiled.offer, self.left_of(compiled)
        return Terms(
            rounding=offer.rounding,
            floor_minor=offer.limits.unit_price_floor_minor,
            uses_max=uses_left(offer.limits, left),
            discount_max_minor=discount_left_minor(offer.limits, left),
            vat=self.goods.vat,
            product_of=self.product_of if offer.reward.products() else (),
            chosen_product=self.basket.chosen_products.get(offer.offer_id, ""),
            slot_units=tuple(self._units_for(slot, compiled) for slot in offer.reward.slots()),
            shelf=self.goods.price,
            floors=self.goods.floors,
        )

    def _units_for(self, slot: Slot, compiled: CompiledOffer) -> frozenset[int]:
        """The units an offer may touch that can stand in one of its slots."""
        fits = self.goods.units_of(self.goods.counting(self.ruleset.selectors.matcher(slot.selector)))
        return frozenset(fits).intersection(self.touched[compiled.number])

    def answer(self, compiled: CompiledOffer, facts: Facts) -> Answer:
        """What dates and condition say; asked once per sale when no discount can change it."""
        if compiled.follows_discounts:
            return self.in_its_way(compiled, answer_of(compiled, facts))
        known = self._answers.get(compiled.number)
        if known is None:
            known = self._answers[compiled.number] = answer_of(compiled, facts)
        return self.in_its_way(compiled, known)

    def in_its_way(self, compiled: CompiledOffer, answer: Answer) -> Answer:
        """A "yes" on the coupons that were chosen for the offer, when it can stand on them."""
        way = self.ways.get(compiled.number)
        if way is None or not answer.needs:
            return answer
        if not way:
            return YES
        for needs in (answer.needs, *answer.others):
            if set(needs) == set(way):
                return Answer(needs=needs)
        return answer

    def facts(self, left: list[int]) -> Facts:
        """What conditions see when the units cost what `left` says."""
        return Facts(self.basket, self.member, self.moment, self.goods, left, self.ruleset.selectors)


def running(compiled: CompiledOffer, day: date) -> Answer | None:
    """None while the campaign runs on that local day, else the "no"."""
    if day < compiled.starts_on:
        return no(CAMPAIGN_NOT_STARTED, {"starts_on": compiled.starts_on.isoformat()})
    if day > compiled.ends_on:
        return no(CAMPAIGN_OVER, {"ends_on": compiled.ends_on.isoformat()})
    return None


def answer_of(compiled: CompiledOffer, facts: Facts) -> Answer:
    """Campaign dates and condition together, also for a window that began yesterday and is still open.

    When both days say no, the open window's own day gives the reason.
    """
    condition = compiled.offer.condition
    stopped = running(compiled, facts.day)
    answer = condition.answer(facts) if stopped is None else stopped
    began_yesterday = compiled.past_midnight and condition.began_yesterday(facts.moment)
    if began_yesterday and running(compiled, facts.yesterday) is None:
        earlier = condition.answer(facts.on(facts.yesterday))
        if earlier.yes or not answer.yes:
            return earlier
    return answer
