"""Receipts and slips as a customer holds them, out of real sales."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pos_engine import words
from pos_engine.journal.prints import PrintJob, decode_document, encode_document
from pos_engine.ports.document import Barcode, QrCode
from pos_engine.receipts.interrupted import printed_again
from pos_engine.receipts.plain import text_of
from pos_engine.receipts.rows import cells
from pos_engine.wire.sync import MemberBody, ProductBody
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, RYE, Shop, line
from tests.support.till import an_identity


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path)
    yield opened
    opened.close()


def printed(shop: Shop) -> list[PrintJob]:
    jobs = []
    while (job := shop.journal.next_print_job()) is not None:
        document = shop.till.paper(job)
        shop.journal.print_begun(job.job_no, document)
        shop.journal.print_done(job.job_no)
        jobs.append(replace(job, document=document))
    return jobs


def test_a_receipt_word_for_word(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("4711@2026-11-23", line("1", RYE, 420, 2), line("2", COFFEE, 250))
    shop.settle("4711@2026-11-23", 956)
    (job,) = printed(shop)
    assert text_of(job.document, 42) == (
        "              Corner Bakery\n"
        "       Corner Bakery, Main Street 1\n"
        "\n"
        "Receipt 1               Nov 23, 2026 10:00\n"
        "till-1:1:1                    Served by 17\n"
        "------------------------------------------\n"
        "Rye bread                            €8.40\n"
        "  2 x €4.20\n"
        "  Monday bread 10 %                 -€0.84\n"
        "Coffee                               €2.50\n"
        "  Members' coffee 0.50 off          -€0.50\n"
        "------------------------------------------\n"
        "Before discounts                    €10.90\n"
        "Discounts                           -€1.34\n"
        "TOTAL                                €9.56\n"
        "Cash                                 €9.56\n"
        "\n"
        "             You saved €1.34\n"
        "------------------------------------------\n"
        "VAT \N{NO-BREAK SPACE}7% in €7.56                     €0.49\n"
        "VAT 19% in €2.00                     €0.32\n"
        "------------------------------------------\n"
        "Customer Anna\n"
        "Points                         Balance 120\n"
        "\n"
        "A roll on the house: Free now, but not in\n"
        "the basket: Roll\n"
        "\n"
        "A coupon for next time: €9.10 more needed\n"
        "(from €20.00)\n"
        "\n"
        "       Thank you, and see you soon\n"
        "\n"
        "             [QR till-1:1:1]\n"
        "              - - - 8< - - -\n"
    )


def test_what_says_nothing_is_left_out(shop: Shop) -> None:
    shop.put("product", COFFEE, ProductBody(product_id=COFFEE, name="Coffee", vat_bp=0))
    shop.tap(BEA_CARD)
    shop.sell("s1", line("1", COFFEE, 250))
    (job,) = printed(shop)
    text = text_of(job.document)
    assert "MwSt" not in text
    assert "Punkte" not in text
    assert "Kunde Bea" in text
    assert "-\n---" not in text


def test_a_long_name_of_a_till_has_a_line_of_its_own(shop: Shop) -> None:
    shop.journal.save_identity(an_identity("the-counter-beside-the"))
    shop.journal.start_epoch(1)
    shop.restart()
    shop.sell("s1", line("1", COFFEE, 250))
    (job,) = printed(shop)
    assert "the-counter-beside-the:1:1\nServed by 17\n---" in text_of(job.document)


def test_a_coupon_slip_says_what_until_when_and_carries_both_codes(shop: Shop) -> None:
    closed = shop.sell("s1", line("1", RYE, 3_000))
    _, slip = printed(shop)
    code = closed.issued_coupons[0].coupon_id
    text = text_of(slip.document, 42)
    assert "2 € off next time" in text
    assert "2 € off with the coupon" in text
    assert "Valid from Nov 24, 2026 to Dec 7, 2026" in text
    codes = [block.data for block in slip.document.blocks if isinstance(block, Barcode | QrCode)]
    assert codes == [code, code]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_customers_language_goes_before_the_shops(shop: Shop, language: str) -> None:
    shop.put("member", "bea", MemberBody(member_id="bea", display_name="Bea", language=language))
    shop.tap(BEA_CARD)
    shop.sell("s1", line("1", RYE, 3_000))
    receipt, slip = printed(shop)
    assert (receipt.document.language, slip.document.language) == (language, language)
    assert words.text("receipt.total", language) in text_of(receipt.document, 42)
    assert words.text("slip.terms", language).split()[0] in text_of(slip.document, 42)


@pytest.mark.parametrize("width", [16, 32, 42, 48])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_row_is_wider_than_the_paper(shop: Shop, width: int, language: str) -> None:
    shop.put("member", "bea", MemberBody(member_id="bea", display_name="王小明" * 9, language=language))
    shop.tap(BEA_CARD)
    shop.sell("s1", line("1", RYE, 3_000), line("2", "x" * 60, 1))
    for job in printed(shop):
        rows = text_of(job.document, width).splitlines()
        codes = [row for row in rows if "|||" in row or "[QR" in row]
        assert all(cells(row) <= width for row in rows if row not in codes)
    with pytest.raises(ValueError, match="16"):
        text_of(job.document, 15)


def test_a_copy_says_so_twice_and_its_coupon_is_worth_nothing(shop: Shop) -> None:
    closed = shop.sell("s1", line("1", RYE, 3_000))
    printed(shop)
    shop.till.reprint(closed.receipt_id, "17")
    receipt, slip = printed(shop)
    assert text_of(receipt.document).count("*** COPY ***") == 2
    assert "cannot be redeemed" in text_of(slip.document, 80)
    assert closed.issued_coupons[0].coupon_id not in text_of(slip.document)
    assert not [block for block in slip.document.blocks if isinstance(block, Barcode | QrCode)]


def test_a_cancellation_shows_the_same_goods_negative(shop: Shop) -> None:
    shop.sell("s1", line("1", RYE, 400))
    printed(shop)
    shop.till.void("s1", "17")
    (void,) = printed(shop)
    text = text_of(void.document)
    assert "CANCELLATION" in text
    assert "Cancels sale s1" in text
    assert "-€3.60" in text
    assert "saved" not in text


def test_paper_that_may_have_come_out_before_says_so(shop: Shop) -> None:
    shop.sell("s1", line("1", RYE, 400))
    first = shop.journal.next_print_job()
    assert first is not None
    assert first.attempts == 0
    shop.journal.print_begun(first.job_no)
    shop.restart()
    again = shop.journal.next_print_job()
    assert again is not None
    assert (again.job_no, again.attempts) == (first.job_no, 1)
    assert "Printed again after a fault" in text_of(printed_again(again.document))
    shop.journal.print_begun(again.job_no)
    shop.journal.print_failed(again.job_no)
    assert shop.journal.print_jobs_waiting() == 1


def test_the_receipt_can_be_looked_at(shop: Shop) -> None:
    closed = shop.sell("s1", line("1", RYE, 400))
    (job,) = printed(shop)
    assert shop.till.receipt_text(closed.receipt_id, 42) == text_of(job.document, 42)


def test_documents_survive_the_journal(shop: Shop) -> None:
    shop.sell("s1", line("1", RYE, 3_000))
    for job in printed(shop):
        assert decode_document(encode_document(job.document)) == job.document


def test_only_the_first_print_of_a_sale_promises_a_coupon(shop: Shop) -> None:
    closed = shop.sell("s1", line("1", RYE, 3_000))
    first = printed(shop)[0]
    shop.till.reprint(closed.receipt_id, "17")
    copy = printed(shop)[0]
    shop.till.void("s1", "17")
    void = printed(shop)[0]
    promise = words.text("receipt.coupons_follow", "en")
    assert [promise in text_of(job.document) for job in (first, copy, void)] == [True, False, False]
