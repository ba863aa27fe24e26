"""A till whose machine has a wrong clock: it sells on, every receipt arrives with its right time, somebody is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.sync_api.models import Receipt
from tests.powercut.recording import build, compiler
from tests.support.daemon import DaemonProcess
from tests.support.line import Line, enrol
from tests.support.nexo import BREAD, loyalty, told
from tests.support.office import MONDAY, OfficeBench
from tests.support.waiting import wait_for
from tests.support.web_forms import Page

SOURCE = Path(__file__).parents[3] / "support" / "wrong_clock.c"
NOTICE = re.compile(r"The clock of this till is about (\d+) min wrong")
CROWDED = timedelta(minutes=10)
"""How long this test may take, of which the clocks know nothing."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(compiler() is None, reason="a wrong clock needs a C compiler")]


def sell(daemon: DaemonProcess, number: int) -> None:
    """A sale without a card."""
    answer = daemon.post(loyalty("Award", f"S{number}", str(number), [BREAD], 9.00, accounts=[])).json()
    assert told(answer)[0] == "Success", answer


@pytest.mark.parametrize(
    "shown", [datetime(2000, 1, 1, tzinfo=UTC), MONDAY - timedelta(hours=3), MONDAY + timedelta(hours=3)], ids=str
)
def test_sales_go_on_and_arrive_with_claimed_corrected_and_received_time(tmp_path: Path, shown: datetime) -> None:
    bench = OfficeBench(tmp_path / "office")
    line = Line(bench.app)
    library = str(build(tmp_path, SOURCE))

    def clock_at(moment: datetime) -> dict[str, str]:
        wrong_by = int((moment - datetime.now(UTC)).total_seconds())
        return {"LD_PRELOAD": library, "WRONG_BY_S": str(wrong_by)}

    (tmp_path / "till").mkdir()
    daemon = DaemonProcess(
        tmp_path / "till", "[sync]\nevery_s = 1\n", simulated=False, extra_environment=clock_at(MONDAY)
    )
    enrol(daemon, bench, line.url)
    daemon.extra_environment = clock_at(shown)
    daemon.start()
    try:
        wait_for("the notice", lambda: NOTICE.search(cashier_reads(daemon)))
        (minutes,) = NOTICE.findall(cashier_reads(daemon))
        assert abs(timedelta(minutes=int(minutes)) - abs(shown - MONDAY)) < CROWDED
        sell(daemon, 1)
        line.off()
        wait_for("the loss of the line", lambda: daemon.status()["link"]["state"] == "off_line")
        sell(daemon, 2)
        line.on()
        wait_for("the upload", lambda: daemon.status()["link"]["outbox_count"] == 0)
        browser = bench.client()
        assert "clock_wrong" in browser.get("/tills").text
        with bench.office.database.read() as reader:
            rows = reader.scalars(select(Receipt).order_by(Receipt.seq)).all()
        assert [row.seq for row in rows] == [1, 2]
        for row in rows:
            assert timedelta() <= row.closed_at_claimed - shown < CROWDED, "as the till's clock said"
            assert timedelta() <= MONDAY - row.closed_at < CROWDED, "as it was"
            assert row.received_at == MONDAY
            assert row.clock_suspect
            page = Page(browser.get(f"/receipts/{row.workstation_id}/{row.epoch}/{row.seq}").text).text
            assert "By the till's clock" in page
    finally:
        assert daemon.stop() == 0
        line.off()
        bench.close()


def cashier_reads(daemon: DaemonProcess) -> str:
    """What the cashier reads."""
    return Page(daemon.client.get("/").text).text
