"""The back-office is away for three days: the till sells on, says so, and everything arrives afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from backoffice.sync_api.models import Receipt
from firmware_sim.clock_file import set_clock
from tests.support.daemon import DaemonProcess
from tests.support.line import Line, enrol
from tests.support.office import MONDAY, OfficeBench
from tests.support.ringing import Register
from tests.support.waiting import wait_for
from tests.support.web_forms import Page

DAYS = 3


def test_three_days_without_the_back_office(tmp_path: Path) -> None:
    bench = OfficeBench(tmp_path / "office")
    line = Line(bench.app)
    clock = tmp_path / "clock.json"
    set_clock(clock, MONDAY, speed=0)
    (tmp_path / "till").mkdir()
    daemon = DaemonProcess(tmp_path / "till", "[sync]\nevery_s = 1\n", clock_file=clock)
    enrol(daemon, bench, line.url)
    line.off()
    daemon.start()
    register = Register(daemon, due=12.20, accounts=[])
    try:
        wait_for("the notice", lambda: "Off line" in Page(daemon.client.get("/").text).text)
        for day in range(DAYS + 1):
            set_clock(clock, MONDAY + timedelta(days=day), speed=0)
            register.sale(day + 1)
        daemon.restart()
        counted = f"Receipts waiting to be sent: {DAYS + 1}"
        wait_for("the count on the screen", lambda: counted in Page(daemon.client.get("/").text).text)
        bench.clock.forward(timedelta(days=DAYS))
        line.on()
        wait_for("the upload", lambda: daemon.status()["link"]["outbox_count"] == 0, 60)
        wait_for("the notice to go", lambda: "Off line" not in Page(daemon.client.get("/").text).text)
    finally:
        assert daemon.stop() == 0
    line.off()
    with bench.office.database.read() as reader:
        rows = reader.scalars(select(Receipt).order_by(Receipt.seq)).all()
    assert [(row.seq, row.closed_at, row.clock_suspect) for row in rows] == [
        (day + 1, MONDAY + timedelta(days=day), False) for day in range(DAYS + 1)
    ]
    assert [row.business_day for row in rows] == [(MONDAY + timedelta(days=day)).date() for day in range(DAYS + 1)]
    bench.close()
