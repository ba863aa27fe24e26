"""Power cuts: from everything a selling till wrote and synced, the disks it might leave behind are made and opened.

No acknowledged receipt may be missing, no file damaged, no number used twice; and the till goes on selling.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from tests.evidence import used
from tests.powercut.disk import Disk
from tests.powercut.recording import Operation, build, compiler, counts, record
from tests.powercut.selling import ACKNOWLEDGED
from tests.support.journal_checks import check_effects, check_numbers, everything
from tests.support.till import HandClock, OrderedIds, a_draft

SALES = 110
"""Enough that the WAL grows over its 1,000 pages, is copied into the database and begun anew."""

IMAGES = 340
SHARDS = (1, 2)
"""Recordings of each kind of file."""

KEY = bytes(range(32))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(compiler() is None, reason="recording what SQLite writes needs a C compiler"),
]


@pytest.fixture
def fast_folder() -> Iterator[Path]:
    """In memory where the machine has such a place: a thousand small databases are opened there."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder with a random name is made below it
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


def recorded(folder: Path, key: bytes | None, synchronous: str = "FULL") -> list[Operation]:
    (folder / "till").mkdir()
    arguments = (str(folder / "till"), str(SALES), (key or b"").hex(), synchronous)
    return record(build(folder), folder / "till", folder / "log", "tests.powercut.selling", *arguments)


def moments(operations: Sequence[Operation], chance: random.Random, wanted: int) -> Counter[int]:
    """After which calls the power goes: half anywhere, half around writes to the database itself (checkpoints)."""
    copying = [at for at, op in enumerate(operations) if op.path == "journal.db"]
    calls = [at for at, op in enumerate(operations) if op.path != ACKNOWLEDGED]
    anywhere = chance.choices(calls, k=wanted // 2)
    return Counter(anywhere + chance.choices(copying, k=wanted - wanted // 2))


class Judge:
    """Opens images as the till would after the power came back."""

    def __init__(self, folder: Path, key: bytes | None, chance: random.Random) -> None:
        self.folder = folder
        self.key = key
        self.chance = chance
        self.tally: Counter[str] = Counter()
        self.faults: list[str] = []

    def walk(self, operations: Sequence[Operation], cuts: Counter[int]) -> None:
        """Follow the calls; at each cut, draw images and judge them."""
        disk = Disk()
        promised: list[tuple[str, int, str]] = []
        for at, operation in enumerate(operations):
            if operation.path == ACKNOWLEDGED:
                if operation.kind == "w":
                    receipt_id, number, sale_ref = operation.data.decode().split()
                    promised.append((receipt_id, int(number), sale_ref))
                continue
            disk.do(operation)
            for _ in range(cuts[at]):
                self._judge(disk.image(self.chance), promised, f"after call {at} ({operation.kind} {operation.path})")

    def _judge(self, image: dict[str, bytes], promised: list[tuple[str, int, str]], where: str) -> None:
        folder = self.folder / "image"
        folder.mkdir()
        for name, content in image.items():
            if name.endswith((".db", "-wal", "-journal")):
                (folder / name).write_bytes(content)
        self.tally["images"] += 1
        try:
            self._open_and_sell(folder, promised)
        except (JournalError, dbapi2.Error) as damage:
            self.tally["corrupt"] += 1
            self.faults.append(f"{where}: {damage}")
        except AssertionError as lost:
            self.tally["lost"] += 1
            self.faults.append(f"{where}: {lost}")
        finally:
            shutil.rmtree(folder)

    def _open_and_sell(self, folder: Path, promised: list[tuple[str, int, str]]) -> None:
        ids = OrderedIds(seed=10_000_000)
        journal = Journal.open(folder / "journal.db", HandClock(), ids, key=self.key, reserve_bytes=0)
        try:
            assert journal.read(lambda c: c.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
            assert not journal.read(lambda c: c.execute("PRAGMA foreign_key_check").fetchall())
            if journal.identity() is None:
                assert not promised, "enrolled and acknowledged, and now a stranger"
                self.tally["before enrolment"] += 1
                return
            if journal.epoch() == 0:
                assert not promised, "the epoch is gone"
                return
            receipts = everything(journal)
            check_numbers(receipts)
            found = {(f"{r.workstation_id}:{r.epoch}:{r.seq}", r.sequence_no, r.sale_ref) for r in receipts}
            missing = set(promised) - found
            assert not missing, f"acknowledged and lost: {sorted(missing)}"
            assert len(receipts) - len(promised) <= 1, "more receipts than the till can have had in hand"
            check_effects(journal, receipts)
            self.tally["acknowledged receipts looked for"] += len(promised)
            again = journal.append_receipt(a_draft("after the cut"))
            assert again.seq == len(receipts) + 1
        finally:
            journal.close()


@pytest.mark.parametrize("shard", SHARDS)
@pytest.mark.parametrize("file", ["plain", "encrypted"])
def test_no_power_cut_loses_or_damages_anything(file: str, shard: int, tmp_path: Path, fast_folder: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"recording {shard}, seed {seed}")  # noqa: T201 - the way to run a failure again
    chance = random.Random(seed)
    key = KEY if file == "encrypted" else None
    operations = recorded(tmp_path, key)
    judge = Judge(fast_folder, key, chance)
    judge.walk(operations, moments(operations, chance, IMAGES))
    print(f"{file}: {len(operations)} calls {counts(operations)}; {dict(judge.tally)}")  # noqa: T201
    assert judge.tally["images"] == IMAGES
    assert not judge.faults, judge.faults[:10]
    assert counts(operations)["w journal.db"] > 100, "the WAL was copied into the database at least once"
    assert judge.tally["acknowledged receipts looked for"] > IMAGES * 10
    used("power-cut", f"SQLite {dbapi2.sqlite_version}, {file}")


def test_a_till_that_syncs_less_is_found_out(tmp_path: Path, fast_folder: Path) -> None:
    chance = random.Random(20261122)
    operations = recorded(tmp_path, None, "NORMAL")
    judge = Judge(fast_folder, None, chance)
    judge.walk(operations, moments(operations, chance, 60))
    assert judge.tally["lost"] > 0, "with synchronous=NORMAL acknowledged receipts must be seen to go"
    assert judge.tally["corrupt"] == 0
