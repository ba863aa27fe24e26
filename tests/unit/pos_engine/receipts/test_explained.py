"""A receipt keeps what was given; why everything else did not apply is made again, the same, when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from pos_engine.receipts.explained import explained
from pos_engine.wire.documents import decode_outcome
from pos_engine.wire.sync import ReceiptDocument
from tests.support.shop import ANNA_CARD, COFFEE, RYE, Shop, line


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path)
    yield opened
    opened.close()


def sold(shop: Shop) -> ReceiptDocument:
    shop.tap(ANNA_CARD)
    closed = shop.sell("s1", line("1", RYE, 420, 2), line("2", COFFEE, 250))
    receipt = shop.journal.receipt(closed.receipt_id)
    assert receipt is not None
    return receipt


def rules_of(shop: Shop) -> Ruleset:
    return shop.till._need().rules.current().ruleset


def test_every_offer_has_a_reason_although_the_receipt_keeps_none(shop: Shop) -> None:
    quote_reasons = []
    shop.tap(ANNA_CARD)
    quote = shop.ring("s1", line("1", RYE, 420, 2), line("2", COFFEE, 250))
    quote_reasons = sorted((note.offer_id, note.code) for note in quote.offers.applied + quote.offers.lost)
    closed = shop.settle("s1", quote.total_due_minor)
    receipt = shop.journal.receipt(closed.receipt_id)
    assert receipt is not None
    kept = decode_outcome(bytes(receipt.outcome))
    assert kept.reasons == ()
    assert kept.applied
    rules = rules_of(shop)
    again = explained(receipt, rules)
    assert sorted((reason.offer_id, reason.code) for reason in again.reasons) == quote_reasons
    assert {reason.offer_id for reason in again.reasons} >= {each.offer.offer_id for each in rules.offers}
    assert (again.applied, again.lines, again.shares) == (kept.applied, kept.lines, kept.shares)


def test_a_void_is_explained_by_what_it_takes_back(shop: Shop) -> None:
    sale = explained(sold(shop), rules_of(shop))
    shop.till.void("s1", "17")
    void = shop.journal.receipt("till-1:1:2")
    assert void is not None
    assert void.kind == "void"
    again = explained(void, rules_of(shop))
    assert again.total_due_minor == -sale.total_due_minor
    assert again.reasons == sale.reasons


def test_without_its_set_a_receipt_says_what_was_given_and_nothing_untrue(shop: Shop) -> None:
    receipt = sold(shop)
    kept = decode_outcome(bytes(receipt.outcome))
    assert explained(receipt, None) == kept
    other_rules = compile_ruleset((), Tariff())
    assert explained(receipt, other_rules) == kept


def test_a_receipt_of_an_earlier_program_keeps_the_reasons_it_carries(shop: Shop) -> None:
    receipt = sold(shop)
    full = explained(receipt, rules_of(shop))
    older = msgspec.structs.replace(receipt, outcome=msgspec.Raw(msgspec.json.encode(full)))
    assert explained(older, None) == full


def test_paper_tells_what_could_have_been_had_and_a_repeat_tells_it_once(shop: Shop) -> None:
    shop.sell("s1", line("1", COFFEE, 250))
    job = shop.journal.next_print_job()
    assert job is not None
    complete = shop.till.paper(job)
    assert len(complete.blocks) > len(job.document.blocks)
    assert complete.blocks[-3:] == job.document.blocks[-3:]
    shop.journal.print_begun(job.job_no, complete)
    shop.restart()
    again = shop.journal.next_print_job()
    assert again is not None
    assert again.attempts == 1
    assert shop.till.paper(again) == complete
