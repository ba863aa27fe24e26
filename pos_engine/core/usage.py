"""What is left of limits and budgets when a sale is evaluated. Counting is done by whoever keeps the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class OfferLeft:
    """What one offer may still give. None: no such limit. Uses count applications, money is in minor units."""

    member_uses: int | None = None
    total_uses: int | None = None
    budget_minor: int | None = None


@dataclass(frozen=True)
class Usage:
    """Per offer id, what is left before this basket. An offer that is not named has its limits untouched."""

    offers: Mapping[str, OfferLeft] = field(default_factory=dict)
