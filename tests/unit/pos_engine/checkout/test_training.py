"""T8 inside: training between two sales changes nothing that is real, whatever is done in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos_engine.checkout.account_moves import AccountRequest
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.originals import NobodyToAsk
from pos_engine.checkout.requests import ReturnRequest
from pos_engine.journal.counter_journal import CounterJournal
from pos_engine.ports.document import Barcode, QrCode, Text
from tests.support.cashiers import EVA, PinShop
from tests.support.shop import ANNA_PROVED, COFFEE, RYE, Shop, a_set, line

ON_RECORD = {"operator_actions", "notes"}
"""That somebody practised is on record; `notes` counts PINs."""


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[PinShop]:
    shop = Shop(tmp_path)
    opened = PinShop(shop)
    yield opened
    opened.journal.close()
    shop.close()


def everything_real(shop: Shop) -> dict[str, str]:
    """A digest of every table of the till's own journal, but what training may leave."""

    def step(connection: object) -> dict[str, str]:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()  # type: ignore[attr-defined]
        return {
            name: hashlib.sha256(repr(connection.execute(f"SELECT * FROM {name}").fetchall()).encode()).hexdigest()  # type: ignore[attr-defined] # noqa: S608
            for (name,) in tables
            if name not in ON_RECORD
        }

    return shop.journal.read(step)


def practise(counter: PinShop, what: str, number: int) -> None:
    shop, ref = counter.shop, f"p{number}"
    match what:
        case "sale":
            shop.sell(ref, line("1", RYE, 2_100), line("2", COFFEE, 250))
        case "member":
            shop.tap(ANNA_PROVED)
            shop.sell(ref, line("1", RYE, 2_100))
        case "void":
            shop.sell(ref, line("1", RYE, 2_100))
            counter.acts.void(ref, EVA)
        case "return":
            closed = shop.sell(ref, line("1", RYE, 2_100))
            counter.till.take_back(ReturnRequest(f"r{number}", closed.receipt_id, operator="17"))
        case "reprint":
            counter.acts.reprint(shop.sell(ref, line("1", RYE, 2_100)).receipt_id, EVA)
        case "top_up":
            shop.tap(ANNA_PROVED)
            counter.acts.book(AccountRequest(f"a{number}", "top_up", 500), EVA)
        case "park":
            shop.ring(ref, line("1", RYE, 2_100))
            counter.till.park(ref)
        case "open":
            shop.ring(ref, line("1", COFFEE, 250))
        case "set":
            shop.publish(a_set(number + 2))
            assert counter.till.refresh() is False
        case _:
            counter.acts.day_end("17")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.sampled_from(["sale", "member", "void", "return", "reprint", "top_up", "park", "open", "day_end", "set"]),
        max_size=8,
    )
)
def test_training_between_two_sales_changes_nothing_real(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str]
) -> None:
    shop = Shop(tmp_path_factory.mktemp("till"))
    counter = PinShop(shop)
    counter.till.use_originals(NobodyToAsk(), 100_000)
    try:
        first = shop.sell("before", line("1", RYE, 2_100))
        real, day = everything_real(shop), counter.till.day_end()
        counter.acts.begin_training(EVA)
        for number, what in enumerate(acts):
            practise(counter, what, number)
        assert everything_real(shop) == real
        counter.acts.end_training(EVA)
        # A set that came meanwhile is taken over afterwards, which keeps its bodies.
        sets = {name for name in real if name.startswith("campaign")} if "set" in acts else set()
        now = everything_real(shop)
        assert {name: now[name] for name in now if name not in sets} == {n: real[n] for n in real if n not in sets}
        assert counter.till.day_end().operators == day.operators
        assert counter.till.screen().mode == "idle"
        second = shop.sell("after", line("1", RYE, 2_100))
        assert second.sequence_no == first.sequence_no + 1, "no number is missing"
        assert not (shop.folder / "training").exists()
    finally:
        counter.journal.close()
        shop.close()


def test_paper_of_training_says_so_and_has_no_code(counter: PinShop) -> None:
    counter.acts.begin_training(EVA)
    counter.shop.sell("p", line("1", RYE, 2_100))
    kinds = []
    while (job := counter.journal.next_print_job()) is not None:
        blocks = counter.till.paper(job).blocks
        texts = [block.text for block in blocks if isinstance(block, Text)]
        assert texts.count("*** TRAINING ***") == 2, "at the head and at the foot"
        assert not [block for block in blocks if isinstance(block, QrCode | Barcode)]
        kinds.append(job.kind)
        counter.journal.print_begun(job.job_no)
        counter.journal.print_done(job.job_no)
    assert kinds == ["receipt", "coupon"]


def test_paper_that_is_confirmed_late_is_nobody_elses(counter: PinShop) -> None:
    counter.acts.begin_training(EVA)
    counter.shop.sell("p", line("1", RYE, 2_100))
    practised = counter.journal.next_print_job()
    counter.acts.end_training(EVA)
    counter.shop.sell("real", line("1", RYE, 2_100))
    assert practised is not None
    assert counter.journal.print_begun(practised.job_no) is False
    counter.journal.print_done(practised.job_no)
    assert counter.journal.print_jobs_waiting() == 2


def test_the_screen_says_so_all_the_time(counter: PinShop) -> None:
    assert counter.till.screen().training is False
    counter.acts.begin_training(EVA)
    assert counter.till.screen().training is True
    assert counter.acts_on_record() == [("17", "training_begun", "", 0, True)]
    counter.shop.tap(ANNA_PROVED)
    counter.acts.credit_later("till-9:1:1", EVA)
    counter.acts.end_training(EVA)
    assert counter.till.screen().training is False
    assert [row[1] for row in counter.acts_on_record()] == ["training_begun", "training_ended"]


def test_it_begins_between_sales_and_once(counter: PinShop) -> None:
    counter.shop.ring("1", line("1", RYE, 2_100))
    with pytest.raises(CheckoutError, match="open and parked"):
        counter.acts.begin_training(EVA)
    assert counter.acts_on_record() == [], "what did not begin is not on record"
    counter.till.void("1", "17")
    counter.till.begin_training()
    with pytest.raises(CheckoutError, match="already"):
        counter.till.begin_training()
    counter.till.end_training()
    with pytest.raises(CheckoutError, match="No training"):
        counter.till.end_training()


def test_a_card_tapped_in_training_does_not_wait_for_a_real_sale(counter: PinShop) -> None:
    counter.till.begin_training()
    counter.shop.tap(ANNA_PROVED)
    counter.till.end_training()
    assert counter.shop.ring("1", line("1", RYE, 2_100)).member is None


def test_a_power_cut_ends_it(counter: PinShop) -> None:
    counter.till.begin_training()
    counter.shop.sell("p", line("1", RYE, 2_100))
    left = counter.shop.folder / "training"
    assert left.exists()
    anew = CounterJournal(counter.shop.journal, counter.shop.folder, counter.shop.clock, counter.shop.ids)
    assert not left.exists()
    assert anew.outbox_count() == 0
