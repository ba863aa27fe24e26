"""What the campaign page needs beside the form itself: chosen things with their names, and texts of the fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.names import Names
from backoffice.campaigns.sentences import clock_text
from backoffice.web.csv_out import decimal_text
from backoffice.web.format import amount_input

CHIPS_MAX: Final = 100
"""Chosen products shown one by one; a longer list (from an import) is kept as it is and only counted."""

STEP_ROWS: Final = 3
"""Rows for steps that the page shows at least; one of them is always empty."""


@dataclass(frozen=True)
class Chip:
    """One chosen thing: the hidden field it fills, its id, and its name."""

    field: str
    value: str
    label: str


def chips_of(form: CampaignForm, names: Names) -> dict[str, list[Chip]]:
    """The chosen goods and people of each picker of the page."""

    def chips(field: str, known: Mapping[str, str], ids: Iterable[str]) -> list[Chip]:
        return [Chip(field, each, known.get(each, each)) for each in ids]

    few = form.products if len(form.products) <= CHIPS_MAX else ()
    return {
        "target": [
            *chips("categories", names.categories, form.categories),
            *chips("products", names.products, few),
        ],
        "exclude": [
            *chips("exclude_categories", names.categories, form.exclude_categories),
            *chips("exclude_products", names.products, form.exclude_products),
        ],
        "free": chips("free_products", names.products, form.free_products),
        "members": chips("audience_members", names.members, form.audience_members[:CHIPS_MAX]),
        "not_members": chips("audience_not_members", names.members, form.audience_not_members[:CHIPS_MAX]),
    }


def texts_of(form: CampaignForm, currency: str) -> dict[str, str]:
    """The text of each typed field."""
    counts = {
        name: getattr(form, name)
        for name in (
            "uses_per_receipt",
            "uses_per_member",
            "uses_total",
            "points_extra",
            "visit_number",
            "away_days",
        )
    }
    return {
        "percent": _percent_input(form.percent_bp),
        "buy_percent": _percent_input(form.buy_percent_bp),
        "bundle_price": amount_input(form.bundle_price_minor, currency),
        "points_factor": _percent_input(None if form.points_factor_bp is None else form.points_factor_bp // 100),
        "amount": amount_input(form.amount_minor, currency),
        "minimum_spend": amount_input(form.minimum_spend_minor, currency),
        "budget": amount_input(form.budget_minor, currency),
        "discount_max": amount_input(form.discount_max_minor, currency),
        "from_time": "" if form.from_minute is None else clock_text(form.from_minute),
        "until_time": "" if form.until_minute is None else clock_text(form.until_minute),
        "offline_purchases": str(form.offline_purchases),
        **{name: "" if value is None else str(value) for name, value in counts.items()},
    }


def _percent_input(value_bp: int | None) -> str:
    return "" if value_bp is None else decimal_text(value_bp, 2).removesuffix(".00")


def steps_of(form: CampaignForm, currency: str) -> list[tuple[str, str]]:
    """The rows in which the steps of a ladder are typed: what is there, and empty ones."""
    rows = [(amount_input(step.from_minor, currency), amount_input(step.amount_minor, currency)) for step in form.steps]
    return [*rows, *[("", "")] * max(1, STEP_ROWS - len(rows))]
