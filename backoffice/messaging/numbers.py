"""Phone numbers as the network knows them (E.164), and the marks by which one is known again."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import phonenumbers

from backoffice.consent.addresses import mark_of
from backoffice.consent.kinds import Channel
from backoffice.vault import Vault

COUNTRY_COLUMN, ZONE_COLUMN = 0, 2
NO_REGION: Final = "ZZ"
"""How the library calls "nowhere": only numbers that begin with + are understood."""


@cache
def _regions() -> dict[str, str]:
    """Time zone → its country (tz database, zone.tab)."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {row[ZONE_COLUMN]: row[COUNTRY_COLUMN] for row in rows if len(row) > ZONE_COLUMN}


def region_of(zone: str) -> str:
    """The country of a time zone, where numbers without + are dialled."""
    return _regions().get(zone, NO_REGION)


def zones_of(region: str) -> list[str]:
    """The time zones of a country."""
    return [zone for zone, country in _regions().items() if country == region]


def region_of_number(phone: str, zone: str) -> str:
    """The country that a number belongs to; empty when it is none."""
    number = e164(phone, zone)
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "" if number else ""


def e164(phone: str, zone: str) -> str:
    """A number as it was written down in E.164; empty when it cannot be one."""
    try:
        number = phonenumbers.parse(phone, region_of(zone))
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def dispatch_mark(vault: Vault, organisation_id: str, channel: Channel, address: str) -> int | None:
    """The mark of an address as it is written to: an e-mail address, or a number in E.164, every digit of it."""
    if channel is Channel.SMS:
        return vault.mark(organisation_id, f"number:{address}") if address else None
    return mark_of(vault, organisation_id, channel, address)
