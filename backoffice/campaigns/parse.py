"""From the fields of the page to a `CampaignForm`. What cannot be read is collected, field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar

import msgspec
from werkzeug.datastructures import MultiDict

from backoffice.audiences.holdout import PERCENT_MAX
from backoffice.audiences.parse import ROOT, read_tree
from backoffice.campaigns.form import RESULT_AFTER_DAYS_MAX, CampaignForm, Step
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.web.format import parse_amount, parse_percent

COUNT_MAX: Final = 1_000_000_000
COUPONS_MAX: Final = 5
"""Coupons of one campaign on one receipt: as many combinations of them as are tried exactly."""
STAMPS_MAX: Final = 1_000
PIECES_MAX: Final = 100
DAYS_AROUND_MAX: Final = 180
"""Days before or after a birthday: together they are a year."""
PURCHASES_MAX: Final = 1_000
"""More purchases than a till makes in a long outage: then `open` is what is meant."""

KEPT_PRODUCTS: Final = "keep_products"
"""Field that says: keep the stored product list, which was too long to be put on the page."""

Value = TypeVar("Value")


@dataclass
class Problem:
    """Something that is wrong with a field, in words. `needs_programme`: it is mended on the page of points."""

    field: str
    text: str
    needs_programme: bool = False


@dataclass
class _Reader:
    fields: MultiDict[str, str]
    currency: str
    problems: list[Problem] = field(default_factory=list)

    def take(self, name: str, read: Callable[[str], Value], otherwise: Value) -> Value:
        try:
            return read(self.fields.get(name, "").strip())
        except (InputError, ValueError) as error:
            text = str(error) if isinstance(error, InputError) else _("This cannot be read.")
            self.problems.append(Problem(name, text))
            return otherwise

    def money(self, name: str) -> int | None:
        return self.take(name, lambda text: parse_amount(text, self.currency), None)

    def count(self, name: str) -> int | None:
        return self.take(name, _count, None)

    def day(self, name: str, otherwise: date) -> date:
        return self.take(name, date.fromisoformat, otherwise)

    def days(self, name: str, stored: int) -> int:
        """A number of days. Only the form of next-visit coupons asks for them; the others keep what is stored."""
        return self.take(name, _days, stored) if name in self.fields else stored

    def number(self, name: str, stored: int, least: int, most: int) -> int:
        """A whole number within bounds; where the page does not ask for it, what is stored."""
        return self.take(name, lambda text: _number(text, least, most), stored) if name in self.fields else stored

    def percent(self, name: str, stored: int | None) -> int | None:
        return self.take(name, parse_percent, None) if name in self.fields else stored

    def steps(self) -> tuple[Step, ...]:
        """The rungs of a ladder: rows of two amounts; empty rows count for nothing."""
        rows = zip(self.fields.getlist("step_from"), self.fields.getlist("step_amount"), strict=False)
        try:
            read = [(parse_amount(spend, self.currency), parse_amount(amount, self.currency)) for spend, amount in rows]
        except InputError as error:
            self.problems.append(Problem("steps", str(error)))
            return ()
        return tuple(Step(from_minor=spend or 0, amount_minor=amount or 0) for spend, amount in read if spend or amount)

    def minute(self, name: str) -> int | None:
        return self.take(name, _minute, None)

    def several(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for value in self.fields.getlist(name) if value))

    def ticked(self, name: str) -> bool:
        return self.fields.get(name, "") == "1"


def _count(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) <= COUNT_MAX:
        raise InputError(_("“%(text)s” is not a number above zero.", text=text))
    return int(text)


def _minute(text: str) -> int | None:
    if not text:
        return None
    hour, _colon, minute = text.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):  # noqa: PLR2004 - a clock
        raise InputError(_("“%(text)s” is not a time of day like 14:30.", text=text))
    return int(hour) * 60 + int(minute)


def parse_form(fields: MultiDict[str, str], stored: CampaignForm, currency: str) -> tuple[CampaignForm, list[Problem]]:
    """The form that the page's fields say, and what could not be read. Kind and preset are those of `stored`."""
    reader = _Reader(fields, currency)
    products = stored.products if reader.ticked(KEPT_PRODUCTS) else reader.several("products")
    values: dict[str, Any] = {
        "kind": stored.kind,
        "preset": stored.preset,
        "name": " ".join(fields.get("name", "").split()),
        "starts_on": reader.day("starts_on", stored.starts_on),
        "ends_on": reader.day("ends_on", stored.ends_on),
        "reward": fields.get("reward", stored.reward),
        "percent_bp": reader.take("percent", parse_percent, None),
        "amount_minor": reader.money("amount"),
        "amount_each": reader.ticked("amount_each"),
        "free_products": reader.several("free_products"),
        "free_quantity": reader.count("free_quantity") or 1,
        "products": products,
        "weekdays": tuple(sorted(int(day) for day in reader.several("weekdays") if day in set("0123456"))),
        "from_minute": reader.minute("from_time"),
        "until_minute": reader.minute("until_time"),
        "who": fields.get("who", stored.who),
        "minimum_spend_minor": reader.money("minimum_spend"),
        "valid_from_days": reader.days("valid_from_days", stored.valid_from_days),
        "valid_for_days": reader.days("valid_for_days", stored.valid_for_days),
        "uses_per_receipt": reader.count("uses_per_receipt"),
        "uses_per_member": reader.count("uses_per_member"),
        "uses_total": reader.count("uses_total"),
        "budget_minor": reader.money("budget"),
        "discount_max_minor": reader.money("discount_max"),
        **_several_pieces(reader, stored),
        **_points(reader, stored),
        **_moments_of_a_member(reader, stored),
        **_audience(reader, stored),
        "audience_segment": fields.get("audience_segment", stored.audience_segment),
        "hold_out_percent": reader.number("hold_out_percent", stored.hold_out_percent, 0, PERCENT_MAX),
        "result_after_days": reader.number("result_after_days", stored.result_after_days, 1, RESULT_AFTER_DAYS_MAX),
        **_earned(reader, stored),
        "offline": fields.get("offline", stored.offline),
        "offline_purchases": reader.number("offline_purchases", stored.offline_purchases, 0, PURCHASES_MAX),
    }
    for name in ("categories", "exclude_categories", "exclude_products", "store_ids", "group_ids", "tier_ids"):
        values[name] = reader.several(name)
    for name in ("audience_groups", "audience_members", "audience_not_members"):
        values[name] = reader.several(name)
    for name in ("with_services", "skip_already_reduced", "minimum_on_targets", "combinable", "steps_repeat"):
        values[name] = reader.ticked(name)
    try:
        form = msgspec.convert({**_kept(stored), **values}, CampaignForm, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(_("The form was not complete: %(error)s", error=str(error))) from error
    return form, reader.problems


def _kept(stored: CampaignForm) -> dict[str, Any]:
    """What is stored for the kinds of reward that are not chosen: choosing another kind and back loses nothing."""
    names = ("buy_every", "buy_reduced", "buy_percent_bp", "buy_choice", "bundle_count", "bundle_price_minor", "steps")
    return {name: getattr(stored, name) for name in (*names, "points_factor_bp", "points_extra")}


def _several_pieces(reader: _Reader, stored: CampaignForm) -> dict[str, Any]:
    """Multi-buys and ladders. Fields of a kind that was not chosen keep what is stored."""
    chosen = reader.fields.get("reward", stored.reward)
    values: dict[str, Any] = {}
    if chosen == "multi_buy":
        values |= {
            "buy_every": reader.number("buy_every", stored.buy_every, 2, PIECES_MAX),
            "buy_reduced": reader.number("buy_reduced", stored.buy_reduced, 1, PIECES_MAX),
            "buy_percent_bp": reader.percent("buy_percent", stored.buy_percent_bp),
            "buy_choice": reader.fields.get("buy_choice", stored.buy_choice),
        }
    elif chosen == "bundle_price":
        values |= {
            "bundle_count": reader.number("bundle_count", stored.bundle_count, 2, PIECES_MAX),
            "bundle_price_minor": reader.money("bundle_price"),
        }
    elif chosen == "ladder":
        values |= {"steps": reader.steps()}
    return values


def _points(reader: _Reader, stored: CampaignForm) -> dict[str, Any]:
    chosen = reader.fields.get("reward", stored.reward)
    if chosen == "points_times":
        factor = reader.percent("points_factor", stored.points_factor_bp)
        return {"points_factor_bp": None if factor is None else factor * 100}
    return {"points_extra": reader.count("points_extra")} if chosen == "points_extra" else {}


def _moments_of_a_member(reader: _Reader, stored: CampaignForm) -> dict[str, Any]:
    """Around the birthday, on a certain visit, after some absence."""
    return {
        "birthday": reader.ticked("birthday"),
        "birthday_before": reader.number("birthday_before", stored.birthday_before, 0, DAYS_AROUND_MAX),
        "birthday_after": reader.number("birthday_after", stored.birthday_after, 0, DAYS_AROUND_MAX),
        "visit_number": reader.count("visit_number"),
        "visit_repeats": reader.ticked("visit_repeats"),
        "away_days": reader.count("away_days"),
    }


def _audience(reader: _Reader, stored: CampaignForm) -> dict[str, Any]:
    """Conditions of the campaign's own, built in its page, and whom they leave out: only the page of coupons asks."""
    if f"{ROOT}.join" not in reader.fields:
        return {name: getattr(stored, name) for name in ("audience_own", "audience_tree", "audience_not_segment")}
    read = read_tree(reader.fields, reader.currency)
    own = reader.ticked("audience_own")
    if own:
        reader.problems.extend(Problem(path, text) for path, text in read.problems.items())
    return {
        "audience_own": own,
        "audience_tree": read.tree,
        "audience_not_segment": reader.fields.get("audience_not_segment", stored.audience_not_segment),
    }


def _earned(reader: _Reader, stored: CampaignForm) -> dict[str, Any]:
    """Coupons that are earned, and stamp cards: only their pages ask."""
    fields = reader.fields
    return {
        "coupon_medium": fields.get("coupon_medium", stored.coupon_medium),
        "coupons_per_receipt": reader.number("coupons_per_receipt", stored.coupons_per_receipt, 1, COUPONS_MAX),
        "stamp_card": " ".join(fields.get("stamp_card", stored.stamp_card).split()),
        "stamp_goal": reader.number("stamp_goal", stored.stamp_goal, 1, STAMPS_MAX),
        "stamp_each": reader.ticked("stamp_each") if "stamp_goal" in fields else stored.stamp_each,
    }


def _number(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise InputError(_("“%(text)s” is not a number from %(least)s to %(most)s.", text=text, least=least, most=most))
    return int(text)


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > 3_650:  # noqa: PLR2004 - ten years
        raise InputError(_("“%(text)s” is not a number of days up to ten years.", text=text))
    return int(text)
