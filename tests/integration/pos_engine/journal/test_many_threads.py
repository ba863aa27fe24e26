"""Registers, readers, sync and screens at the same time: whole states for all, a number for every receipt."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pos_engine.journal.errors import JournalError
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, RYE, Shop, line
from tests.support.till import a_draft

PATIENCE_S = 60.0
SALES_EACH = 15


def run_all(steps: list[Callable[[], None]]) -> None:
    faults: list[BaseException] = []

    def guarded(step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException as fault:  # noqa: BLE001 - carried to the test's own thread
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), "deadlock"
    if faults:
        raise faults[0]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_three_registers_two_readers_and_the_sync_at_once(shop: Shop) -> None:
    done = threading.Event()
    pictures: list[int] = []
    shop.till.subscribe(lambda: pictures.append(shop.till.screen().version))

    def register(name: str) -> None:
        for number in range(SALES_EACH):
            shop.sell(f"{name}-{number}", line("1", RYE, 400), line("2", COFFEE, 250))

    def reader() -> None:
        for number in range(SALES_EACH):
            shop.tap(ANNA_CARD if number % 2 else BEA_CARD)

    def sync() -> None:
        while not done.is_set():
            items = shop.journal.outbox_batch(items_max=7)
            if items:
                assert [item.seq for item in items] == list(range(items[0].seq, items[0].seq + len(items)))
                shop.journal.acknowledge(items[-1].epoch, items[-1].seq)
            shop.till.screen()
            done.wait(0.001)

    background = threading.Thread(target=sync)
    background.start()
    run_all([lambda: register("a"), lambda: register("b"), lambda: register("c"), reader, reader])
    done.set()
    background.join(PATIENCE_S)
    heads = shop.journal.recent_receipts(1_000)
    assert sorted(head.sequence_no for head in heads) == list(range(1, 3 * SALES_EACH + 1))
    assert {head.sale_ref for head in heads} == {f"{n}-{i}" for n in "abc" for i in range(SALES_EACH)}
    assert len(pictures) >= 3 * SALES_EACH * 2
    shop.close()


def test_one_sale_committed_by_five_threads_is_one_receipt(shop: Shop) -> None:
    due = shop.ring("s1", line("1", RYE, 400)).total_due_minor
    receipts: list[str] = []
    run_all([lambda: receipts.append(shop.settle("s1", due).receipt_id)] * 5)
    assert receipts == ["till-1:1:1"] * 5
    assert shop.journal.max_seq() == 1
    shop.close()


def test_writes_that_wait_at_closing_time_are_done_and_later_ones_refused(shop: Shop) -> None:
    outcomes: list[str] = []
    gate = threading.Barrier(9)

    def write(number: int) -> None:
        gate.wait(PATIENCE_S)
        try:
            shop.journal.append_receipt(a_draft(f"sale-{number}"))
            outcomes.append("recorded")
        except JournalError as refused:
            outcomes.append(refused.code)

    def close() -> None:
        gate.wait(PATIENCE_S)
        shop.journal.close()

    run_all([*(lambda n=n: write(n) for n in range(8)), close])
    assert set(outcomes) <= {"recorded", "closed"}
    assert len(outcomes) == 8
    again = Shop(shop.folder, fresh=False)
    assert again.journal.max_seq() == outcomes.count("recorded")
    again.close()
