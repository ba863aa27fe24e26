"""What a till owes on paper while its printer is away, and when it comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from pos_engine.daemon.paper import WAITED_MAX, PaperFeed
from pos_engine.daemon.print_queue import PrintQueue
from pos_engine.journal import prints
from pos_engine.journal.journal import Journal
from pos_engine.journal.prints import PrintRequest
from pos_engine.ports.devices import Printer, PrinterStatus
from pos_engine.ports.document import Cut, Document, Text
from tests.support.till import HandClock, OrderedIds, an_identity
from tests.support.waiting import wait_for


class Paper(Printer):
    """A printer that confirms at once and keeps what came out."""

    def __init__(self) -> None:
        self.printed: list[str] = []

    @override
    def open(self) -> None: ...

    @override
    def status(self) -> PrinterStatus:
        return PrinterStatus(online=True)

    @override
    def print_document(self, document: Document) -> None:
        self.printed.extend(block.text for block in document.blocks if isinstance(block, Text))

    @override
    def close(self) -> None: ...


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def journal(tmp_path: Path, clock: HandClock) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", clock, OrderedIds(), reserve_bytes=4096)
    opened.save_identity(an_identity())
    opened.start_epoch(1)
    yield opened
    opened.close()


def owe(journal: Journal, clock: HandClock, text: str) -> None:
    document = Document((Text(text), Cut()), "en")
    now = clock.now()
    journal.write(lambda c: prints.add(c, "org", "till-1:1:1", (PrintRequest("receipt", document),), now))


@pytest.fixture
def open_printer(journal: Journal, clock: HandClock) -> Iterator[Callable[[], Paper]]:
    stop = threading.Event()
    running: list[tuple[PrintQueue, threading.Thread]] = []

    def begin() -> Paper:
        paper = Paper()
        feed = PaperFeed(journal, lambda job: job.document, lambda document: document)
        queue = PrintQueue("printer", paper, clock, feed.heard)
        thread = threading.Thread(target=feed.run, args=(queue, stop))
        queue.start()
        thread.start()
        running.append((queue, thread))
        return paper

    yield begin
    stop.set()
    for queue, thread in running:
        queue.ask_to_stop()
        assert queue.join()
        thread.join(10)
        assert not thread.is_alive()


def test_nobody_waits_behind_two_hundred_receipts_of_customers_who_have_left(
    journal: Journal, clock: HandClock, open_printer: Callable[[], Paper]
) -> None:
    for number in range(200):
        owe(journal, clock, f"old {number}")
    clock.forward(WAITED_MAX)
    clock.forward(timedelta(seconds=1))
    owe(journal, clock, "new")
    paper = open_printer()
    wait_for("the paper", lambda: journal.print_jobs_waiting() == 0)
    assert paper.printed == ["new"]


def test_what_waited_a_little_is_printed_in_its_order(
    journal: Journal, clock: HandClock, open_printer: Callable[[], Paper]
) -> None:
    for number in range(3):
        owe(journal, clock, f"receipt {number}")
    clock.forward(WAITED_MAX - timedelta(minutes=1))
    paper = open_printer()
    wait_for("the paper", lambda: journal.print_jobs_waiting() == 0)
    assert paper.printed == ["receipt 0", "receipt 1", "receipt 2"]


def test_a_till_without_a_printer_does_not_hoard_documents(journal: Journal, clock: HandClock) -> None:
    owe(journal, clock, "nobody prints this")
    assert journal.prune().print_jobs == 0
    clock.forward(timedelta(days=3))
    assert journal.prune().print_jobs == 1
    assert journal.next_print_job() is None
