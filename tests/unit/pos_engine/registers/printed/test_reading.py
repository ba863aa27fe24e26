"""Receipts of three invented registers, read by the templates that come with the program."""

from __future__ import annotations

import pytest

from pos_engine.registers.printed.reading import NoReceipt, PrintedReceipt, read_receipt
from pos_engine.registers.printed.template import TemplateError, built_in_names, load_template, parse_template
from pos_engine.registers.printed.till_side import register_lines

BAKERY = """
        Bäckerei Sommer
     Hauptstr. 1, 12345 Ort
==========================================
2 x Cappuccino                      6,40 A
Bauernbrot                          4,50 B
Croissant                           1,80 B
STORNO Croissant                   -1,80 B
Festtagstorte                   1.012,50 B
------------------------------------------
Zwischensumme                    1.023,40
SUMME EUR                        1.023,40
Gegeben bar                      1.050,00
Rückgeld                            26,60
A 19,00 %  netto  5,38  MwSt        1,02
"""
MARKET = """
            CORNER MARKET
ITEM                           AMOUNT
Cappuccino
  #2001 2 @ 3.20                 6.40 V
Farmhouse bread
  1 @ 4.50                       4.50 Z
  DISC 10%                      -0.45
Lamp
  #88 1 @ 1,100.00           1,100.00 V
SUBTOTAL                     1,110.45
TOTAL EUR                    1,110.45
CASH                         1,200.00
"""
OLD = """
     Zum Hirschen
GRUPPE 1      9,80
*** SUMME    *12,20 ***
TOTAL  EUR    12,20
"""


def read(text: str, name: str, exponent: int = 2) -> PrintedReceipt | NoReceipt:
    return read_receipt(tuple(text.splitlines()), load_template(name), exponent)


def lines(receipt: PrintedReceipt | NoReceipt) -> list[tuple[str, int, int, str]]:
    assert isinstance(receipt, PrintedReceipt)
    return [(line.product, line.quantity, line.amount_minor, line.tax_percent) for line in receipt.lines]


def test_a_line_for_each_article() -> None:
    receipt = read(BAKERY, "one_line")
    assert lines(receipt) == [
        ("Cappuccino", 2, 640, "19"),
        ("Bauernbrot", 1, 450, "7"),
        ("Festtagstorte", 1, 101_250, "7"),
    ]
    assert isinstance(receipt, PrintedReceipt)
    assert (receipt.total_minor, receipt.understood) == (102_340, True)


def test_two_lines_for_each_article() -> None:
    receipt = read(MARKET, "two_lines")
    assert lines(receipt) == [("2001", 2, 640, "20"), ("Farmhouse bread", 1, 405, "0"), ("88", 1, 110_000, "20")]
    assert isinstance(receipt, PrintedReceipt)
    assert receipt.understood


def test_only_a_total() -> None:
    receipt = read(OLD, "total_only")
    assert lines(receipt) == [("receipt", 1, 1220, "")]
    assert isinstance(receipt, PrintedReceipt)
    assert receipt.understood


def test_lines_that_do_not_sum_to_the_total_leave_the_total() -> None:
    receipt = read(BAKERY.replace("4,50 B", "4,60 B"), "one_line")
    assert lines(receipt) == [("receipt", 1, 102_340, "")]
    assert isinstance(receipt, PrintedReceipt)
    assert not receipt.understood


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one_line", BAKERY + "*** KOPIE ***"),
        ("one_line", "Z-BERICHT\nSUMME EUR 900,00"),
        ("one_line", "Guten Tag"),
        ("two_lines", MARKET + "REPRINT"),
        ("one_line", "Z-Bon Nr. 17\nSUMME EUR 900,00"),
        ("one_line", "*** Schulung ***\n" + BAKERY),
        ("two_lines", "Z REPORT 0017\nTOTAL EUR 900.00"),
        ("two_lines", "*** TRAINING ***" + MARKET),
        ("total_only", "Tagesabschluss\nTOTAL 1.200,00"),
        ("total_only", "Z-BERICHT 0017\nTOTAL 1.200,00"),
        ("total_only", "X-Abschlag\nSUMME 1.200,00"),
        ("total_only", "Rapport Z 17\nTOTAL 1.200,00"),
        ("total_only", "Clôture journalière\nTOTAL 1.200,00"),
        ("total_only", "CHIUSURA GIORNALIERA\nTOTALE 1.200,00"),
        ("total_only", "Denní uzávěrka\nCELKEM 1.200,00"),
        ("total_only", "Z READ\nTOTAL 1.200,00"),
        ("total_only", "*** TRAINING ***\nTOTAL 12,00"),
        ("total_only", "MODE ÉCOLE\nTOTAL 12,00"),
        ("total_only", "*** RISTAMPA ***\nTOTALE 12,00"),
    ],
)
def test_paper_that_is_no_sale(name: str, text: str) -> None:
    assert isinstance(read(text, name), NoReceipt)


@pytest.mark.parametrize(
    "footer",
    [
        "Orario di chiusura 19:00",
        "Pour plus d'informations",
        "Formation tous les lundis",
        "Max Reading",
        "Zabschluss AG",
        "Personal Training Studio",
    ],
)
def test_what_only_sounds_like_a_report_is_a_sale(footer: str) -> None:
    assert lines(read(OLD + footer, "total_only")) == [("receipt", 1, 1220, "")]


def test_every_template_that_comes_with_the_program_is_good() -> None:
    assert built_in_names() == ("one_line", "total_only", "two_lines")
    for name in built_in_names():
        assert load_template(name).name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing required field"),
        ('name = "x"\ntotal = "("', "no regular expression"),
        ('name = "x"\ntotal = "SUM"', "needs a group"),
        ('name = "x"\ntotal = "(?P<amount>x)"\nitem = ["(?P<amount>x)(?P<colour>y)"]', "the group colour"),
        ('name = "x"\ntotal = "(?P<amount>x)"\nencoding = "cp0"', "not known"),
        ('name = "x"\ntotal = "(?P<amount>x)"\nwidth = 3', "width"),
        ('name = "x"\ntotal = "(?P<amount>x)"\n[tax]\nA = "nineteen"', "no percentage"),
        ('name = "x"\ntotal = ""', "total is missing"),
    ],
)
def test_a_mistake_in_a_template_is_named(text: str, said: str) -> None:
    with pytest.raises(TemplateError, match=r"here\.toml: .*") as caught:
        parse_template(text, "here.toml")
    assert said in str(caught.value)


def test_a_template_that_is_not_there() -> None:
    with pytest.raises(TemplateError, match="no such file, and the program has only one_line"):
        load_template("two_line")


def test_odd_coins_make_a_line_of_their_own() -> None:
    receipt = read("3 x Brezel 1,00 B\nSUMME 1,00".replace("3 x", "=====\n3 x"), "one_line")
    assert isinstance(receipt, PrintedReceipt)
    made = register_lines(receipt.lines)
    assert [(line.quantity, line.unit_price_minor, line.vat_bp) for line in made] == [(2, 33, 700), (1, 34, 700)]
