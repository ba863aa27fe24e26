"""The line between tills in processes of their own and a back-office of the test."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from tests.support.daemon import DaemonProcess, run_program
from tests.support.office import OfficeBench
from tests.support.programs import fingerprint_in


class Line:
    """The back-office's own server on one port; it can be switched off and on."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.port = 0
        self._stop = self._start()

    @property
    def url(self) -> str:
        """Where tills reach it."""
        return f"http://127.0.0.1:{self.port}"

    def off(self) -> None:
        """Nobody answers any more."""
        self._stop()

    def on(self) -> None:
        """Answer again, at the same address."""
        self._stop = self._start()

    def _start(self) -> Callable[[], None]:
        server = create_server(self._app, host="127.0.0.1", port=self.port, threads=4)
        self.port = int(server.effective_port)
        thread = threading.Thread(target=server.run)
        thread.start()

        def stop() -> None:
            server.task_dispatcher.shutdown()
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
            thread.join(10)
            assert not thread.is_alive()

        return stop


def enrol(daemon: DaemonProcess, bench: OfficeBench, url: str) -> None:
    """Make a daemon that is not started yet a till of the bakery."""
    daemon.configure()
    config = ("--config", str(daemon.config))
    shown = run_program(
        "enrol", *config, "--url", url, "--code", bench.enrolment_code(), "--no-wait", env=daemon.extra_environment
    )
    assert shown.returncode == 0, shown.stderr
    bench.confirm(fingerprint_in(shown.stdout))
    done = run_program("enrol", *config, env=daemon.extra_environment)
    assert done.returncode == 0, done.stderr
