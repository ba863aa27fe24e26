"""The bank's file fits the published schema and pays each dealer once; what cannot be paid is said."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from defusedxml.ElementTree import fromstring

from backoffice.claims.payments import Payment, bank_file, plain_iban
from backoffice.errors import InputError

NAMES = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
PAYER_IBAN = "CH93 0076 2011 6238 5295 7"
MUSTER = Payment(
    "Garage Müller & Söhne", "DE89 3704 0044 0532 0130 00", 123_450, "WinBack R-117, R-120", "winback-2022-2/17"
)
OTHER = Payment("Autohaus Nord", "CH5604835012345678009", 5, "WinBack R-9", "winback-2022-2/18")
PAY_ON = date(2022, 11, 2)


@pytest.mark.parametrize("currency", ["EUR", "CHF"])
def test_each_dealer_is_paid_once_and_the_sums_are_right(currency: str) -> None:
    root = fromstring(bank_file("Importeur AG", PAYER_IBAN, currency, [MUSTER, OTHER], PAY_ON))
    amounts = root.findall(".//p:InstdAmt", NAMES)
    assert [(amount.get("Ccy"), amount.text) for amount in amounts] == [(currency, "1234.50"), (currency, "0.05")]
    assert [each.text for each in root.findall(".//p:CdtrAcct/p:Id/p:IBAN", NAMES)] == [
        "DE89370400440532013000",
        "CH5604835012345678009",
    ]
    assert root.findtext(".//p:GrpHdr/p:CtrlSum", "", NAMES) == "1234.55"
    assert root.findtext(".//p:GrpHdr/p:NbOfTxs", "", NAMES) == "2"
    assert root.findtext(".//p:ReqdExctnDt/p:Dt", "", NAMES) == "2022-11-02"
    assert [each.text for each in root.findall(".//p:EndToEndId", NAMES)] == [MUSTER.reference, OTHER.reference]


@pytest.mark.parametrize(
    ("changed", "currency", "words"),
    [
        ({"iban": "DE89370400440532013001"}, "EUR", "no IBAN"),
        ({"amount_minor": 0}, "EUR", "nothing"),
        ({"reference": "x" * 36}, "EUR", "schema"),
        ({}, "JPY", "cents"),
    ],
)
def test_what_cannot_be_paid_is_said(changed: dict[str, object], currency: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        bank_file("Importeur AG", PAYER_IBAN, currency, [msgspec.structs.replace(MUSTER, **changed)], PAY_ON)


def test_an_empty_list_makes_no_file() -> None:
    with pytest.raises(InputError):
        bank_file("Importeur AG", PAYER_IBAN, "EUR", [], PAY_ON)


def test_accounts_are_written_without_spaces() -> None:
    assert plain_iban(PAYER_IBAN) == "CH9300762011623852957"
