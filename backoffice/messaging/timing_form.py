"""When a message goes out, as its form says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.messaging.services import RATE_DEFAULT, WINDOW_MINUTES_DEFAULT, Timing

NOW: Final = "now"


def timing_of(form: Mapping[str, str], zone: str) -> Timing:
    """The form's timing; the moment is on the wall clock of the zone. InputError."""
    zone = form.get("zone", "") or zone
    if zone not in available_timezones():
        raise InputError(_("Choose a time zone like Europe/Berlin."), "zone")
    rate = _number(form, "rate", RATE_DEFAULT)
    window = _number(form, "window", WINDOW_MINUTES_DEFAULT)
    if form.get("when", NOW) == NOW:
        return Timing(None, zone, window, rate)
    try:
        local = datetime.fromisoformat(f"{form.get('day', '')}T{form.get('time', '')}").replace(tzinfo=ZoneInfo(zone))
    except ValueError as error:
        raise InputError(_("Choose a day and a time."), "day") from error
    moment = local.astimezone(UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise InputError(
            _("There is no such time on that day: the clocks are put forward. Choose another one."), "time"
        )
    return Timing(moment, zone, window, rate)


def _number(form: Mapping[str, str], name: str, default: int) -> int:
    text = form.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - far above every bound that is checked after this
        raise InputError(_("Write a whole number."), name)
    return int(text)
