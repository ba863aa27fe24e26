"""Files written by earlier versions of the till, frozen as they were: they open, lose nothing, and the till sells on.

Each `tests/vectors/journal/*_vNNNN.db.xz` was written by the program of that schema version: four receipts of which two
had arrived, an open sale, a coupon on a card, a register's stored answer.
"""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from pos_engine.journal.journal import Journal
from pos_engine.journal.migrations import schema_steps
from pos_engine.journal.replica import Replica
from tests.support.journal_checks import everything
from tests.support.shop import COFFEE, RYE, Shop, line
from tests.support.till import HandClock, OrderedIds

FROZEN = Path(__file__).parents[3] / "vectors" / "journal"


def thaw(name: str, into: Path) -> None:
    into.write_bytes(lzma.decompress((FROZEN / f"{name}.db.xz").read_bytes()))


def versions(kind: str) -> list[str]:
    return sorted(path.name.removesuffix(".db.xz") for path in FROZEN.glob(f"{kind}_v*.db.xz"))


@pytest.mark.parametrize("frozen", versions("journal"))
def test_an_old_journal_keeps_everything_and_goes_on(frozen: str, tmp_path: Path) -> None:
    thaw(frozen, tmp_path / "journal.db")
    journal = Journal.open(tmp_path / "journal.db", HandClock(), OrderedIds(seed=9), reserve_bytes=4096)
    waiting = everything(journal)
    assert [r.seq for r in waiting] == [3, 4], (
        "what had not arrived waits still, readable, before anything else is done"
    )
    assert len(journal.recent_receipts(10)) == 4
    assert [row.sale_ref for row in journal.unfinished_sales()] == ["open-1"]
    assert journal.stored_answer("nexo:1") is not None
    assert journal.read(lambda c: c.execute("PRAGMA foreign_key_check").fetchall()) == []
    journal.close()


@pytest.mark.parametrize("frozen", versions("replica"))
def test_an_old_till_sells_on(frozen: str, tmp_path: Path) -> None:
    thaw(frozen, tmp_path / "replica.db")
    thaw(frozen.replace("replica", "journal"), tmp_path / "journal.db")
    shop = Shop(tmp_path, ids=OrderedIds(seed=9), fresh=False)
    closed = shop.sell("after-the-update", line("1", RYE, 2_100), line("2", COFFEE, 250))
    assert closed.receipt_id.endswith(":1:5")
    quote = shop.till.status("open-1").quote
    assert quote is not None
    assert shop.settle("open-1", quote.total_due_minor).receipt_id.endswith(":1:6")
    check_numbers_from(shop.journal, 3)
    shop.close()


def check_numbers_from(journal: Journal, first: int) -> None:
    assert [r.seq for r in everything(journal)] == list(range(first, 7))


def test_every_published_schema_has_its_frozen_file() -> None:
    """The newest version has none yet: it gets one when it is published and a newer one begins."""
    for kind, prefix in (("journal", "schema"), ("replica", "replica")):
        newest = schema_steps(prefix)[-1][0]
        assert {f"{kind}_v{version:04}" for version in range(1, newest)} <= set(versions(kind))


def test_the_replica_of_an_old_till_opens_by_itself(tmp_path: Path) -> None:
    thaw("replica_v0001", tmp_path / "replica.db")
    replica = Replica.open(tmp_path / "replica.db")
    assert replica.cursor() > 0
    replica.close()
