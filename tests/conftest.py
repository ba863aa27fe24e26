"""Fixtures that tests of several folders share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import hypothesis
import pytest
from playwright.sync_api import Browser

from tests.evidence import used
from tests.integration.pcsc_fixture import name_socket
from tests.support.browser import chromium_browser, chromium_path
from tests.support.quick_apps import quicken_apps

GC_OBJECTS = 10_000
"""New objects until the youngest are looked through; an application has some 50,000."""

# No test measures wall time: an example that waits half a second for a processor is no slower for it.
hypothesis.settings.register_profile("any-machine", deadline=None)
hypothesis.settings.load_profile("any-machine")

quicken_apps()
name_socket()

# What is imported and collected lives as long as the process: the collector of garbage need not look at it every time.
gc.disable()


def pytest_collection_finish() -> None:
    """Collect garbage from now on, seldom, and only what the tests make."""
    gc.freeze()
    gc.set_threshold(GC_OBJECTS)
    gc.enable()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Its version is part of the run's evidence."""
    if chromium_path() is None:
        pytest.skip("no Chromium on this machine (Debian package chromium)")
    with chromium_browser() as browser:
        used("chromium", browser.version)
        yield browser
