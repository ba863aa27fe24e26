"""Results that others published, for a shop that has none of its own yet. They are always labelled as what they are.

Source: Solware Auto, Solware Performance, results of garages in France per family of work: how many of those who were
written to returned within 90 days, revenue for each unit of currency spent on messages, and how many of those who
returned came for what the message was about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class PublishedResult:
    """One family of work. Shares in basis points; `revenue_per_unit_e2`: hundredths of a unit for each unit spent."""

    family: str
    returned_bp: int
    revenue_per_unit_e2: int
    same_motive_bp: int


RESULTS: Final = (
    PublishedResult("air_conditioning", 544, 503, 4500),
    PublishedResult("tyres", 676, 810, 2600),
    PublishedResult("dampers", 565, 614, 600),
    PublishedResult("brakes", 624, 871, 2400),
    PublishedResult("technical_inspection", 1615, 2161, 0),
    PublishedResult("timing_belt", 691, 955, 1400),
    PublishedResult("oil_and_service", 808, 841, 5500),
)
ALL: Final = PublishedResult("all", 800, 965, 2400)
"""All families together, as published; no mean of the rows above."""
VALIDATED_BP: Final = 3800
"""Of the proposed contacts, those that garages wanted to be made."""
MEAN_ORDER_UNITS: Final = 291
"""Of a work order that followed, in whole units of currency (EUR)."""
OTHER_VEHICLE_BP: Final = 2500
"""Of those who returned, with another vehicle than the one the message was about."""
