"""A back-office on its real server, and a till that is told its address."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from waitress import wasyncore
from waitress.server import create_server

from tests.evidence import used
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    yield office
    office.close()


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    """The server that the back-office really runs on, on a free port of this machine."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    server = create_server(office.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # The loop ends when nothing is left in its map; kept-alive connections of tills would stay in it.
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(10)
    server.task_dispatcher.shutdown()
    assert not thread.is_alive()


@pytest.fixture
def till(tmp_path: Path, office: Office, url: str) -> Iterator[Till]:
    till = Till(tmp_path / "till", office, url=url)
    used("http", "waitress serving /sync/v1")
    yield till
    till.close()
