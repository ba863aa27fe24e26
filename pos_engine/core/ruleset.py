"""Campaigns made ready for many baskets: offers in one stable order, found by the goods they touch.

Law: a ruleset never changes once it is made. A sale keeps the one it began with; a new set is another object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import PHASES, Campaign
from pos_engine.core.compiled import AMOUNT_ONCE, NEVER_SURE, UNLIMITED, CompiledOffer, asked_in
from pos_engine.core.flat_articles import FlatArticles
from pos_engine.core.flat_offers import FlatOffer, flat_offer
from pos_engine.core.gates import Gates
from pos_engine.core.goods import Goods
from pos_engine.core.listing import Listed, Listing
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rank_bits import bits_of, ranks_in
from pos_engine.core.selectors import SelectorTable, SlotMatcher
from pos_engine.core.spend_gate import SpendGate
from pos_engine.core.ways import has_ways


class Ruleset:
    """What `compile_ruleset` makes. `inactive` names campaigns of the set that could not be used, with the reason.

    `offers` stand in the stable order, `by_rank` in the order they are asked: phase after phase, and in each phase the
    merchant's own order (up to `priority_ends`), the other discounts (up to `paying_ends`), then what costs nothing.
    `with_ways`: numbers of the offers that may hold with one coupon or with another.
    """

    def __init__(
        self,
        offers: list[CompiledOffer],
        tariff: Tariff,
        version: int,
        inactive: Mapping[str, str],
        table: SelectorTable,
    ) -> None:
        self.offers = offers
        self.tariff = tariff
        self.version = version
        self.inactive: dict[str, str] = dict(sorted(inactive.items()))
        self.selectors = table
        for number, compiled in enumerate(offers):
            compiled.number = number
        self.by_rank: list[CompiledOffer] = sorted(offers, key=asked_in)
        self.gates = Gates()
        self.all_goods = table.add(Selector())
        self.spend_gate = SpendGate()
        self.spend_gate_after = SpendGate()
        for rank, compiled in enumerate(self.by_rank):
            compiled.rank = rank
            self._open(compiled)
        self.with_ways: list[int] = [one.number for one in offers if one.pays and has_ways(one.offer.condition)]
        self.gates.close()
        self.spend_gate.close(self.gates.everyone)
        self.spend_gate_after.close(self.gates.everyone)
        self._lay_out_phases()
        self._list_goods()
        self.rows: list[FlatOffer] = [
            flat_offer(one, sure_from, table) for one, sure_from in zip(self.by_rank, self.sure_from, strict=True)
        ]
        self.articles = FlatArticles(self.listing, self.all_goods.number)
        table.close()

    def _open(self, compiled: CompiledOffer) -> None:
        offer = compiled.offer
        run = (compiled.starts_on, compiled.ends_on)
        rest = self.gates.ask(offer.condition, run, needs_member=offer.reward.needs_member())
        compiled.leave(rest, self.selectors)
        if compiled.spends:
            self.spend_gate.ask(compiled.rank, max(amount for _, amount, _ in compiled.spends))
        after = [
            amount for matcher, amount, before in compiled.spends if matcher == self.all_goods.number and not before
        ]
        if after:
            self.spend_gate_after.ask(compiled.rank, max(after))

    def _lay_out_phases(self) -> None:
        """Where in the order each phase and each part of it ends."""
        by_phase = [[one for one in self.by_rank if one.phase_number == phase] for phase in range(len(PHASES))]
        self.priority_ends: list[int] = []
        self.paying_ends: list[int] = []
        self.phase_ends: list[int] = []
        at = 0
        for offers in by_phase:
            paying = [one for one in offers if one.pays]
            self.priority_ends.append(at + sum(one.offer.policy == "priority" for one in paying))
            self.paying_ends.append(at + len(paying))
            at += len(offers)
            self.phase_ends.append(at)
        first = next((phase for phase, offers in enumerate(by_phase) if any(one.pays for one in offers)), 0)
        # Only before any discount does an article's price say what its units still cost.
        self.sure_from: list[int] = [one.sure_from if one.phase_number == first else NEVER_SURE for one in self.by_rank]
        self.sure_end: int = self.paying_ends[first]
        self.phase_bits: list[int] = [bits_of(one.rank for one in offers) for offers in by_phase]
        self.priority_bits: int = bits_of(r for r, one in enumerate(self.by_rank) if _goes_first(one))
        self.paying_bits: int = bits_of(r for r, one in enumerate(self.by_rank) if one.pays)
        self.granting_bits: int = self.gates.everyone & ~self.paying_bits
        self.any_grants: bool = self.granting_bits != 0
        self.sum_bits: list[int] = [self._one_group_of_sums(offers) for offers in by_phase]

    def _one_group_of_sums(self, offers: Sequence[CompiledOffer]) -> int:
        """The offers of a phase's first exclusive group that take a plain sum off all goods: one of them gives."""
        plain = [one for one in offers if self._plain_sum(one)]
        return bits_of(one.rank for one in plain if one.offer.exclusive_group == plain[0].offer.exclusive_group)

    def _plain_sum(self, one: CompiledOffer) -> bool:
        exclusive = one.pays and one.offer.policy == "exclusive" and one.offer.limits in UNLIMITED
        return exclusive and one.way == AMOUNT_ONCE and one.rest is None and one.matcher is self.all_goods

    def _list_goods(self) -> None:
        ranks_of: dict[int, list[int]] = {}
        gifts: dict[str, list[tuple[int, int]]] = {}
        for compiled in self.by_rank:
            given = compiled.offer.reward.products()
            for product in sorted(set(given)):
                gifts.setdefault(product, []).append((compiled.rank, compiled.matcher.number))
            if not given:
                ranks_of.setdefault(compiled.matcher.number, []).append(compiled.rank)
        self.listing = Listing(self.selectors.matchers, ranks_of, gifts)
        broad = [(number, ranks_of[number]) for number in self.listing.broad if number in ranks_of]
        self.broad: list[tuple[int, int]] = [(number, bits_of(ranks)) for number, ranks in broad]
        # Those of them that are not among the sums of which one gives.
        sums = {rank for bits in self.sum_bits for rank in ranks_in(bits)}
        self.broad_others: list[int] = sorted({rank for _, ranks in broad for rank in ranks} - sums)

    def passing(self, basket: Basket, member: Member | None, moment: Moment) -> int:
        """The offers, as bits by rank, that the gates let through before any goods are looked at."""
        return self.gates.passing(basket, member, moment)

    def touched(self, goods: Goods, listed: Sequence[Listed], passing: int) -> dict[int, list[int]]:
        """Per offer (by its number) that passes and may touch the basket: the units, in canonical order."""
        found: dict[int, list[int]] = {}
        octets = passing.to_bytes(len(self.by_rank) // 8 + 1, "little")
        for a, one in enumerate(listed):
            for rank in one.ranks:
                if octets[rank >> 3] >> (rank & 7) & 1:
                    units = found.setdefault(self.by_rank[rank].number, [])
                    units.extend(range(goods.starts[a], goods.starts[a + 1]))
        for number, bits in self.broad:
            ranks = ranks_in(bits & passing)
            if not ranks:
                continue
            units = goods.units_of([a for a, one in enumerate(listed) if one.touchable and one.counts(number)])
            if units:
                for rank in ranks:
                    found[self.by_rank[rank].number] = units
        return found


def _goes_first(compiled: CompiledOffer) -> bool:
    return compiled.pays and compiled.offer.policy == "priority"


def compile_ruleset(
    campaigns: Sequence[Campaign], tariff: Tariff, version: int = 0, inactive: Mapping[str, str] | None = None
) -> Ruleset:
    """Index campaigns. ValueError when two offers share an id: usage is counted by offer id, so it must be unique."""
    table = SelectorTable()
    offers: list[CompiledOffer] = []
    seen: set[str] = set()
    for campaign in sorted(campaigns, key=lambda c: (c.campaign_id, c.version)):
        for offer in sorted(campaign.offers, key=lambda o: o.offer_id):
            if offer.offer_id in seen:
                raise ValueError(f"offer id {offer.offer_id} is used twice; every offer needs an id of its own")
            seen.add(offer.offer_id)
            matcher = table.of_target(offer.target)
            slots = [table.add(slot.selector) for slot in offer.reward.slots()]
            if slots:
                matcher = table.numbered(SlotMatcher(offer.target, slots))
            offers.append(CompiledOffer(campaign, offer, table, matcher))
    return Ruleset(offers, tariff, version, {} if inactive is None else inactive, table)
