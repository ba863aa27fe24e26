"""What a dealer and the importer may do on a day: a table over independent dates, which may overlap.

Laws: each action is open on one unbroken span of days. A date moves the actions that are named beside it and no other.
Whoever has ordered no longer reviews: the order holds the final word on the addresses. Days are those of the dealer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from backoffice.i18n import _l


class Action(StrEnum):
    """What may be open on a day."""

    REVIEW = "review"
    ORDER = "order"
    LIST = "list"
    CLAIM = "claim"
    PAY = "pay"


class Dates(msgspec.Struct, frozen=True):
    """The calendar of a campaign; every date is the first or the last day of what it is called after."""

    review_until: date
    orders_from: date
    order_until: date
    lists_from: date
    mailing_on: date
    starts_on: date
    ends_on: date
    upload_until: date
    paid_from: date


class Span(msgspec.Struct, frozen=True):
    """When an action is open: its first and last day by name, None: without end on that side; and for whom.

    `ordered`: True: for dealers who have ordered; False: for those who have not; None: for all.
    """

    first: str | None
    last: str | None
    ordered: bool | None


SPANS: Final[dict[Action, Span]] = {
    Action.REVIEW: Span(None, "review_until", ordered=False),
    Action.ORDER: Span("orders_from", "order_until", ordered=False),
    Action.LIST: Span("lists_from", "ends_on", ordered=True),
    Action.CLAIM: Span("starts_on", "upload_until", ordered=True),
    Action.PAY: Span("paid_from", None, ordered=None),
}
ORDERED: Final = (
    ("review_until", "order_until", _l("Addresses are reviewed before orders end.")),
    ("orders_from", "order_until", _l("Orders begin before they end.")),
    ("order_until", "mailing_on", _l("Orders end before the mailing.")),
    ("lists_from", "mailing_on", _l("Lists are there before the mailing.")),
    ("mailing_on", "ends_on", _l("The mailing goes out before the campaign ends.")),
    ("starts_on", "ends_on", _l("The campaign begins before it ends.")),
    ("ends_on", "upload_until", _l("Invoices can be uploaded until the campaign ends, or longer.")),
    ("upload_until", "paid_from", _l("Payment begins after the last upload.")),
)
"""What a calendar must keep to make sense: the first date is not after the second. All else may overlap."""


def is_open(dates: Dates, action: Action, day: date, *, ordered: bool) -> bool:
    """Whether an action is open on a day for a dealer who has ordered, or has not."""
    span = SPANS[action]
    if span.ordered not in {None, ordered}:
        return False
    begun = span.first is None or getattr(dates, span.first) <= day
    return begun and (span.last is None or day <= getattr(dates, span.last))


def open_actions(dates: Dates, day: date, *, ordered: bool) -> frozenset[Action]:
    """All that is open on a day."""
    return frozenset(action for action in Action if is_open(dates, action, day, ordered=ordered))


def is_forfeited(dates: Dates, day: date, *, ordered: bool) -> bool:
    """Whether a list was not ordered in time: it is deleted then."""
    return not ordered and day > dates.order_until


def faults(dates: Dates) -> Iterator[str]:
    """What does not make sense in a calendar, as sentences."""
    return (str(why) for first, last, why in ORDERED if getattr(dates, first) > getattr(dates, last))
