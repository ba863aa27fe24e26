"""The daemon and a real back-office: enrolment, a published set, sales without a line that arrive exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waitress import wasyncore
from waitress.server import create_server

from tests.support.daemon import DaemonProcess, run_program
from tests.support.nexo import BREAD, loyalty, told
from tests.support.programs import fingerprint_in
from tests.support.sync_bench import Office
from tests.support.till import HandClock
from tests.support.waiting import wait_for


class Line:
    """The back-office's own server on one port; it can be switched off and on."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.port = 0
        self._stop = self._start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def off(self) -> None:
        self._stop()

    def on(self) -> None:
        self._stop = self._start()

    def _start(self) -> Callable[[], None]:
        server = create_server(self._office.app, host="127.0.0.1", port=self.port, threads=4)
        self.port = int(server.effective_port)
        thread = threading.Thread(target=server.run)
        thread.start()

        def stop() -> None:
            server.task_dispatcher.shutdown()
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
            thread.join(10)
            assert not thread.is_alive()

        return stop


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
    line = Line(office)
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
