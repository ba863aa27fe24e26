"""Reading the page's fields, saying what is wrong, and saying the campaign in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import msgspec
import pytest
from werkzeug.datastructures import MultiDict

from backoffice.campaigns.form import CampaignForm, Step
from backoffice.campaigns.names import Names
from backoffice.campaigns.offline import offline_sentences
from backoffice.campaigns.parse import parse_form
from backoffice.campaigns.presets import form_of_preset
from backoffice.campaigns.problems import problems_of
from backoffice.campaigns.sentences import describe
from tests.support.office import OfficeBench

TODAY = date(2026, 11, 23)
NAMES = Names(
    categories={"bread": "Bread", "main": "Main dishes"},
    products={"1": "Cappuccino", "2": "Rye bread"},
    groups={"regulars": "Regulars"},
    stores={"s1": "Main Street"},
    members={"m1": "Anna Becker"},
    tiers={"gold": "Gold"},
)
GOOD = CampaignForm(name="X", starts_on=TODAY, ends_on=date(2026, 12, 24), percent_bp=1000)
STEPS = (Step(from_minor=5000, amount_minor=500), Step(from_minor=10_000, amount_minor=1200))


@pytest.fixture
def in_english(bench: OfficeBench) -> Iterator[None]:
    with bench.app.test_request_context(headers={"Accept-Language": "en"}):
        yield


@pytest.fixture
def in_german(bench: OfficeBench) -> Iterator[None]:
    with bench.app.test_request_context(headers={"Accept-Language": "de"}):
        yield


def start(preset: str = "weekday_percent") -> CampaignForm:
    form = form_of_preset(preset, TODAY)
    assert form is not None
    return form


FIELDS = MultiDict(
    [
        ("name", "  Monday   treat "),
        ("starts_on", "2026-11-23"),
        ("ends_on", "2026-12-24"),
        ("reward", "percent"),
        ("percent", "12,5"),
        ("weekdays", "4"),
        ("weekdays", "0"),
        ("from_time", "14:30"),
        ("until_time", "17:00"),
        ("who", "groups"),
        ("group_ids", "regulars"),
        ("minimum_spend", "20"),
        ("minimum_on_targets", "1"),
        ("categories", "bread"),
        ("categories", "bread"),
        ("products", "2"),
        ("exclude_products", "1"),
        ("uses_per_receipt", "1"),
        ("budget", "1'000.00"),
        ("combinable", "1"),
    ]
)


@pytest.mark.usefixtures("in_english")
def test_the_fields_of_the_page_become_the_form() -> None:
    form, problems = parse_form(FIELDS, start(), "EUR")
    assert problems == []
    assert form.name == "Monday treat"
    assert (form.percent_bp, form.weekdays) == (1250, (0, 4))
    assert (form.from_minute, form.until_minute) == (870, 1020)
    assert (form.categories, form.products, form.exclude_products) == (("bread",), ("2",), ("1",))
    assert (form.minimum_spend_minor, form.budget_minor, form.uses_per_receipt) == (2000, 100_000, 1)
    assert form.combinable
    assert form.minimum_on_targets
    assert problems_of(form, NAMES, TODAY) == []


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("percent", "ten"),
        ("starts_on", "tomorrow"),
        ("from_time", "25:00"),
        ("minimum_spend", "1.2345"),
        ("uses_total", "-1"),
        ("valid_for_days", "99999"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(field: str, typed: str) -> None:
    fields = MultiDict(FIELDS)
    fields[field] = typed
    _form, problems = parse_form(fields, start(), "EUR")
    assert [problem.field for problem in problems] == [field]


@pytest.mark.usefixtures("in_english")
def test_a_long_product_list_from_an_import_is_kept() -> None:
    stored = msgspec.structs.replace(start(), products=tuple(str(n) for n in range(500)))
    fields = MultiDict(FIELDS)
    fields["keep_products"] = "1"
    form, _problems = parse_form(fields, stored, "EUR")
    assert form.products == stored.products


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"ends_on": date(2026, 11, 22)}, "ends_on"),
        ({"starts_on": date(2026, 1, 1), "ends_on": date(2026, 2, 1)}, "ends_on"),
        ({"weekdays": (6,), "ends_on": TODAY}, "weekdays"),
        ({"from_minute": 60, "until_minute": 60}, "until_time"),
        ({"who": "groups"}, "group_ids"),
        ({"kind": "coupon"}, "audience_groups"),
        ({"percent_bp": None}, "percent"),
        ({"percent_bp": 10_001}, "percent"),
        ({"reward": "amount"}, "amount"),
        ({"reward": "free"}, "free_products"),
        ({"minimum_spend_minor": 0}, "minimum_spend"),
        ({"categories": ("gone",)}, "categories"),
        ({"exclude_products": ("gone",)}, "exclude_products"),
        ({"store_ids": ("gone",)}, "store_ids"),
        ({"kind": "coupon", "audience_members": ("stranger",)}, "audience_members"),
        ({"reward": "multi_buy", "buy_reduced": 3}, "buy_reduced"),
        ({"reward": "multi_buy", "buy_percent_bp": None}, "buy_percent"),
        ({"reward": "bundle_price"}, "bundle_price"),
        ({"reward": "ladder"}, "steps"),
        ({"reward": "ladder", "steps": (Step(from_minor=100, amount_minor=200),)}, "steps"),
        ({"reward": "ladder", "steps": STEPS[::-1]}, "steps"),
        ({"reward": "points_times", "points_factor_bp": 10_000}, "points_factor"),
        ({"reward": "points_times", "kind": "next_visit"}, "reward"),
        ({"reward": "points_extra"}, "points_extra"),
        ({"kind": "next_visit", "coupons_per_receipt": 2}, "minimum_spend"),
        ({"kind": "next_visit", "coupons_per_receipt": 2, "minimum_spend_minor": 1, "uses_total": 9}, "uses_total"),
        ({"kind": "stamps", "reward": "free"}, "stamp_card"),
        ({"kind": "stamps", "stamp_card": "x" * 31}, "stamp_card"),
        ({"kind": "stamps", "stamp_card": "Coffee", "reward": "multi_buy"}, "reward"),
        ({"kind": "stamps", "stamp_card": "Coffee", "valid_for_days": 0}, "valid_for_days"),
        ({"who": "tiers"}, "tier_ids"),
        ({"who": "tiers", "tier_ids": ("gone",)}, "tier_ids"),
    ],
)
def test_what_keeps_a_campaign_from_being_published(changes: dict[str, object], field: str) -> None:
    assert problems_of(GOOD, NAMES, TODAY) == []
    problems = problems_of(msgspec.structs.replace(GOOD, **changes), NAMES, TODAY)
    assert [problem.field for problem in problems] == [field]
    assert problems[0].text


@pytest.mark.usefixtures("in_english")
def test_v6_in_words() -> None:
    form = msgspec.structs.replace(GOOD, categories=("main",), weekdays=(0,), exclude_products=("2",))
    assert describe(form, NAMES, "EUR")[0] == "10% off Main dishes, but not Rye bread."
    assert "On: Monday." in describe(form, NAMES, "EUR")


@pytest.mark.usefixtures("in_english")
def test_what_cards_remember_costs_nothing_and_says_for_whom_it_does_not_hold() -> None:
    form = msgspec.structs.replace(GOOD, kind="coupon", offline="card")
    by_card, others = offline_sentences(form, 3, "EUR")
    assert "Worst loss each time the line is down: €0.00." in by_card
    assert others.startswith("With any other card")


@pytest.mark.usefixtures("in_english")
def test_a_coupon_says_who_holds_it() -> None:
    form = msgspec.structs.replace(GOOD, kind="coupon", audience_groups=("regulars",), audience_members=("m1",))
    assert "Held by the cards of: Regulars and 1 chosen member." in describe(form, NAMES, "EUR")


@pytest.mark.usefixtures("in_english")
def test_points_cannot_be_multiplied_where_nobody_earns_any() -> None:
    form = msgspec.structs.replace(GOOD, reward="points_times")
    assert problems_of(form, NAMES, TODAY) == []
    (problem,) = problems_of(form, replace(NAMES, earns_points=False), TODAY)
    assert "set up the points programme first" in problem.text


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reward": "multi_buy"}, "Of every 3 pieces of the whole basket the cheapest is free."),
        (
            {"reward": "multi_buy", "buy_every": 5, "buy_reduced": 2, "buy_percent_bp": 5000},
            "Of every 5 pieces of the whole basket the 2 cheapest are 50% off.",
        ),
        (
            {"reward": "multi_buy", "buy_choice": "cheapest", "categories": ("bread",)},
            "For every 3 pieces of Bread: 1 free, the cheapest of the whole purchase.",
        ),
        ({"reward": "bundle_price", "bundle_price_minor": 500}, "Any 3 of the whole basket for €5.00."),
        ({"reward": "ladder", "steps": STEPS}, "On the whole basket: €5.00 off from €50.00, €12.00 off from €100.00."),
        (
            {"reward": "ladder", "steps": STEPS[:1], "steps_repeat": True},
            "€5.00 off for each full €50.00 spent on the whole basket.",
        ),
        ({"reward": "ladder", "steps": STEPS, "steps_repeat": True}, "And €12.00 more for each further full €100.00."),
        ({"reward": "points_times", "points_factor_bp": 15_000}, "Points count 1.5 times on the whole basket."),
        ({"reward": "points_extra", "points_extra": 50}, "50 points more on each receipt."),
        (
            {"kind": "next_visit", "coupons_per_receipt": 3, "minimum_spend_minor": 10_000},
            "One for each full such amount, at most 3 on a receipt; they can be used together.",
        ),
        ({"budget_minor": 20_000}, "Ends when €200.00 were given."),
        ({"budget_minor": 20_000, "coupons_per_receipt": 3}, "Ends when €200.00 were given."),
        (
            {
                "kind": "next_visit",
                "coupons_per_receipt": 3,
                "minimum_spend_minor": 10_000,
                "budget_minor": 20_000,
            },
            "has the budget of €200.00 for itself: at most €600.00 in all.",
        ),
        (
            {"kind": "stamps", "reward": "free", "stamp_card": "Coffee", "categories": ("main",)},
            "9 stamps fill the card “Coffee”; a coupon comes onto it, good for 28 days. Then: one of these for free.",
        ),
        ({"who": "tiers", "tier_ids": ("gold",)}, "For members who are Gold."),
        ({"birthday": True}, "From 3 days before the member's birthday to 3 days after it."),
        ({"birthday": True, "birthday_before": 0, "birthday_after": 0}, "On the member's birthday."),
        ({"visit_number": 1}, "On the member's first visit."),
        ({"visit_number": 10, "visit_repeats": True}, "On every 10. visit of a member."),
        ({"visit_number": 5}, "On a member's 5. visit."),
        ({"away_days": 60}, "For members who were not here for 60 days."),
    ],
)
def test_each_kind_in_words(changes: dict[str, object], said: str) -> None:
    form = msgspec.structs.replace(GOOD, **changes)
    assert said in " ".join(describe(form, NAMES, "EUR"))


@pytest.mark.usefixtures("in_german")
def test_the_same_in_german() -> None:
    form = msgspec.structs.replace(
        GOOD, reward="amount", amount_minor=500, minimum_spend_minor=5000, weekdays=(0,), categories=("bread",)
    )
    text = " ".join(describe(form, NAMES, "EUR"))
    assert "5,00\u00a0€" in text
    assert "50,00\u00a0€" in text
    assert "Montag" in text
    assert "Rabatt" in text
