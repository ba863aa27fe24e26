"""What an importer pays its dealers: a list for people (CSV is made by the page), and one for the bank.

The bank's is a credit transfer initiation of ISO 20022, pain.001.001.09, checked against the published schema before
anybody gets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
from sepaxml import SepaTransfer
from sepaxml.validation import ValidationError
from stdnum import iban
from stdnum.exceptions import ValidationError as NumberError

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from pos_engine.core.money import currency_exponent

SCHEMA: Final = "pain.001.001.09"
SEPA_CURRENCY: Final = "EUR"
"""Credit transfers of the SEPA scheme are in euro; others are told to the bank as domestic."""
CENTS: Final = 2
WORDS_LENGTH_MAX: Final = 140
"""Unstructured remittance information, RmtInf/Ustrd."""


class Payment(msgspec.Struct, frozen=True):
    """One dealer's money: `reference` comes back on the bank's statement, at most 35 characters."""

    name: str
    iban: str
    amount_minor: int
    words: str
    reference: str


def plain_iban(text: str) -> str:
    """An account's number as banks take it. InputError when its check digits (ISO 13616) or length are wrong."""
    try:
        return str(iban.validate(text))
    except NumberError:
        raise InputError(_("%(iban)s is no IBAN: compare it with the bank's papers.", iban=text)) from None


def bank_file(payer: str, payer_iban: str, currency: str, payments: Sequence[Payment], pay_on: date) -> bytes:
    """The bank's file as XML in UTF-8, names in the letters that all banks take. InputError when it cannot be."""
    if not payments:
        raise InputError(_("There is nothing to pay."))
    if currency_exponent(currency) != CENTS:
        raise InputError(_("Payment lists are for currencies with cents; %(currency)s has none.", currency=currency))
    settings = {"name": payer, "IBAN": plain_iban(payer_iban), "currency": currency, "batch": True}
    settings["domestic"] = currency != SEPA_CURRENCY
    transfer = SepaTransfer(settings, schema=SCHEMA, clean=True)
    for payment in payments:
        if payment.amount_minor <= 0:
            raise InputError(_("%(name)s would get nothing.", name=payment.name))
        transfer.add_payment(
            {
                "name": payment.name,
                "IBAN": plain_iban(payment.iban),
                "amount": payment.amount_minor,
                "execution_date": pay_on,
                "description": payment.words[:WORDS_LENGTH_MAX],
                "endtoend_id": payment.reference,
            }
        )
    try:
        return bytes(transfer.export(validate=True))
    except ValidationError as error:
        raise InputError(_("The payment list does not fit the bank's schema: %(why)s", why=str(error)[:200])) from error
