"""A disk without space: sales go on out of the reserve, somebody is told, and nothing acknowledged is lost."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from tests.support.shop import RYE, Shop, line
from tests.support.till import HandClock, OrderedIds, a_draft, an_identity

SMALL_DISK_KIB = 1_024
RESERVE_BYTES = 200 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_KIB}k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def sell_until_full(journal: Journal, first: int = 0) -> int:
    number = first
    try:
        while number < 10_000:
            journal.append_receipt(a_draft(f"sale-{number}"))
            number += 1
    except JournalError as full:
        if full.code != "disk_full":
            raise
    return number


def test_the_reserve_is_used_then_the_till_says_so_then_it_goes_on(small_disk: Path) -> None:
    clock = HandClock()
    journal = Journal.open(small_disk / "journal.db", clock, OrderedIds(), reserve_bytes=RESERVE_BYTES)
    journal.save_identity(an_identity())
    journal.start_epoch(1)
    held_at_first = journal.reserve_held
    filler = small_disk / "filler"
    sold = 0
    with filler.open("wb") as file:
        while journal.reserve_held and sold < 10_000:
            try:
                file.write(bytes(16 * 1024))
                file.flush()
            except OSError:
                journal.append_receipt(a_draft(f"sale-{sold}"))
                sold += 1
    after_reserve = sell_until_full(journal, sold)
    assert held_at_first
    assert after_reserve > sold, "the reserve kept the shop selling"
    with pytest.raises(JournalError) as refused:
        journal.append_receipt(a_draft("one too many"))
    assert refused.value.code == "disk_full"
    assert "Free some space" in refused.value.text
    assert journal.max_seq() == after_reserve
    filler.unlink()
    assert journal.append_receipt(a_draft("room again")).seq == after_reserve + 1
    journal.close()
    again = Journal.open(small_disk / "journal.db", clock, OrderedIds(), reserve_bytes=RESERVE_BYTES)
    assert (again.max_seq(), again.outbox_count(), again.reserve_held) == (after_reserve + 1, after_reserve + 1, True)
    again.close()


def test_a_quote_on_a_full_disk_is_given_and_only_the_commit_is_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.journal.write(lambda c: c.execute("PRAGMA max_page_count = 1").fetchone())
    quote = shop.ring("s1", *(line(str(n), RYE, 400) for n in range(400)))
    assert quote.total_due_minor == 360 * 400
    assert shop.message_code() == "disk_trouble"
    with pytest.raises(JournalError) as refused:
        shop.settle("s1", quote.total_due_minor)
    assert refused.value.code == "disk_full"
    assert (shop.journal.max_seq(), shop.till.status("s1").state) == (0, "open")
    shop.journal.write(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert shop.settle("s1", quote.total_due_minor).sequence_no == 1
    shop.close()
