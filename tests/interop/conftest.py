"""What all tests with programs that are not ours need: the environment that `make interop` made for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.pcsc_fixture import _pcscd_process as _pcscd_process  # noqa: PLC0414 (a fixture)
from tests.integration.pcsc_fixture import pcscd as pcscd  # noqa: PLC0414

PLACE = Path(__file__).parents[2] / "var" / "interop"


@pytest.fixture
def environment() -> Callable[[str], Path]:
    """The folder of an environment by its name; the test fails when there is none."""

    def folder(name: str) -> Path:
        found = PLACE / name
        if not (found / ".made-from").exists():
            pytest.fail(f"var/interop/{name} is missing: run make interop")
        return found

    return folder
