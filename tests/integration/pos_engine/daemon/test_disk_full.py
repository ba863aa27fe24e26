"""A till whose disk is full, beside its back-office: sales go on, everybody is told, nothing is lost or doubled."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.sync_api.models import Receipt
from tests.support.daemon import DaemonProcess
from tests.support.line import Line, enrol
from tests.support.nexo import told
from tests.support.office import OfficeBench
from tests.support.ringing import Register
from tests.support.waiting import wait_for
from tests.support.web_forms import Page

DISK_MIB = 32
"""Room for the till's two databases beside its reserve of 8 MiB."""

PIECE_BYTES = 4096
SALES_MAX = 30
TROUBLE = "The till's disk is full or failing"


class FullDisk:
    """A till in the bakery on a small disk of its own, and a file that takes whatever room is left."""

    def __init__(self, folder: Path, bench: OfficeBench, line: Line) -> None:
        settings = "[sync]\nevery_s = 1\n"
        self.daemon = DaemonProcess(folder, settings, shown=bench.clock.now())
        self.daemon.data.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(self.daemon.data)]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            pytest.skip("mounting a small disk needs root")
        enrol(self.daemon, bench, line.url)
        self.register = Register(self.daemon, due=12.20, accounts=[])
        self.sold = 0

    @property
    def filler(self) -> Path:
        return self.daemon.data / "somebody-elses.log"

    def fill(self) -> None:
        """Not a byte is left."""
        file = os.open(self.filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while os.write(file, bytes(PIECE_BYTES)):
                pass
        except OSError:
            return
        finally:
            os.close(file)

    def sell(self) -> None:
        """The next sale, to its receipt."""
        self.sold += 1
        self.register.sale(self.sold)

    def refused(self, number: int) -> bool:
        """Goods are rung up as ever; whether the register is told that the sale could not be closed."""
        *quotes, commit = self.register.messages(number)
        assert [told(self.daemon.post(quote).json())[0] for quote in quotes] == ["Success"] * len(quotes)
        answer = self.daemon.post(commit)
        return not answer.is_success or told(answer.json())[0] == "Failure"

    def screen(self) -> str:
        """What the cashier reads."""
        return Page(self.daemon.client.get("/").text).text


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[OfficeBench]:
    made = OfficeBench(tmp_path / "office")
    yield made
    made.close()


@pytest.fixture
def line(bench: OfficeBench) -> Iterator[Line]:
    made = Line(bench.app)
    yield made
    made.off()


@pytest.fixture
def disk(tmp_path: Path, bench: OfficeBench, line: Line) -> Iterator[FullDisk]:
    made = FullDisk(tmp_path / "till", bench, line)
    yield made
    made.daemon.stop()
    subprocess.run(["umount", "-l", str(made.daemon.data)], check=True)


def test_sales_go_on_everybody_is_told_and_nothing_is_lost(disk: FullDisk, bench: OfficeBench) -> None:
    disk.daemon.start()
    disk.sell()
    assert disk.daemon.status()["disk_reserve_held"]
    disk.fill()
    while disk.daemon.status()["disk_reserve_held"] and disk.sold < SALES_MAX:
        disk.sell()
    assert not disk.daemon.status()["disk_reserve_held"]
    for _ in range(3):
        disk.sell()
    wait_for("the alarm on the cashier's screen", lambda: TROUBLE in disk.screen())
    browser = bench.client()
    wait_for("the alarm in the back-office", lambda: "disk_full" in browser.get("/tills").text)
    wait_for("the upload out of the reserve", lambda: disk.daemon.status()["link"]["outbox_count"] == 0)

    disk.fill()
    while not disk.refused(disk.sold + 1) and disk.sold < SALES_MAX:
        disk.sold += 1  # room that the database had taken before the disk was full
        disk.register.answered[str(disk.sold)] = disk.register.recover(disk.sold)
    late = disk.sold + 1
    assert disk.refused(late), "with the reserve used up nothing is promised that would not be certain"
    disk.daemon.kill()
    disk.filler.unlink()
    disk.daemon.start()
    assert disk.daemon.status()["disk_reserve_held"], "room again: the reserve is taken back"
    disk.register.answered[str(late)] = disk.register.recover(late)
    disk.sold = late
    disk.sell()
    wait_for("the alarm to go", lambda: TROUBLE not in disk.screen())
    wait_for("the alarm to go in the back-office", lambda: "disk_full" not in browser.get("/tills").text)
    wait_for("the upload", lambda: disk.daemon.status()["link"]["outbox_count"] == 0)
    with bench.office.database.read() as reader:
        arrived = reader.execute(select(Receipt.workstation_id, Receipt.epoch, Receipt.seq)).all()
    answered = sorted(disk.register.answered.values())
    assert len(answered) == len(set(answered)) == disk.sold
    assert sorted(f"{workstation}:{epoch}:{seq}" for workstation, epoch, seq in arrived) == answered
