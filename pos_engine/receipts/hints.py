"""Reasons as people read them: with the names of products instead of their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pos_engine.core.outcome import Outcome, Reason

PRODUCTS = "products"
"""The parameter in which a reason lists product numbers, separated by a comma and a space."""


def mentioned_products(outcome: Outcome) -> frozenset[str]:
    """Product numbers that the reasons of an outcome speak of."""
    return frozenset(product_id for reason in outcome.reasons for product_id in _listed(reason))


def with_names(reason: Reason, names: Mapping[str, str]) -> Reason:
    """The reason with each product's name where it is known."""
    listed = _listed(reason)
    if not listed:
        return reason
    spoken = ", ".join(names.get(product_id) or product_id for product_id in listed)
    return replace(reason, params={**reason.params, PRODUCTS: spoken})


def _listed(reason: Reason) -> tuple[str, ...]:
    listed = reason.params.get(PRODUCTS)
    return tuple(listed.split(", ")) if isinstance(listed, str) and listed else ()
