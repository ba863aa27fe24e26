"""Every policy against the judge that tries everything; what the random shops really met is counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign
from pos_engine.core.outcome import Outcome
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from tests.support.oracle import best_saving
from tests.support.pricing import price
from tests.support.pricing_policies import floored_baskets, grouped_shops, policy_shops

QUICK = settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
"""Always the same examples, so that the counts are no matter of luck; `LONG` draws new ones."""

LONG = settings(max_examples=2_500, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])

SEEN = {"priority", "stacked on a unit", "two groups won", "of shelf", "at its floor", "group lost", "several phases"}
"""What must occur among the outcomes of a run, each at least `SEEN_MIN` times."""

SEEN_MIN = 3


def met(shop: tuple[Campaign, ...], basket: Basket, outcome: Outcome) -> set[str]:
    """What of `SEEN` this outcome shows."""
    offers = {offer.offer_id: offer for campaign in shop for offer in campaign.offers}
    given = [offers[applied.offer_id] for applied in outcome.applied]
    found = {"priority" for offer in given if offer.policy == "priority"}
    found |= {"of shelf" for offer in given if isinstance(offer.reward, PercentOfShelf)}
    won = {offer.exclusive_group for offer in given if offer.policy == "exclusive"}
    if len(won) > 1:
        found.add("two groups won")
    if any(o.policy == "exclusive" and o.exclusive_group in won and o not in given for o in offers.values()):
        found.add("group lost")
    if len({offer.phase for offer in given}) > 1:
        found.add("several phases")
    stacked = Counter(
        (share.line_id, share.unit_index) for share in outcome.shares if offers[share.offer_id].policy == "stack"
    )
    if any(count > 1 for count in stacked.values()):
        found.add("stacked on a unit")
    floors = {line.line_id: line.unit_price_floor_minor for line in basket.lines}
    if any(row.discount_minor and row.due_minor == floors[row.line_id] > 0 for row in outcome.lines):
        found.add("at its floor")
    return found


def judge(shop: tuple[Campaign, ...], basket: Basket) -> Outcome:
    """With much effort and with little; the outcome is that of much effort."""
    best = best_saving(shop, basket)
    outcomes = [price(shop, basket, effort=effort) for effort in (200_000, 2)]
    for outcome in outcomes:
        note(f"solver {outcome.total_discount_minor}, judge {best}, {outcome.certificate}")
        reached = outcome.total_discount_minor
        gap = 0 if outcome.certificate.optimal else outcome.certificate.gap_minor
        assert reached <= best <= reached + gap
    return outcomes[0]


def judged(shops: Any, examples: settings, wanted: set[str]) -> None:
    """Judge random shops; all that is wanted was met."""
    seen: Counter[str] = Counter()

    @examples
    @given(shops, floored_baskets(4))
    def play(shop: tuple[Campaign, ...], basket: Basket) -> None:
        seen.update(met(shop, basket, judge(shop, basket)))

    play()
    missed = {what: seen[what] for what in wanted if seen[what] < SEEN_MIN}
    assert not missed, f"hardly ever met: {missed}; met: {dict(seen)}"


def test_every_policy_is_priced_as_the_judge_does() -> None:
    judged(policy_shops(3), QUICK, SEEN)


def test_multi_buys_in_several_groups_are_priced_as_the_judge_does() -> None:
    judged(grouped_shops(3), QUICK, {"priority", "group lost", "at its floor"})


@pytest.mark.slow
@pytest.mark.parametrize("shops", [policy_shops(4), grouped_shops(4)], ids=["policies", "grouped"])
def test_at_length(shops: Any) -> None:
    judged(shops, LONG, set())
