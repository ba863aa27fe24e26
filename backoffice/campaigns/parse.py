"""From the fields of the page to a `CampaignForm`. What cannot be read is collected, field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar

import msgspec
from werkzeug.datastructures import MultiDict

from backoffice.campaigns.form import CampaignForm
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.web.format import parse_amount, parse_percent

COUNT_MAX: Final = 1_000_000_000
PURCHASES_MAX: Final = 1_000
"""More purchases than a till makes in a long outage: then `open` is what is meant."""

KEPT_PRODUCTS: Final = "keep_products"
"""Field that says: keep the stored product list, which was too long to be put on the page."""

Value = TypeVar("Value")


@dataclass
class Problem:
    """Something that is wrong with a field, in words."""

    field: str
    text: str


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

    def purchases(self, name: str, stored: int) -> int:
        """How many purchases a till may not be able to check; zero is an answer."""
        return self.take(name, _purchases, stored) if name in self.fields else stored

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
        "offline": fields.get("offline", stored.offline),
        "offline_purchases": reader.purchases("offline_purchases", stored.offline_purchases),
    }
    for name in ("categories", "exclude_categories", "exclude_products", "store_ids", "group_ids"):
        values[name] = reader.several(name)
    for name in ("audience_groups", "audience_members"):
        values[name] = reader.several(name)
    for name in ("with_services", "skip_already_reduced", "minimum_on_targets", "combinable"):
        values[name] = reader.ticked(name)
    try:
        form = msgspec.convert(values, CampaignForm, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(_("The form was not complete: %(error)s", error=str(error))) from error
    return form, reader.problems


def _purchases(text: str) -> int:
    if not text.isdecimal() or int(text) > PURCHASES_MAX:
        raise InputError(_("“%(text)s” is not a number from 0 to %(max)s.", text=text, max=PURCHASES_MAX))
    return int(text)


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > 3_650:  # noqa: PLR2004 - ten years
        raise InputError(_("“%(text)s” is not a number of days up to ten years.", text=text))
    return int(text)
