"""Electronic invoices are read, and whatever is none is refused in plain words."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from facturx import generate_from_binary, xml_check_xsd

from backoffice.claims.einvoice import read_einvoice
from backoffice.claims.files import read_file
from backoffice.claims.invoice import Invoice, Reduction, UnreadableError
from tests.support.invoices import VIN, EInvoice, Item, paper_pdf

INVOICE = EInvoice(
    (
        Item("Ölwechsel Arbeit", "200.00", "160.00", unit="HUR"),
        Item("Ölfilter", "45.50", "36.40", in_price=True),
        Item("Winterräder", "600.00", "600.00"),
    ),
    reductions=(("Treuebonus", "10.00"),),
)


def test_the_invoices_of_these_tests_fit_the_published_schema() -> None:
    assert xml_check_xsd(INVOICE.xml(), flavor="factur-x", level="en16931")


def test_lines_say_what_they_cost_before_and_what_was_taken_off_as_allowance_or_in_the_price() -> None:
    invoice = read_einvoice(INVOICE.xml())
    assert [(line.text, line.list_minor, line.discount_minor, line.kind) for line in invoice.lines] == [
        ("Ölwechsel Arbeit", 20_000, 4_000, "labour"),
        ("Ölfilter", 4_550, 910, "part"),
        ("Winterräder", 60_000, 0, "part"),
    ]
    assert {line.vat_bp for line in invoice.lines} == {770}
    assert invoice.reductions == (Reduction("Treuebonus", 1_000),)
    assert (invoice.number, invoice.invoiced_on, invoice.done_on) == (
        "R-2022-117",
        date(2022, 8, 12),
        date(2022, 8, 11),
    )
    assert (invoice.vins, invoice.currency, invoice.net) == ((VIN,), "CHF", True)


def test_a_factur_x_file_that_another_program_made_is_read_like_its_xml() -> None:
    pdf = generate_from_binary(paper_pdf("Rechnung R-2022-117"), INVOICE.xml(), flavor="factur-x", level="en16931")
    read = read_file(pdf, "EUR")
    assert isinstance(read, Invoice)
    assert read == read_einvoice(INVOICE.xml())


def test_a_day_of_work_that_is_missing_stays_missing() -> None:
    assert read_einvoice(msgspec.structs.replace(INVOICE, done=None).xml()).done_on is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<a/>", "no invoice of the kind"),
        (b"<rsm:CrossIndustryInvoice", "damaged"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "damaged"),
        (msgspec.structs.replace(INVOICE, kind="381").xml(), "credit note"),
        (INVOICE.xml().replace(b"20220812", b"20221399"), "for a day"),
        (INVOICE.xml().replace(b">160.00<", b">NaN<"), "for an amount"),
        (msgspec.structs.replace(INVOICE, number="").xml(), "no number"),
        (msgspec.structs.replace(INVOICE, items=()).xml(), "lines"),
        (b" " * 10_000_001, "MB"),
        (b"%PDF-1.7 nothing", "damaged"),
        (b"PK\x03\x04", "Upload a PDF"),
    ],
)
def test_what_is_no_invoice_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_file(data, "CHF")
