"""What a move in doubt means for the shop and its customer, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _l

from backoffice.card_moves.decisions import OnReceipt
from backoffice.i18n import gettext as _
from backoffice.sync_api.card_move_list import CARD
from backoffice.sync_api.models import CardMove

WHAT: Final = {
    "sale": _l("Paying a sale with value on the card"),
    "top_up": _l("Putting money onto the card"),
    "give_back": _l("Giving back to the card what a sale took from it"),
}
OUTCOME: Final = {
    ("debit", "done"): _l("The customer was charged"),
    ("debit", "undone"): _l("The customer was not charged"),
    ("credit", "done"): _l("The value is on the card"),
    ("credit", "undone"): _l("The value is not on the card"),
}
"""By kind of move and what became of it."""


@dataclass(frozen=True)
class Meaning:
    """`why` it is not known, what the `receipt` says, what to do if it happened (`done`) and if not (`undone`)."""

    why: str
    receipt: str
    done: str
    undone: str


def meaning(row: CardMove, receipt: OnReceipt | None, amount: str, by_card: str) -> Meaning:
    """In words. `amount`: the move's; `by_card`: what the receipt says was paid with a card, both as text."""
    done, undone = _what_to_do(row, receipt, amount)
    return Meaning(_why(row), _receipt_says(row, receipt, by_card), done, undone)


def contradiction(row: CardMove) -> str:
    """What the card said after it had been decided otherwise; empty when it did not."""
    if row.settled_by != CARD or row.decision in {"", row.state}:
        return ""
    return _("Decided otherwise, but the card came back and says: %(what)s", what=OUTCOME[row.kind, row.state])


def _why(row: CardMove) -> str:
    if row.state == "unclear":
        return _("The card has been back, but after so many moves elsewhere it no longer tells.")
    return _("The card was taken away at the very moment, and has not been back at this till since.")


def _receipt_says(row: CardMove, receipt: OnReceipt | None, by_card: str) -> str:
    if receipt is None:
        if row.reason == "top_up":
            return _("There is no receipt under this number: the register has not closed the top-up.")
        return _("There is no receipt: the sale was not closed, or its receipt has not arrived yet.")
    if receipt.voided:
        return _("The sale was closed and then cancelled.")
    if receipt.by_card_minor:
        return _("The sale was closed, %(amount)s of it as paid with value on a card.", amount=by_card)
    return _("The sale was closed without value on a card: the customer has paid it in another way.")


def _what_to_do(row: CardMove, receipt: OnReceipt | None, amount: str) -> tuple[str, str]:
    """In case it happened, and in case it did not."""
    if row.reason == "top_up":
        return (
            _("The customer has what was to be put on. See that it was paid."),
            _(
                "If the customer has paid, %(amount)s are still owed: put them onto the card or give them back.",
                amount=amount,
            ),
        )
    if row.reason == "give_back":
        return (
            _("The customer has the money back."),
            _("%(amount)s are still owed to the customer: give them back.", amount=amount),
        )
    if receipt is None:
        return (
            _(
                "The till lets the register close the sale with it; if it never will, the customer is owed %(amount)s.",
                amount=amount,
            ),
            _("Nothing is owed. The till takes another payment for this sale."),
        )
    if receipt.by_card_minor and not receipt.voided:
        return (
            _("All is well: the card has paid what the receipt says."),
            _("The shop is short of %(amount)s.", amount=amount),
        )
    return (
        _("The customer has paid %(amount)s too much: give them back.", amount=amount),
        _("All is well: the card has lost nothing."),
    )
