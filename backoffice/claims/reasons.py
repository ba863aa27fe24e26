"""Why a claim is refused, as codes that are kept and words that are shown. A claim without a reason is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from backoffice.i18n import _l

NO_VEHICLE: Final = "no_vehicle"
NOT_ON_LIST: Final = "not_on_list"
REGISTRATION_UNKNOWN: Final = "registration_unknown"
REGISTERED_TOO_LATE: Final = "registered_too_late"
SERVICE_DAY_MISSING: Final = "service_day_missing"
SERVICED_OUTSIDE: Final = "serviced_outside"
INVOICED_OUTSIDE: Final = "invoiced_outside"
NOTHING_ELIGIBLE: Final = "nothing_eligible"
NO_DISCOUNT: Final = "no_discount"
DISCOUNT_TOO_SMALL: Final = "discount_too_small"
OTHER_BONUS: Final = "other_bonus"
CLAIMED_BEFORE: Final = "claimed_before"
UPLOADED_LATE: Final = "uploaded_late"
OTHER_CURRENCY: Final = "other_currency"

SENTENCES: Final[Mapping[str, str]] = {
    NO_VEHICLE: _l("The invoice names no vehicle: its identification number must stand on it."),
    NOT_ON_LIST: _l("The vehicle %(vin)s is not on the list that you confirmed for this campaign."),
    REGISTRATION_UNKNOWN: _l("The first registration of %(vin)s is not known here: enter it at the vehicle."),
    REGISTERED_TOO_LATE: _l("The vehicle was first registered on %(day)s; the campaign is for those before %(limit)s."),
    SERVICE_DAY_MISSING: _l("The day of the work does not stand on the invoice."),
    SERVICED_OUTSIDE: _l("The work was done on %(day)s; the campaign runs from %(first)s to %(last)s."),
    INVOICED_OUTSIDE: _l("The invoice is of %(day)s; the campaign runs from %(first)s to %(last)s."),
    NOTHING_ELIGIBLE: _l("No line of the invoice is one that the campaign is for."),
    NO_DISCOUNT: _l("The invoice shows no discount on the lines that the campaign is for."),
    DISCOUNT_TOO_SMALL: _l("The lines that the campaign is for have %(given)s off; %(needed)s were promised."),
    OTHER_BONUS: _l("The invoice has another bonus too (“%(bonus)s”), which this campaign does not go together with."),
    CLAIMED_BEFORE: _l("The invoice %(number)s was claimed before."),
    UPLOADED_LATE: _l("The invoice came on %(day)s; the last day was %(limit)s."),
    OTHER_CURRENCY: _l("The invoice is in %(currency)s, the campaign in %(expected)s."),
}


class Reason(msgspec.Struct, frozen=True):
    """One reason with what its sentence names: days as ISO dates, amounts as minor units, the rest as text."""

    code: str
    values: Mapping[str, str | int] = {}
