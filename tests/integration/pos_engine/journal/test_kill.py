"""kill -9 of a selling till at random moments: no acknowledged receipt lost, none doubled, no gap in the numbers."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

from pos_engine.wire.sync import ReceiptDocument
from tests.support.journal_checks import check_effects, check_numbers, everything
from tests.support.shop import Shop
from tests.support.till import OrderedIds

KILLS = 12
PATIENCE_S = 30.0
OWN_IDS = 10_000_000  # above every seed of the killed tills
ROOT = Path(__file__).parents[4]


def read_until(process: subprocess.Popen[bytes], wanted_bytes: int) -> bytes:
    """What the till said until it said that much; the test fails when it falls silent."""
    assert process.stdout is not None
    said = b""
    while len(said) < wanted_bytes:
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
        assert ready, f"the till fell silent after {said!r}"
        chunk = os.read(process.stdout.fileno(), 4096)
        assert chunk, "the till stopped by itself"
        said += chunk
    return said


def run_and_kill(folder: Path, first: int, chance: random.Random) -> list[tuple[str, int, str]]:
    """Let it sell, kill it in the middle of something, and return what it had acknowledged."""
    command = [sys.executable, "-m", "tests.integration.pos_engine.journal.writer_process", str(folder), str(first)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as till:
        said = read_until(till, len(b"ready\n") + chance.randint(1, 400))
        # Some busy turns more, so that the kill falls anywhere inside a sale and not only just after one.
        for _ in range(chance.randint(0, 40_000)):
            pass
        till.send_signal(signal.SIGKILL)
        assert till.stdout is not None
        said += till.stdout.read()
    lines = said.decode().split("\n")[1:-1]
    return [(r, int(n), s) for r, n, s in (entry.split() for entry in lines)]


def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - the way to run a failure again
    chance = random.Random(seed)
    Shop(tmp_path).close()
    promised: list[tuple[str, int, str]] = []
    recorded: list[ReceiptDocument] = []
    for kill in range(KILLS):
        promised += run_and_kill(tmp_path, kill * 100_000, chance)
        # ids of its own each time: a till never draws the same coupon number again after a restart
        shop = Shop(tmp_path, ids=OrderedIds(seed=OWN_IDS + kill), fresh=False)
        recorded = everything(shop.journal)
        check_numbers(recorded)
        found = {(f"{r.workstation_id}:{r.epoch}:{r.seq}", r.sequence_no, r.sale_ref) for r in recorded}
        assert set(promised) <= found, f"acknowledged and lost: {set(promised) - found}"
        assert len(recorded) - len(promised) <= kill + 1, "at most the one in hand was recorded without a word"
        check_effects(shop.journal, recorded)
        finish_what_was_open(shop)
        recorded = everything(shop.journal)
        promised = [(f"{r.workstation_id}:{r.epoch}:{r.seq}", r.sequence_no, r.sale_ref) for r in recorded]
        shop.close()
    assert len(recorded) > KILLS


def finish_what_was_open(shop: Shop) -> None:
    """The sale in hand is still there as it was quoted, and can be closed once."""
    for row in shop.journal.unfinished_sales():
        quote = shop.till.status(row.sale_ref).quote
        assert quote is not None
        first = shop.settle(row.sale_ref, quote.total_due_minor)
        assert shop.settle(row.sale_ref, quote.total_due_minor).receipt_id == first.receipt_id
