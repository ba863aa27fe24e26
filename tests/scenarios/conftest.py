"""One shop for all scenarios, opened at the first of them: its weeks go by, scenario after scenario."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.office import OfficeBench
from tests.support.story import Story
from tests.support.whole_shop import WholeShop


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests are spread over several processes, one of them has the shop: said before pytest-xdist reads it."""
    for item in items:
        if "opened_shop" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("shop"))


@pytest.fixture(scope="session")
def opened_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeShop]:
    """A back-office and two tills, running, behind a PC/SC daemon of their own: others may stop theirs."""
    short = Path(tempfile.mkdtemp(prefix="pcscd-"))  # a socket's name has 107 characters at most
    pcscd = PrivatePcscd(short)
    pcscd.start()
    try:
        shop = WholeShop(tmp_path_factory.mktemp("shop"), pcscd)
        try:
            shop.open()
            yield shop
        finally:
            shop.close()
    finally:
        pcscd.stop()
        shutil.rmtree(short, ignore_errors=True)


@pytest.fixture
def shop(opened_shop: WholeShop, request: pytest.FixtureRequest) -> Iterator[WholeShop]:
    """The shop on a Monday morning, without campaigns."""
    if request.config.getoption("loadgroup", default=False) and not request.node.nodeid.endswith("@shop"):
        pytest.fail("the scenarios are spread over several processes: pytest-xdist does not see their group")
    with opened_shop.week():
        yield opened_shop


@pytest.fixture
def story(shop: WholeShop) -> Story:
    """Tables are played at the first till."""
    return Story(shop.clock, shop.till, shop.office)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[OfficeBench]:
    """A back-office without programs of its own, for what happens at its desk."""
    made = OfficeBench(tmp_path / "office")
    yield made
    made.close()
