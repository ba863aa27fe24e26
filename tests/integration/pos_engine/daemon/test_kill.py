"""`kill -9` at seeded random moments of a sale: no receipt lost, none doubled, and the register's own rules recover."""

from __future__ import annotations

import random
import threading
from pathlib import Path

from tests.support.daemon import DaemonProcess, fill
from tests.support.nexo import BREAD, loyalty, told
from tests.support.ringing import Register

SEED = 20261120
MOMENTS = 10
SALE_TAKES_S = 0.06
"""A sale of three messages takes about that long here, so that the moments fall before, into and after it."""


def test_no_receipt_is_lost_or_doubled(tmp_path: Path) -> None:
    print(f"seed {SEED}")  # noqa: T201 - whoever looks into a failure needs it
    chance = random.Random(SEED)
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.start()
    register = Register(daemon)
    interrupted = 0
    number = 0
    for _ in range(MOMENTS):
        killer = threading.Timer(chance.uniform(0, SALE_TAKES_S), daemon.kill_process)
        killer.start()
        number = register.sell_until_the_kill(number)
        killer.join()
        daemon.restart()
        assert str(number) not in register.answered
        interrupted += 1
        before = register.answered.copy()
        register.answered[str(number)] = register.recover(number)
        assert register.answered[str(number)] not in before.values()
    rows = [row for row in daemon.receipts() if row["kind"] == "sale"]
    assert daemon.stop() == 0
    assert interrupted == MOMENTS
    wanted = {f"register-1/{sale}@2026-11-20": receipt_id for sale, receipt_id in register.answered.items()}
    assert len(wanted) == number
    newest = dict(list(wanted.items())[-100:])
    assert {row["sale_ref"]: row["receipt_id"] for row in rows} == newest
    assert sorted(row["sequence_no"] for row in rows) == list(range(number - len(rows) + 1, number + 1))


def test_an_open_sale_is_there_after_a_kill_with_its_quote(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.start()
    daemon.post(loyalty("Rebate", "1", "77", [BREAD], sale_to_poi_data="Park=1"))
    daemon.kill()
    daemon.start()
    done = daemon.post(loyalty("Award", "2", "77", [BREAD], 8.10)).json()
    assert told(done)[0] == "Success"
    repeated = daemon.post(loyalty("Award", "2", "77", [BREAD], 8.10)).json()
    assert repeated == done
    daemon.kill()
    daemon.start()
    assert daemon.post(loyalty("Award", "2", "77", [BREAD], 8.10)).json() == done
    assert daemon.stop() == 0
