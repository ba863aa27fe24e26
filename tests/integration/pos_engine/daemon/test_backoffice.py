"""The daemon and a real back-office: enrolment, a published set, sales without a line that arrive exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import DaemonProcess, run_program
from tests.support.line import Line
from tests.support.nexo import BREAD, loyalty, told
from tests.support.programs import fingerprint_in
from tests.support.sync_bench import Office
from tests.support.till import HandClock
from tests.support.waiting import wait_for


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    yield office
    office.close()


def sell(daemon: DaemonProcess, number: int) -> None:
    answer = daemon.post(loyalty("Award", f"S{number}", str(number), [BREAD], 9.00, accounts=[])).json()
    assert told(answer)[0] == "Success"


def test_what_was_sold_without_a_line_arrives_once_and_a_new_set_arrives_by_itself(
    tmp_path: Path, office: Office
) -> None:
    line = Line(office.app)
    daemon = DaemonProcess(tmp_path, "[sync]\nevery_s = 1\n", shown=office.clock.now())
    daemon.configure()
    config = ("--config", str(daemon.config))
    enrolled = run_program("enrol", *config, "--url", line.url, "--code", office.code(), "--no-wait")
    assert enrolled.returncode == 0, enrolled.stderr
    assert "of Main Street (Corner Bakery)" in enrolled.stdout
    office.confirm(fingerprint_in(enrolled.stdout))
    fetched = run_program("enrol", *config)
    assert "Campaign set" in fetched.stdout, fetched.stderr
    daemon.start()
    try:
        wait_for("the line", lambda: daemon.status()["link"]["state"] == "on_line")
        office.put_campaign("spring", 1000)
        version = office.publish().set_version
        active = {"received": version, "active": version, "inactive_campaigns": 0}
        wait_for("the set", lambda: daemon.status()["campaign_set"] == active)

        line.off()
        sell(daemon, 1)
        wait_for("the loss of the line", lambda: daemon.status()["link"]["state"] == "off_line")
        sell(daemon, 2)
        daemon.kill()
        daemon.start()
        sell(daemon, 3)
        assert daemon.status()["link"]["outbox_count"] == 3
        assert office.stored() == []

        line.on()
        wait_for("the upload", lambda: daemon.status()["link"]["outbox_count"] == 0)
        assert len(set(office.stored())) == len(office.stored()) == 3
        assert office.aside() == []
        wait_for("the comparison", lambda: (daemon.status()["nightly"] or {}).get("done"), 120)
        assert all(row["uploaded"] for row in daemon.receipts())
    finally:
        assert daemon.stop() == 0
        line.off()
