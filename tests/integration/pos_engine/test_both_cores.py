"""The compiled core and the plain one price everything that is recorded to the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pos_engine.core_choice import MANIFEST, compiled_folder, sources_digest
from tests.evidence import used

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 300


def priced_by(core: str) -> dict[str, Any]:
    """What `tests.support.outcome_digests` says in a process with this core."""
    answer = subprocess.run(
        [sys.executable, "-m", "tests.support.outcome_digests"],
        cwd=ROOT,
        env={**os.environ, "POS_ENGINE_CORE": core},
        capture_output=True,
        check=True,
        timeout=TIMEOUT_S,
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_both_give_the_same_bytes() -> None:
    manifest = compiled_folder() / MANIFEST
    if not manifest.is_file() or json.loads(manifest.read_bytes())["sources"] != sources_digest():
        pytest.skip("no core was compiled from these sources: make setup")
    compiled, plain = priced_by("compiled"), priced_by("plain")
    assert (compiled["core"], plain["core"]) == ("compiled", "plain")
    assert len(compiled["digests"]) > 100
    assert compiled["digests"] == plain["digests"]
    used("compiled-core", "same bytes as the plain one")
