"""What the builder asks for each kind of condition: its name, and its fields with their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from babel.dates import get_month_names
from flask_babel import lazy_gettext as _l

from backoffice.audiences.conditions.messages import SENT_BY
from backoffice.audiences.names import Names
from backoffice.audiences.tree import AnyCondition
from backoffice.consent.labels import CHANNELS, PURPOSES
from backoffice.i18n import gettext as _
from backoffice.web.format import language
from backoffice.web.locales import LANGUAGE_NAMES
from backoffice.workshop.operation_words import FAMILY_WORDS
from pos_engine.core.bookings import POINTS, VALUE

InputKind = Literal["count", "money", "amount", "span", "day", "tick", "words", "several", "one", "goods", "members"]
"""span: a number of days, typed as days or weeks. amount: money or a count, as the field `unit` says. goods: products
and categories by search."""


@dataclass(frozen=True)
class Input:
    """One field of a condition. `options`: the code of what can be chosen (`options_of`)."""

    name: str
    label: Any
    kind: InputKind
    options: str = ""


@dataclass(frozen=True)
class KindForm:
    """A kind of condition as the builder offers it."""

    title: Any
    inputs: tuple[Input, ...] = ()


_PERIOD: Final = (
    Input("days", _l("in the last … days"), "span"),
    Input("first", _l("or from"), "day"),
    Input("last", _l("to"), "day"),
)
_RANGE: Final = (Input("at_least", _l("at least"), "count"), Input("at_most", _l("at most"), "count"))
_STORES: Final = Input("store_ids", _l("only in (none: anywhere)"), "several", "stores")

KINDS: Final[Mapping[str, KindForm]] = {
    "away": KindForm(
        _l("Last visit is long ago"),
        (
            Input("more_than", _l("more than"), "span"),
            Input("at_most", _l("and at most (empty: however long)"), "span"),
            Input("with_never", _l("also who joined then and never came"), "tick"),
        ),
    ),
    "visits": KindForm(_l("Number of visits"), (*_RANGE, *_PERIOD, _STORES)),
    "spent": KindForm(
        _l("Money spent"),
        (Input("at_least", _l("at least"), "money"), Input("at_most", _l("at most"), "money"), *_PERIOD, _STORES),
    ),
    "probably_lost": KindForm(
        _l("Probably lost"), (Input("percent", _l("chance to come again below … in 100"), "count"),)
    ),
    "needs_work": KindForm(
        _l("Vehicle needs work soon"),
        (Input("family", _l("what"), "one", "families"), Input("weeks", _l("due in the next … weeks"), "count")),
    ),
    "bought": KindForm(
        _l("Bought goods"),
        (Input("goods", _l("Any of these goods"), "goods"), Input("units", _l("at least (pieces)"), "count"), *_PERIOD),
    ),
    "balance": KindForm(
        _l("Points, stamps, money on account"),
        (
            Input("unit", _l("of what"), "one", "units"),
            Input("at_least", _l("at least"), "amount"),
            Input("at_most", _l("at most"), "amount"),
        ),
    ),
    "campaign": KindForm(
        _l("Coupon of a campaign"),
        (Input("what", _l("what"), "one", "coupon"), Input("campaign_id", _l("Campaign"), "one", "campaigns")),
    ),
    "message": KindForm(_l("Got a message"), (Input("mailing_id", _l("Message"), "one", "mailings"),)),
    "contacted": KindForm(
        _l("Was written to lately"),
        (Input("channel", _l("by"), "one", "senders"), Input("days", _l("in the last … days"), "count")),
    ),
    "birthday": KindForm(_l("Birthday soon"), (Input("days", _l("today or in the next … days"), "count"),)),
    "birthday_month": KindForm(_l("Birthday in a month"), (Input("months", _l("Months"), "several", "months"),)),
    "birthday_unknown": KindForm(_l("Birthday and age unknown")),
    "in_group": KindForm(_l("Group"), (Input("group_ids", _l("in one of"), "several", "groups"),)),
    "tier": KindForm(_l("Tier"), (Input("tier_ids", _l("one of"), "several", "tiers"),)),
    "joined": KindForm(_l("Became a member"), _PERIOD),
    "language": KindForm(_l("Language"), (Input("languages", _l("one of"), "several", "languages"),)),
    "town": KindForm(_l("Town"), (Input("towns", _l("one of, separated by commas"), "words"),)),
    "postcode": KindForm(
        _l("Postcode"), (Input("postcodes", _l("one of, or the first 1 to 3 characters, with commas"), "words"),)
    ),
    "consent": KindForm(
        _l("Allows messages"),
        (Input("channel", _l("by"), "one", "channels"), Input("purpose", _l("for"), "one", "purposes")),
    ),
    "address": KindForm(_l("Can be reached"), (Input("channel", _l("by"), "one", "channels"),)),
    "card": KindForm(_l("Has a card")),
    "members": KindForm(_l("Single members"), (Input("member_ids", _l("These people"), "members"),)),
}
"""In the order in which they are offered."""

CLASSES: Final[Mapping[str, type[AnyCondition]]] = {
    str(kind.__struct_config__.tag): kind for kind in AnyCondition.__args__
}
"""Kind → its condition."""


def options_of(names: Names) -> Mapping[str, Sequence[tuple[str, Any]]]:
    """What can be chosen in this organisation: code of the options → value and words."""
    months = get_month_names("wide", context="stand-alone", locale=language())
    return {
        "groups": list(names.groups.items()),
        "tiers": list(names.tiers.items()),
        "stores": list(names.stores.items()),
        "campaigns": list(names.campaigns.items()),
        "mailings": list(names.mailings.items()),
        "senders": [("", _("any channel")), *((each.value, CHANNELS[each]) for each in SENT_BY)],
        "languages": list(LANGUAGE_NAMES.items()),
        "channels": list(CHANNELS.items()),
        "purposes": list(PURPOSES.items()),
        "units": [(POINTS, _("Points")), (VALUE, _("Money on account")), *((each, each) for each in names.stamps)],
        "coupon": [("got", _("got the coupon")), ("holds", _("still holds it")), ("used", _("used the campaign"))],
        "families": [(str(family), _(words)) for family, words in FAMILY_WORDS.items()],
        "months": [("0", _("this month")), *((str(month), str(months[month])) for month in range(1, 13))],
    }
