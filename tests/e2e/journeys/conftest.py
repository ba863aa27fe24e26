"""One shop for all journeys, set up by its owner at the first of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.journeys.play import Player
from tests.integration.pcsc_fixture import PrivatePcscd

VENDOR = Path(__file__).parents[3] / "backoffice" / "static" / "vendor"


@pytest.fixture(scope="module")
def player(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    """Whoever plays journeys in the new shop."""
    if not (VENDOR / "htmx.min.js").exists():
        pytest.skip("the pages' packages are not installed (make setup)")
    short = Path(tempfile.mkdtemp(prefix="pcscd-"))  # a socket's name has 107 characters at most
    pcscd = PrivatePcscd(short)
    pcscd.start()
    try:
        made = Player(tmp_path_factory.mktemp("new-shop"), pcscd, chromium)
        try:
            yield made
        finally:
            made.close()
    finally:
        pcscd.stop()
        shutil.rmtree(short, ignore_errors=True)
