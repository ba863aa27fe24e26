"""The cashier screen served by the real HTTP server."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from pos_engine.checkout.screen import ScreenState
from pos_engine.daemon.screen import CLIENTS_MAX, ScreenFeed, screen_blueprint
from pos_engine.daemon.screen.source import ReturnSource, ScreenSource
from tests.support.screens import ShownCheckout

HEARTBEAT_S = 0.2


class ScreenServer:
    """Serves from the start, on a free port of this machine, until it is closed."""

    def __init__(self, source: ScreenSource, returns: ReturnSource | None = None) -> None:
        self.feed = ScreenFeed(source)
        app = Flask(__name__)
        app.register_blueprint(screen_blueprint(source, self.feed, returns, heartbeat_s=HEARTBEAT_S))
        self._server = create_server(app, host="127.0.0.1", port=0, threads=CLIENTS_MAX + 2)
        self._thread = threading.Thread(target=self._server.run)
        self.url = f"http://127.0.0.1:{self._server.effective_port}"
        self._thread.start()

    def close(self) -> None:
        self.feed.close()
        # All sockets are closed by the thread that waits on them; then it has nothing left to wait for.
        with suppress(OSError):  # it may be awake already, and done before it is woken
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._server._map))
        self._thread.join(10)
        self._server.task_dispatcher.shutdown()


class ShownTill(ScreenServer):
    """A screen that shows what it is told."""

    def __init__(self) -> None:
        self.checkout = ShownCheckout()
        super().__init__(self.checkout)

    def show(self, state: ScreenState) -> None:
        """Show a state, as newer than the one before."""
        self.checkout.show(replace(state, version=self.checkout.state.version + 1))
