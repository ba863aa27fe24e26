"""What a line of a work order can have been: an operation, in one of the seven families or in none.

An operation that `renews` begins its family's interval anew; the others (a check, a seasonal change of wheels) belong
to the family and leave its next due date where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Family(StrEnum):
    """What a garage predicts and writes to customers about."""

    BRAKES = "brakes"
    DAMPERS = "dampers"
    SERVICE = "service"
    TIMING_BELT = "timing_belt"
    INSPECTION = "inspection"
    TYRES = "tyres"
    AIR_CONDITIONING = "air_conditioning"


class Meaning(NamedTuple):
    """The family of an operation, None: none of the seven; and whether it begins the family's interval anew."""

    family: Family | None = None
    renews: bool = False


OPERATIONS: Final[Mapping[str, Meaning]] = {
    "brake_pads": Meaning(Family.BRAKES, renews=True),
    "brake_discs": Meaning(Family.BRAKES, renews=True),
    "brake_drums": Meaning(Family.BRAKES, renews=True),
    "brake_fluid": Meaning(Family.BRAKES),
    "brake_check": Meaning(Family.BRAKES),
    "brake_repair": Meaning(Family.BRAKES),
    "dampers": Meaning(Family.DAMPERS, renews=True),
    "damper_check": Meaning(Family.DAMPERS),
    "service": Meaning(Family.SERVICE, renews=True),
    "oil_change": Meaning(Family.SERVICE, renews=True),
    "filters": Meaning(Family.SERVICE),
    "spark_plugs": Meaning(Family.SERVICE),
    "timing_belt": Meaning(Family.TIMING_BELT, renews=True),
    "timing_belt_check": Meaning(Family.TIMING_BELT),
    "technical_inspection": Meaning(Family.INSPECTION, renews=True),
    "emissions_test": Meaning(Family.INSPECTION),
    "tyres_new": Meaning(Family.TYRES, renews=True),
    "wheel_change": Meaning(Family.TYRES),
    "tyre_storage": Meaning(Family.TYRES),
    "tyre_repair": Meaning(Family.TYRES),
    "wheel_balancing": Meaning(Family.TYRES),
    "air_con_service": Meaning(Family.AIR_CONDITIONING, renews=True),
    "air_con_repair": Meaning(Family.AIR_CONDITIONING),
    "cabin_filter": Meaning(Family.AIR_CONDITIONING),
    "wheel_alignment": Meaning(),
    "suspension": Meaning(),
    "auxiliary_belt": Meaning(),
    "gearbox": Meaning(),
    "clutch": Meaning(),
    "cooling": Meaning(),
    "exhaust": Meaning(),
    "battery": Meaning(),
    "lighting": Meaning(),
    "wipers": Meaning(),
    "glass": Meaning(),
    "paint": Meaning(),
    "body": Meaning(),
    "insurance": Meaning(),
    "accessories": Meaning(),
    "rims": Meaning(),
    "diagnosis": Meaning(),
    "recall": Meaning(),
    "cleaning": Meaning(),
    "hire_car": Meaning(),
    "sundries": Meaning(),
}
"""Names that stand in the database and in rules: an operation may be added, never renamed."""


def family_of(operation: str) -> str:
    """The family as the database keeps it, empty for none and for what is no operation."""
    family = OPERATIONS.get(operation, Meaning()).family
    return family.value if family is not None else ""


def renews(operation: str) -> bool:
    """Whether the family's interval begins anew with it."""
    return OPERATIONS.get(operation, Meaning()).renews
