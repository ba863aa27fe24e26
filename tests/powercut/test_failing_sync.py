"""A disk that refuses to sync for a while: what was answered is there, once, and everybody is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.sync_api.models import Receipt
from tests.powercut.recording import build, compiler
from tests.support.daemon import DaemonProcess
from tests.support.line import Line, enrol
from tests.support.nexo import told
from tests.support.office import OfficeBench
from tests.support.ringing import Register
from tests.support.waiting import wait_for
from tests.support.web_forms import Page

SOURCE = Path(__file__).with_name("failing_sync.c")
TROUBLE = "The till's disk is full or failing"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(compiler() is None, reason="a disk that fails needs a C compiler")]


class FailingDisk:
    """A till in the bakery on a disk whose syncs fail while a file is there."""

    def __init__(self, folder: Path, bench: OfficeBench, line: Line) -> None:
        self.switch = folder / "failing"
        preload = {"LD_PRELOAD": str(build(folder, SOURCE)), "FAIL_SYNC_WHILE": str(self.switch)}
        settings = "[sync]\nevery_s = 1\n"
        self.daemon = DaemonProcess(folder / "till", settings, shown=bench.clock.now(), extra_environment=preload)
        self.daemon.folder.mkdir()
        enrol(self.daemon, bench, line.url)
        self.register = Register(self.daemon, due=12.20, accounts=[])

    def refused(self, number: int) -> None:
        """The sale goes on while goods are rung up; that it is over is not said, because it would not be certain."""
        *quotes, commit = self.register.messages(number)
        assert [told(self.daemon.post(quote).json())[0] for quote in quotes] == ["Success"] * len(quotes)
        answer = self.daemon.post(commit)
        assert not answer.is_success or told(answer.json())[0] == "Failure", answer.text

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


def test_nothing_answered_is_lost_nothing_doubled_and_everybody_is_told(
    tmp_path: Path, bench: OfficeBench, line: Line
) -> None:
    disk = FailingDisk(tmp_path, bench, line)
    disk.daemon.start()
    try:
        for number in (1, 2):
            disk.register.sale(number)
        disk.switch.touch()
        disk.refused(3)
        wait_for("the alarm on the cashier's screen", lambda: TROUBLE in disk.screen())
        browser = bench.client()
        wait_for("the alarm in the back-office", lambda: "disk_failing" in browser.get("/tills").text)
        disk.refused(3)
        disk.refused(4)
        disk.switch.unlink()
        recovered = disk.register.recover(3)
        assert recovered == disk.register.recover(3)
        disk.register.answered["3"] = recovered
        disk.switch.touch()
        disk.refused(5)
        disk.daemon.kill()
        disk.switch.unlink()
        disk.daemon.start()
        for number in (4, 5):
            disk.register.answered[str(number)] = disk.register.recover(number)
        disk.register.sale(6)
        assert len(set(disk.register.answered.values())) == 6
        wait_for("the upload", lambda: disk.daemon.status()["link"]["outbox_count"] == 0)
        sales = {row["sale_ref"]: row["receipt_id"] for row in disk.daemon.receipts()}
        assert sorted(sales.values()) == sorted(disk.register.answered.values())
        assert not disk.daemon.status()["disk_failed"]
    finally:
        assert disk.daemon.stop() == 0
    with bench.office.database.read() as reader:
        arrived = reader.execute(select(Receipt.workstation_id, Receipt.epoch, Receipt.seq)).all()
    assert sorted(f"{workstation}:{epoch}:{seq}" for workstation, epoch, seq in arrived) == sorted(sales.values())
