"""`pos-engine journal` as an installer uses it: a key, an encrypted till that sells, a copy, a lost disk, going on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.support.daemon import DaemonProcess, fill, run_program
from tests.support.nexo import BREAD, COFFEE, loyalty, receipt_id_of, told


def sell(daemon: DaemonProcess, number: str, item: dict[str, Any] = BREAD, due: float = 8.10) -> str:
    answer = daemon.post(loyalty("Award", number, number, [item], due)).json()
    assert told(answer)[0] == "Success"
    return receipt_id_of(answer)


def test_from_a_plain_till_to_a_restored_one(tmp_path: Path) -> None:
    key, copy = tmp_path / "data.key", tmp_path / "copy.db"
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.start()
    first = sell(daemon, "1")
    config = ("--config", str(daemon.config))
    no_key = run_program("journal", "encrypt", *config)
    assert no_key.returncode == 1
    assert "names no key" in no_key.stderr
    assert daemon.stop() == 0

    assert run_program("journal", "new-key", str(key)).returncode == 0
    assert "Nothing was written" in run_program("journal", "new-key", str(key)).stderr
    daemon.till_settings = f'key_file = "{key}"\n'
    daemon.configure()
    sealed = run_program("journal", "encrypt", *config)
    assert sealed.returncode == 0, sealed.stderr
    daemon.start()
    second = sell(daemon, "2")
    while_selling = run_program("journal", "backup", *config, str(copy))
    assert while_selling.returncode == 0, while_selling.stderr
    assert "2 receipts" in while_selling.stdout
    third = sell(daemon, "3")
    assert [first, second, third] == ["till-1:1:1", "till-1:1:2", "till-1:1:3"]
    busy = run_program("journal", "restore", *config, str(copy))
    assert busy.returncode == 1
    assert "in use by another till program" in busy.stderr
    assert daemon.stop() == 0

    shutil.rmtree(daemon.data)  # the disk is gone
    back = run_program("journal", "restore", *config, str(copy))
    assert back.returncode == 0, back.stderr
    assert "epoch 2" in back.stdout
    daemon.start()
    # Campaigns came back with the journal; what is bread comes with the back-office.
    assert sell(daemon, "4", COFFEE, 3.20) == "till-1:2:1"
    assert daemon.stop() == 0
    well = run_program("journal", "verify", *config)
    assert well.returncode == 0, well.stdout
    assert "3 receipts" in well.stdout
    assert b"till-1" not in (daemon.data / "journal.db").read_bytes()
