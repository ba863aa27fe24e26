from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos_engine.journal import copies
from pos_engine.journal.errors import JournalError
from tests.support.journal_checks import check_effects, everything
from tests.support.shop import COFFEE, RYE, Shop, line
from tests.support.till import OrderedIds

KEY = bytes(range(32))
NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@pytest.fixture(params=[None, KEY], ids=["plain", "encrypted"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path / "till", key=request.param)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def till_folder(tmp_path: Path) -> None:
    (tmp_path / "till").mkdir()


def sell(shop: Shop, *refs: str) -> None:
    for ref in refs:
        shop.sell(ref, line("1", RYE, 2_100), line("2", COFFEE, 250))


def test_a_copy_is_made_while_the_till_sells(shop: Shop, tmp_path: Path) -> None:
    sell(shop, "a", "b")
    found = copies.backup(tmp_path / "till" / "journal.db", tmp_path / "copy.db", shop.key)
    sell(shop, "c")
    assert (found.workstation_id, found.receipts, found.waiting, found.problems) == ("till-1", 2, 2, ())
    assert found.encrypted == (shop.key is not None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "till"], "nothing half is left"
    assert copies.verify(tmp_path / "copy.db", shop.key) == found
    sealed = b"till-1" not in (tmp_path / "copy.db").read_bytes()
    assert sealed == found.encrypted


def test_a_restored_till_numbers_in_a_new_epoch_and_keeps_what_was_there(shop: Shop, tmp_path: Path) -> None:
    journal = tmp_path / "till" / "journal.db"
    sell(shop, "a", "b")
    copies.backup(journal, tmp_path / "copy.db", shop.key)
    sell(shop, "c")
    shop.close()
    done = copies.restore(tmp_path / "copy.db", journal, shop.key, NOW)
    assert (done.epoch, done.receipts) == (2, 2)
    assert done.kept is not None
    assert copies.verify(done.kept, shop.key).receipts == 3
    again = Shop(tmp_path / "till", key=shop.key, ids=OrderedIds(seed=7), fresh=False)
    check_effects(again.journal, everything(again.journal))
    closed = again.sell("c", line("1", RYE, 2_100))
    assert closed.receipt_id == "till-1:2:1"
    again.close()
    second = copies.restore(tmp_path / "copy.db", journal, shop.key, NOW.replace(hour=19))
    assert second.epoch == 3, "not the epoch it has just used"


def test_a_running_till_is_not_restored(shop: Shop, tmp_path: Path) -> None:
    sell(shop, "a")
    copies.backup(tmp_path / "till" / "journal.db", tmp_path / "copy.db", shop.key)
    with pytest.raises(JournalError, match="in use by another till program"):
        copies.restore(tmp_path / "copy.db", tmp_path / "till" / "journal.db", shop.key, NOW)
    sell(shop, "b")


def test_a_copy_never_overwrites(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(b"holiday pictures")
    with pytest.raises(JournalError, match="exists already"):
        copies.backup(tmp_path / "till" / "journal.db", tmp_path / "copy.db", shop.key)
    assert (tmp_path / "copy.db").read_bytes() == b"holiday pictures"


def test_an_altered_copy_is_refused_and_nothing_changes(shop: Shop, tmp_path: Path) -> None:
    journal, copy = tmp_path / "till" / "journal.db", tmp_path / "copy.db"
    sell(shop, *"abcdefgh")
    copies.backup(journal, copy, shop.key)
    shop.close()
    before = journal.read_bytes()
    damaged = bytearray(copy.read_bytes())
    for place in range(len(damaged) // 3, len(damaged), 4096):
        damaged[place] ^= 0xFF
    copy.write_bytes(damaged)
    with pytest.raises(JournalError):
        copies.restore(copy, journal, shop.key, NOW)
    assert journal.read_bytes() == before


def test_a_receipt_that_was_rewritten_is_found(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "till")
    sell(shop, "a")
    shop.journal.write(
        lambda c: c.execute("UPDATE receipts SET raw = CAST(replace(raw, '2100', '0100') AS BLOB)") and None
    )
    shop.close()
    found = copies.verify(tmp_path / "till" / "journal.db", None)
    assert found.problems == ("receipt till-1:1:1 is not what was written",)


def test_the_wrong_key_says_so(shop: Shop, tmp_path: Path) -> None:
    other = bytes(32) if shop.key else KEY
    with pytest.raises(JournalError, match="wrong key"):
        copies.verify(tmp_path / "till" / "journal.db", other)


def test_a_plain_journal_becomes_an_encrypted_one(tmp_path: Path) -> None:
    journal = tmp_path / "till" / "journal.db"
    shop = Shop(tmp_path / "till")
    sell(shop, "a", "b")
    shop.close()
    kept = copies.encrypt(journal, journal.with_name("replica.db"), KEY, NOW)
    assert copies.verify(kept, None).receipts == copies.verify(journal, KEY).receipts == 2
    assert b"till-1" not in journal.read_bytes()
    assert b"till-1" in kept.read_bytes()
    again = Shop(tmp_path / "till", key=KEY, ids=OrderedIds(seed=7), fresh=False)
    assert again.sell("c", line("1", RYE, 2_100)).receipt_id == "till-1:1:3"
    again.close()
