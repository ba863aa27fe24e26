"""Whose clock a member lives by: the country of the phone number says it, where that country has one clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from backoffice.members.personal import Person
from backoffice.messaging.numbers import region_of_number, zones_of


def zone_of_person(person: Person, default: str, now: datetime) -> str:
    """The member's time zone where it is known, else `default`, the store's.

    A country with several clocks at `now` says nothing; the store's own country is on the store's clock.
    """
    region = region_of_number(person.phone, default) if person.phone else ""
    zones = zones_of(region) if region else []
    if not zones or default in zones:
        return default
    clocks = {now.astimezone(ZoneInfo(zone)).utcoffset() for zone in zones}
    return zones[0] if len(clocks) == 1 else default
