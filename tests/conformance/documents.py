"""Writing our documents out of a recorded case: plain JSON, as a shop's back-office would send it to a till."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

AT = "2026-11-21T12:00:00+00:00"
"""The instant of a sale whose case names none."""

ALWAYS: Json = {"kind": "all", "conditions": []}


class CannotSayError(Exception):
    """Our documents have no words for what a case asks; the message says for what."""


@dataclass(frozen=True)
class Documents:
    """What `pos-engine evaluate` is given: the files' bytes, None for one that is left out, and the instant."""

    campaigns: bytes
    basket: bytes
    member: bytes | None = None
    usage: bytes | None = None
    at: str = AT


def minor(amount: object, digits: int = 2) -> int:
    """An amount of the source, in its currency's main unit, as minor units; CannotSayError below a cent."""
    exact = Decimal(str(amount)).scaleb(digits)
    if exact != int(exact):
        raise CannotSayError(f"a price of {amount} has parts of a cent; a till's prices are whole cents")
    return int(exact)


def basis_points(percent: object) -> int:
    """A percentage of the source as basis points."""
    return int(Decimal(str(percent)) * 100)


def selector(products: Sequence[str] = (), categories: Sequence[str] = (), **more: object) -> Json:
    """A selector; with nothing named it means everything."""
    return {"products": list(products), "categories": list(categories), **more}


def all_of(*conditions: Json) -> Json:
    """Every condition, as short as it can be said."""
    found = [condition for condition in conditions if condition != ALWAYS]
    return found[0] if len(found) == 1 else {"kind": "all", "conditions": found}


def spend(amount_minor: int, wanted: Json | None = None, measured: str = "before") -> Json:
    """The goods are worth at least so much."""
    return {
        "kind": "minimum_spend",
        "amount_minor": amount_minor,
        "selector": wanted or selector(),
        "measured": measured,
    }


def quantity(units: int, wanted: Json | None = None) -> Json:
    """So many units are in the basket."""
    return {"kind": "minimum_quantity", "quantity": units, "selector": wanted or selector()}


def distinct(products: int, wanted: Json | None = None) -> Json:
    """So many different products are in the basket."""
    return {"kind": "distinct_products", "count": products, "selector": wanted or selector()}


def ranked(offers: Sequence[Json]) -> list[Json]:
    """Offers in the order in which they have their turn, written as falling priority."""
    return [offer | {"priority": len(offers) - place} for place, offer in enumerate(offers)]


def campaigns_file(offers: Sequence[Json], *, prices_include_tax: bool = True, currency: str = "EUR") -> bytes:
    """All offers in one campaign that runs all year; with no offer there is no campaign."""
    tariff = {
        "currency": currency,
        "cash_step_minor": 1,
        "prices_include_tax": prices_include_tax,
        "unknown_vat_bp": 0,
    }
    campaign = {
        "campaign_id": "recorded",
        "version": 1,
        "name": "Recorded",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "offers": list(offers),
    }
    return json.dumps({"wire_version": 1, "tariff": tariff, "campaigns": [campaign] if offers else []}).encode()


def basket_file(lines: Sequence[Json], **more: object) -> bytes:
    """A basket of one store."""
    return json.dumps({"store_id": "s1", "lines": list(lines), **more}).encode()
