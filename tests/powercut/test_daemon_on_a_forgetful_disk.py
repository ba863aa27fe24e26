"""The daemon as it ships, on a disk that forgets what was not synced: the power is cut again and again."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.evidence import used
from tests.support.daemon import DaemonProcess, fill
from tests.support.programs import ROOT, environment
from tests.support.ringing import Register
from tests.support.waiting import wait_for

CUTS = 8
SALES_FOR_S = 0.5
"""The power goes within so long after the first sale: some sales are done, one is on its way."""

DEVICE = Path("/dev/fuse")


def why_not() -> str:
    """Why such a disk cannot be had here; empty when it can."""
    if importlib.util.find_spec("mfusepy") is None:
        return "the package mfusepy is not installed"
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return f"{DEVICE} cannot be opened here (a container without it, or not root)"
    if shutil.which("fusermount3") is None:
        return "Debian package fuse3 is not installed"
    return ""


pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not())]


class ForgetfulDisk:
    """The file system as a process. `image` is what the disk surely holds."""

    def __init__(self, folder: Path) -> None:
        self.image = folder / "image"
        self.mount = folder / "till" / "data"
        self.mount.mkdir(parents=True)
        self._process: subprocess.Popen[str] | None = None

    def power_on(self) -> None:
        """Mount what the image holds."""
        command = [sys.executable, "-m", "tests.powercut.unsynced_fs", str(self.image), str(self.mount)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, cwd=ROOT, env=environment())
        wait_for("the disk", lambda: self._process is None or self._process.poll() is not None or self.mount.is_mount())
        assert self.mount.is_mount(), "the file system did not start"

    def power_off(self) -> None:
        """The disk is gone, with everything it had not made certain."""
        assert self._process is not None
        self._process.communicate("cut\n", timeout=30)
        subprocess.run(["umount", "-l", str(self.mount)], check=False, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[ForgetfulDisk]:
    disk = ForgetfulDisk(tmp_path)
    fill(disk.image)
    disk.power_on()
    yield disk
    with contextlib.suppress(Exception):
        disk.power_off()


def test_the_disk_keeps_what_was_synced_and_nothing_else(disk: ForgetfulDisk) -> None:
    kept, half, gone = (disk.mount / name for name in ("kept", "half", "gone"))
    for path in (kept, half):
        with path.open("wb") as file:
            file.write(b"before")
            file.flush()
            os.fsync(file.fileno())
    folder = os.open(disk.mount, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    half.write_bytes(b"after")
    gone.write_bytes(b"never synced")
    disk.power_off()
    disk.power_on()
    assert kept.read_bytes() == half.read_bytes() == b"before"
    assert not gone.exists()


def test_every_answered_receipt_is_there_after_every_power_cut(disk: ForgetfulDisk) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - the way to run a failure again
    chance = random.Random(seed)
    daemon = DaemonProcess(disk.mount.parent)
    daemon.start()
    register = Register(daemon)
    number = 0
    for _ in range(CUTS):
        register.sale(number := number + 1)
        killer = threading.Timer(chance.uniform(0, SALES_FOR_S), daemon.kill_process)
        killer.start()
        number = register.sell_until_the_kill(number)
        killer.join()
        daemon.kill()
        disk.power_off()
        disk.power_on()
        daemon.start()
        kept = {row["sale_ref"]: row["receipt_id"] for row in daemon.receipts()}
        for sale, receipt_id in list(register.answered.items())[-90:]:
            found = kept.get(f"register-1/{sale}@2026-11-20")
            assert found == receipt_id, f"receipt {receipt_id} was answered and is lost"
        before = set(register.answered.values())
        register.answered[str(number)] = register.recover(number)
        assert register.answered[str(number)] not in before
    rows = [row for row in daemon.receipts() if row["kind"] == "sale"]
    assert daemon.stop() == 0
    assert sorted(row["sequence_no"] for row in rows) == list(range(number - len(rows) + 1, number + 1))
    print(f"{CUTS} power cuts, {number} sales, each there once")  # noqa: T201
    used("forgetful-disk", "the daemon under power cuts")
