"""A sale as integers: its lines as piles, and which offers may touch which pile.

Law: what is paired is at least what `Listing` and the gates let through; an offer that is not a row stops everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pos_engine.core.basket import Basket
from pos_engine.core.flat_articles import FlatKind
from pos_engine.core.flat_offers import NOT_FLAT
from pos_engine.core.flat_piles import PILE_BITS, PILES_MAX, Piles
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.usage import OfferLeft, Usage

if TYPE_CHECKING:
    from mypy_extensions import i64

UNITS_MAX: Final = 1_000_000
"""Units of one line; more go the long way."""

VALUE_MAX: Final = 10**14
"""What all goods may be worth, in minor units, so that no product with basis points leaves 64 bits."""


class FlatSale:
    """What is read of one sale. `value`: of all lines. `left_of`: what was counted of limits, by offer id.

    `pairs`: an offer's rank, and in the lowest bits a pile it may touch, in the order offers are asked; `sorted_pairs`
    of them are for certain goods or the merchant's order. `passing`: the offers that pass the gates, as bits by rank;
    `broad`: those for goods of every kind that are neither in the merchant's order nor sums of which one gives.

    `goods_minor`: what the goods cost at the shelf, `counted_minor` those that a selector of everything counts,
    `wide_minor` those of them whose price may change. `apart`: there are goods that may change and are not counted.
    """

    __slots__ = (
        "apart",
        "basket",
        "broad",
        "counted_minor",
        "goods_minor",
        "left_of",
        "member",
        "moment",
        "pairs",
        "passing",
        "piles",
        "rules",
        "sorted_pairs",
        "usage",
        "value",
        "wide_minor",
    )

    def __init__(self, rules: Ruleset, basket: Basket, member: Member | None, usage: Usage, moment: Moment) -> None:
        self.rules = rules
        self.basket = basket
        self.member = member
        self.usage = usage
        self.moment = moment
        self.left_of: Mapping[str, OfferLeft] = usage.offers
        self.piles = Piles(rules.tariff.unknown_vat_bp)
        self.pairs: list[int] = []
        self.sorted_pairs: i64 = 0
        self.broad: list[int] = []
        self.passing = 0
        self.value: i64 = 0
        self.goods_minor: i64 = 0
        self.counted_minor: i64 = 0
        self.wide_minor: i64 = 0
        self.apart = False

    def take_in(self) -> bool:
        """Read the lines; False when there is a floor, or a number beyond what a flat sale counts with."""
        piles = self.piles
        prices, counts, lines = piles.price, piles.count, piles.lines
        products, kinds = piles.products, piles.kinds
        known = self.rules.articles
        value: i64 = 0
        goods: i64 = 0
        wide: i64 = 0
        for line in self.basket.lines:
            cost = line.unit_price_minor
            units = line.quantity
            if not (-VALUE_MAX <= cost <= VALUE_MAX and -UNITS_MAX <= units <= UNITS_MAX):
                return False
            price: i64 = cost
            count: i64 = units
            if price > VALUE_MAX // UNITS_MAX and price * count > VALUE_MAX:
                return False
            worth = price * count
            value += worth
            if price <= 0 or count <= 0:
                continue
            goods += worth
            if line.unit_price_floor_minor or goods > VALUE_MAX:
                return False
            product, kind = known.of(line, price)
            if kind.ordinary:
                wide += worth
            else:
                self._set_apart(kind, worth)
            prices.append(cost)
            counts.append(units)
            products.append(product)
            kinds.append(kind)
            lines.append(line)
        piles.free = list(counts)
        self.value = value
        self.goods_minor = goods
        self.wide_minor = wide
        self.counted_minor += wide
        return len(counts) < PILES_MAX

    def _set_apart(self, kind: FlatKind, worth: i64) -> None:
        """Goods that are not both counted by a selector of everything and open to offers."""
        if kind.counted:
            self.counted_minor += worth
        elif kind.touchable:
            self.apart = True

    def pair(self) -> bool:
        """Bring offers that pass and piles together; False when an offer is not flat."""
        rules, passing = self.rules, self.passing
        octets = passing.to_bytes(len(rules.rows) // 8 + 1, "little")
        pairs, products = self.pairs, self.piles.products
        for pile, kind in enumerate(self.piles.kinds):
            product = products[pile]
            if product.ranks and kind.touchable and not self._pair_pile(pile, product.ranks, product.last_rank, octets):
                return False
            if kind.ranks and not self._pair_pile(pile, kind.ranks, kind.last_rank, octets):
                return False
        for rank in rules.broad_others:
            if octets[rank >> 3] >> (rank & 7) & 1:
                offer = rules.rows[rank].compiled
                if rules.rows[rank].shape == NOT_FLAT:
                    return False
                if offer.offer.policy == "priority":
                    self.pair_broad(rank, offer.matcher.number)
                else:
                    self.broad.append(rank)
        pairs.sort()
        self.sorted_pairs = len(pairs)
        return True

    def _pair_pile(self, pile: i64, ranks: tuple[int, ...], last_rank: i64, octets: bytes) -> bool:
        """Pair a pile with those of these offers that pass, up to one that surely consumes it; False: not flat."""
        rules = self.rules
        rows, pairs = rules.rows, self.pairs
        price: i64 = self.piles.price[pile]
        skip_to: i64 = 0
        for listed in ranks:
            rank: i64 = listed
            if rank < skip_to or not octets[rank >> 3] >> (rank & 7) & 1:
                continue
            row = rows[rank]
            if row.shape == NOT_FLAT:
                return False
            pairs.append((rank << PILE_BITS) + pile)
            if price >= row.sure_from and not (self.left_of and row.offer_id in self.left_of):
                skip_to = rules.sure_end
                if last_rank < skip_to:
                    break
        return True

    def pair_broad(self, rank: i64, number: int) -> None:
        """Bring an offer for goods of every kind together with those it may touch."""
        for pile, kind in enumerate(self.piles.kinds):
            if kind.touchable and self.piles.counts(pile, number):
                self.pairs.append((rank << PILE_BITS) + pile)
