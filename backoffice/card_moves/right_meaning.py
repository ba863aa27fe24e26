"""What a right in doubt means for the shop and its customer, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _l

from backoffice.card_moves.decisions import OnReceipt
from backoffice.card_moves.right_decisions import InDoubt
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.sync_api.models import CardRight

OUTCOME: Final = {
    "done": _l("The card has written it down"),
    "undone": _l("The card has not written it down"),
    "used": _l("It counts as used"),
    "unused": _l("It does not count as used"),
}
"""By the card's word, or by a person's decision."""


@dataclass(frozen=True)
class RightMeaning:
    """`why` it is not known, what `resolves` it, what the `receipt` says, what each decision does."""

    why: str
    resolves: str
    receipt: str
    used: str
    unused: str


def right_text(right: InDoubt) -> str:
    """A right as staff know it."""
    if right.coupon:
        named = _("Coupon of “%(campaign)s”", campaign=right.campaign) if right.campaign else _("A coupon")
    else:
        named = _("Use of “%(campaign)s”", campaign=right.campaign) if right.campaign else _("Use of an offer")
    if right.units < 0:
        return named + ": " + ngettext("%(num)s use given back", "%(num)s uses given back", -right.units)
    return named + ": " + ngettext("%(num)s use", "%(num)s uses", right.units)


def resolves(row: CardRight, till: str) -> str:
    """What ends the doubt without anybody."""
    if row.state == "unclear":
        return _("Nothing but a decision.")
    return _("The next time this card is held to the till %(till)s.", till=till)


def right_meaning(row: CardRight, receipt: OnReceipt | None, till: str, *, named: bool) -> RightMeaning:
    """In words. `named`: the receipt names the right."""
    if row.state == "unclear":
        why = _("The card has been back and no longer tells, after so many changes elsewhere; or the till forgot it.")
    else:
        why = _("The card was taken away at the very moment, and has not been back at this till since.")
    return RightMeaning(
        why,
        resolves(row, till),
        _receipt_says(receipt, named=named),
        _(
            "Choose this if the customer got the advantage, or was given something for it. No till grants it again,"
            " and the card does not get it back."
        ),
        _(
            "Choose this if the customer got nothing. If the card turns out to have written it down, the till %(till)s"
            " gives it back to the card by itself.",
            till=till,
        ),
    )


def _receipt_says(receipt: OnReceipt | None, *, named: bool) -> str:
    if receipt is None:
        return _("There is no receipt: the sale was not closed, or its receipt has not arrived yet.")
    if receipt.voided:
        return _("The sale was closed and then cancelled.")
    if named:
        return _("The sale was closed with it: the customer got the advantage.")
    return _("The sale was closed without it: the customer did not get the advantage.")
