"""A till with damaged or lost files, and one that is alone for long: the daemon sells on, or says what to do."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from pos_engine.journal.journal import Journal
from tests.support import nexo
from tests.support.daemon import FRIDAY, DaemonProcess, fill, run_program
from tests.support.nexo import BREAD, COFFEE, loyalty, told
from tests.support.till import HandClock, OrderedIds


def lose(data: Path, name: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        (data / f"{name}{suffix}").unlink(missing_ok=True)


def test_a_lost_replica_keeps_the_campaigns_and_sells_on(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.start()
    try:
        daemon.post(loyalty("Rebate", "a", "1", [BREAD]))
        lose(daemon.data, "replica.db")  # while it runs
        assert told(daemon.post(loyalty("Award", "b", "1", [BREAD], 8.10)).json())[0] == "Success"
        daemon.restart()
        assert told(daemon.post(loyalty("Award", "c", "2", [COFFEE], 3.20)).json())[0] == "Success"
        assert daemon.status()["campaign_set"] == {"received": 0, "active": 1, "inactive_campaigns": 0}
        assert [row["sequence_no"] for row in daemon.receipts()] == [2, 1]
    finally:
        assert daemon.stop() == 0


def test_a_damaged_replica_is_begun_again(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    (daemon.data / "replica.db").write_bytes(os.urandom(8192))
    daemon.start()
    try:
        assert told(daemon.post(loyalty("Award", "a", "1", [COFFEE], 3.20)).json())[0] == "Success"
    finally:
        assert daemon.stop() == 0


def test_a_damaged_journal_is_named_and_kept(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.configure()
    damaged = os.urandom(8192)
    (daemon.data / "journal.db").write_bytes(damaged)
    refused = run_program("run", "--config", str(daemon.config))
    assert refused.returncode == 1
    assert "journal.db" in refused.stderr
    assert "damaged" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (daemon.data / "journal.db").read_bytes() == damaged


def test_what_is_old_is_forgotten_also_while_the_back_office_is_away(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    journal = Journal.open(
        daemon.data / "journal.db", HandClock(FRIDAY - timedelta(days=15)), OrderedIds(), reserve_bytes=4096
    )
    journal.store_answer("nexo:10:register-1:old", "0" * 64, b"{}")
    journal.close()
    daemon.start()
    try:
        daemon.wait_logged("nightly")
        answer = daemon.post(nexo.status("a", "old")).json()
        assert told(answer) == ("Failure", "NotFound", "message_unknown")
    finally:
        assert daemon.stop() == 0
