"""Families and operations as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from backoffice.i18n import _l
from backoffice.workshop.operations import Family

FAMILY_WORDS: Final[Mapping[str, str]] = {
    Family.BRAKES: _l("Brakes"),
    Family.DAMPERS: _l("Shock absorbers"),
    Family.SERVICE: _l("Oil and service"),
    Family.TIMING_BELT: _l("Timing belt"),
    Family.INSPECTION: _l("Technical inspection"),
    Family.TYRES: _l("Tyres"),
    Family.AIR_CONDITIONING: _l("Air conditioning"),
}

OPERATION_WORDS: Final[Mapping[str, str]] = {
    "": _l("nothing known"),
    "brake_pads": _l("brake pads"),
    "brake_discs": _l("brake discs"),
    "brake_drums": _l("brake drums or shoes"),
    "brake_fluid": _l("brake fluid"),
    "brake_check": _l("check of the brakes"),
    "brake_repair": _l("other work on the brakes"),
    "dampers": _l("shock absorbers replaced"),
    "damper_check": _l("check of the shock absorbers"),
    "service": _l("service carried out"),
    "oil_change": _l("oil change"),
    "filters": _l("air or fuel filter"),
    "spark_plugs": _l("spark plugs"),
    "timing_belt": _l("timing belt or chain replaced"),
    "timing_belt_check": _l("check of the timing belt"),
    "technical_inspection": _l("technical inspection passed or prepared"),
    "emissions_test": _l("emissions test"),
    "tyres_new": _l("new tyres"),
    "wheel_change": _l("seasonal change of wheels"),
    "tyre_storage": _l("storage of tyres"),
    "tyre_repair": _l("tyre repair"),
    "wheel_balancing": _l("wheel balancing"),
    "air_con_service": _l("air conditioning serviced"),
    "air_con_repair": _l("air conditioning repaired"),
    "cabin_filter": _l("cabin filter"),
    "wheel_alignment": _l("wheel alignment"),
    "suspension": _l("suspension"),
    "auxiliary_belt": _l("auxiliary belt"),
    "gearbox": _l("gearbox"),
    "clutch": _l("clutch"),
    "cooling": _l("cooling"),
    "exhaust": _l("exhaust"),
    "battery": _l("battery"),
    "lighting": _l("lighting"),
    "wipers": _l("wipers"),
    "glass": _l("windscreen and windows"),
    "paint": _l("paint work"),
    "body": _l("body work"),
    "insurance": _l("insurance work"),
    "accessories": _l("accessories"),
    "rims": _l("rims"),
    "diagnosis": _l("diagnosis"),
    "recall": _l("recall"),
    "cleaning": _l("cleaning"),
    "hire_car": _l("replacement car"),
    "sundries": _l("sundries and disposal"),
}
