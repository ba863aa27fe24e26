"""Small breaking patches of the rule core, at least one for each law, with the tests that must see them.

A patch is the text that stands in the source and the text that replaces it; the text must occur exactly once, so that a
patch which no longer fits the source is noticed and not skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

CORE = "tests/unit/pos_engine/core"
LAWS = f"{CORE}/test_laws_every_kind.py"


@dataclass(frozen=True)
class Patch:
    """`law`: number of the law it breaks. `says`: what a careless colleague would have done."""

    law: int
    says: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...]


PATCHES: tuple[Patch, ...] = (
    Patch(
        1,
        "goods stay in the order of scanning",
        "pos_engine/core/goods.py",
        "self.keys: list[ArticleKey] = sorted(found)",
        "self.keys: list[ArticleKey] = list(found)",
        (
            f"{LAWS}::test_law_1_between_equal_prices_the_goods_decide_and_not_the_order_of_scanning",
            f"{LAWS}::test_law_1_lines_and_their_order_change_no_total",
        ),
    ),
    Patch(
        2,
        "a discount now may lose a threshold later, and nobody looks back",
        "pos_engine/core/solve.py",
        "        Alternatives(self, phase, course, facts, searches, plans, grants).run()\n",
        "",
        (
            f"{LAWS}::test_law_2_a_threshold_of_a_later_phase_is_not_lost_silently",
            f"{LAWS}::test_law_2_one_more_campaign_never_raises_the_price",
        ),
    ),
    Patch(
        2,
        "sparing a coupon counts more than the price",
        "pos_engine/core/claims.py",
        "return (self.saving_minor, -self.coupons) > (other.saving_minor, -other.coupons)",
        "return (-self.coupons, self.saving_minor) > (-other.coupons, other.saving_minor)",
        (
            f"{LAWS}::test_law_2_one_more_campaign_never_raises_the_price",
            f"{CORE}/test_best_price.py::test_the_best_price_is_the_judges",
        ),
    ),
    Patch(
        3,
        "the lowest price of an article is forgotten",
        "pos_engine/core/terms.py",
        "floor = max(self.floor_minor, self.floors[unit]) if self.floors else self.floor_minor",
        "floor = self.floor_minor",
        (f"{LAWS}::test_law_3_nothing_below_zero_or_below_its_floor",),
    ),
    Patch(
        3,
        "books get a discount like everything else",
        "pos_engine/core/selectors.py",
        'frozenset({"deposit", "price_fixed"})',
        'frozenset({"deposit"})',
        (f"{LAWS}::test_law_3_nothing_below_zero_or_below_its_floor",),
    ),
    Patch(
        4,
        "the cents that rounding leaves over are dropped",
        "pos_engine/core/money.py",
        "for i in order[: magnitude - sum(shares)]:",
        "for i in order[:0]:",
        (f"{CORE}/test_documented_cases.py::test_ten_off_three_equal_lines_sums_to_ten",),
    ),
    Patch(
        4,
        "the discount is missing from the VAT",
        "pos_engine/core/report.py",
        "sums[rate] = (value + total.value_minor, discount + total.discount_minor)",
        "sums[rate] = (value + total.value_minor, discount)",
        (f"{LAWS}::test_law_4_the_parts_sum_to_the_whole",),
    ),
    Patch(
        5,
        "the shelf price is refunded",
        "pos_engine/core/returns.py",
        "paid[UnitPlace(share.line_id, share.unit_index)] -= share.amount_minor",
        "paid[UnitPlace(share.line_id, share.unit_index)] -= 0",
        (f"{LAWS}::test_law_5_everything_comes_back_exactly_and_only_once",),
    ),
    Patch(
        5,
        "bringing goods back may cost the customer money",
        "pos_engine/core/returns.py",
        "total = max(lowest, min(highest, sum(after_minor.values())))",
        "total = sum(after_minor.values())",
        (
            f"{CORE}/test_repricing.py::test_what_a_shopkeeper_expects",
            f"{LAWS}::test_law_5_everything_comes_back_exactly_and_only_once",
        ),
    ),
    Patch(
        5,
        "points stay when the goods go",
        "pos_engine/core/returns.py",
        "points = sum(share.points for share in shares)",
        "points = 0",
        (f"{LAWS}::test_law_5_everything_comes_back_exactly_and_only_once",),
    ),
    Patch(
        6,
        "a unit that an offer picked is free for the next one",
        "pos_engine/core/turns.py",
        "gone = turn.gone | frozenset(entry.units)",
        "gone = turn.gone",
        (f"{LAWS}::test_law_6_a_unit_is_consumed_once_a_phase_and_never_bought_and_free", f"{CORE}/test_laws.py"),
    ),
    Patch(
        6,
        "what is bought can be got for nothing too",
        "pos_engine/core/rewards/buy_get.py",
        "for unit in got if unit not in taken and",
        "for unit in got if",
        (
            f"{CORE}/rewards/test_buy_get.py::test_what_is_bought_is_not_got",
            f"{LAWS}::test_law_6_a_unit_is_consumed_once_a_phase_and_never_bought_and_free",
        ),
    ),
    Patch(
        7,
        "a limit per day is asked for the first use only",
        "pos_engine/core/terms.py",
        "    return least(whole, *(left_in_period(limit, left) for limit in limits.per_period))",
        "    return whole",
        (
            f"{LAWS}::test_law_7_a_limit_holds_inside_one_basket_and_across_baskets",
            f"{CORE}/test_period_limits.py::test_the_least_of_several_limits_holds_inside_one_basket",
        ),
    ),
    Patch(
        7,
        "every receipt has the whole budget again",
        "pos_engine/core/terms.py",
        "return least(limits.discount_max_minor, limits.budget_minor if left.budget_minor is None",
        "return least(limits.discount_max_minor, limits.budget_minor if limits",
        (
            f"{LAWS}::test_law_7_a_limit_holds_inside_one_basket_and_across_baskets",
            f"{LAWS}::test_law_7_two_receipts_share_one_budget",
        ),
    ),
    Patch(
        8,
        "weighed goods are left out",
        "pos_engine/core/goods.py",
        "if price <= 0 or line.quantity <= 0:",
        "if price <= 0 or line.quantity <= 0 or line.measure:",
        (f"{LAWS}::test_law_8_weighed_goods_are_one_unit_and_no_number_is_a_float",),
    ),
    Patch(
        8,
        "a percentage becomes a float",
        "pos_engine/core/rewards/percent.py",
        "return divide_half_up(value_minor * percent_bp, BASIS_POINTS_WHOLE)",
        "return value_minor * percent_bp / BASIS_POINTS_WHOLE",
        (f"{LAWS}::test_law_8_weighed_goods_are_one_unit_and_no_number_is_a_float",),
    ),
    Patch(
        9,
        "ties go to the campaign that was loaded first",
        "pos_engine/core/ruleset.py",
        "for campaign in sorted(campaigns, key=lambda c: (c.campaign_id, c.version)):",
        "for campaign in campaigns:",
        (f"{LAWS}::test_law_9_same_inputs_same_bytes",),
    ),
)
