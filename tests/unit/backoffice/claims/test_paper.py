"""Invoices with a text layer only: what adds up is read, what does not is left to a person."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.claims.files import read_file
from backoffice.claims.invoice import Invoice
from backoffice.claims.paper import Draft, read_paper
from tests.support.invoices import VIN, paper_pdf

GERMAN = f"""Garage Muster AG
Rechnung Nr. R-2022-117     Rechnungsdatum: 12.08.2022
Leistungsdatum: 11.08.2022  Fahrgestell-Nr. {VIN}
Arbeit Service           1'200.00  20%   960.00
Ölfilter                    45.50   9.10   36.40
Zwischensumme CHF                        996.40
MWST 7.7 %                                76.72
Gesamtbetrag CHF                       1'073.12"""
FRENCH = f"""Facture no FA/889
Date de facture 12/08/2022   Date des travaux 11/08/2022  {VIN}
Main-d'œuvre freins      400,00   -20 %   320,00
Plaquettes               100,00             100,00
Remise WinBack                              -20,00
Montant total EUR TTC                       400,00"""
ITALIAN = f"""Fattura n. 2022-55
Data fattura 12.08.2022  Data lavori 11.08.2022  {VIN}
Manodopera              1.000,00  200,00  800,00
Totale fattura EUR                        800,00"""


def test_a_german_one_without_vat_in_its_lines() -> None:
    read = read_file(paper_pdf(GERMAN), "CHF")
    assert isinstance(read, Invoice)
    assert (read.number, read.invoiced_on, read.done_on) == ("R-2022-117", date(2022, 8, 12), date(2022, 8, 11))
    assert [(line.text, line.list_minor, line.discount_minor) for line in read.lines] == [
        ("Arbeit Service", 120_000, 24_000),
        ("Ölfilter", 4_550, 910),
    ]
    assert (read.net, read.vins, read.lines[0].vat_bp, read.lines[0].kind) == (True, (VIN,), 770, "labour")


def test_a_french_one_with_vat_inside_and_a_reduction_of_the_whole() -> None:
    read = read_paper(FRENCH, "CHF")
    assert read.sure
    assert (read.number, read.currency, read.net) == ("FA/889", "EUR", False)
    assert [(line.list_minor, line.discount_minor) for line in read.lines] == [(40_000, 8_000), (10_000, 0)]
    assert [(each.text, each.amount_minor) for each in read.reductions] == [("Remise WinBack", 2_000)]


def test_an_italian_one_with_points_between_thousands() -> None:
    read = read_paper(ITALIAN, "CHF")
    assert read.sure
    assert [(line.list_minor, line.discount_minor) for line in read.lines] == [(100_000, 20_000)]


@pytest.mark.parametrize(
    "broken",
    [
        GERMAN.replace("1'073.12", "1'074.12"),
        GERMAN.replace("Gesamtbetrag", "Danke"),
        GERMAN.replace("Rechnung Nr.", ""),
    ],
)
def test_what_does_not_add_up_or_lacks_its_number_is_left_to_a_person(broken: str) -> None:
    read = read_file(paper_pdf(broken), "CHF")
    assert isinstance(read, Draft)
    assert read.invoiced_on == date(2022, 8, 12)


def test_a_scan_has_no_text_and_nothing_is_made_up() -> None:
    assert read_file(paper_pdf(""), "CHF") == Draft(currency="CHF")


@given(st.text(max_size=2_000))
def test_any_text_is_read_or_left(text: str) -> None:
    read = read_paper(text, "CHF")
    assert all(line.list_minor > 0 for line in read.lines)
