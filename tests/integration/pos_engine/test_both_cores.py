"""The compiled core and the plain one price everything that is recorded, and random shops, to the same bytes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pos_engine.core.registry import CONDITIONS, REWARDS, kind_of
from pos_engine.core_choice import MANIFEST, compiled_folder, sources_digest
from tests.evidence import used
from tests.support.random_digests import write_cases

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 300
RANDOM_CASES = 2_000


@pytest.fixture(autouse=True)
def both_are_there() -> None:
    """Without a core that was compiled from these sources there is nothing to compare."""
    manifest = compiled_folder() / MANIFEST
    if not manifest.is_file() or json.loads(manifest.read_bytes())["sources"] != sources_digest():
        pytest.skip("no core was compiled from these sources: make setup")


def priced_by(core: str, module: str, *arguments: str) -> dict[str, Any]:
    """What a module that prints digests says in a process with this core."""
    answer = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "POS_ENGINE_CORE": core},
        capture_output=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert answer.returncode == 0, answer.stderr.decode()
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def same_bytes(module: str, *arguments: str) -> Any:
    """The digests, which are those of both builds."""
    compiled, plain = (priced_by(core, module, *arguments) for core in ("compiled", "plain"))
    assert (compiled["core"], plain["core"]) == ("compiled", "plain")
    assert compiled["digests"] == plain["digests"]
    return plain["digests"]


def test_both_give_the_same_bytes() -> None:
    assert len(same_bytes("tests.support.outcome_digests")) > 100
    used("compiled-core", "same bytes as the plain one")


@pytest.mark.slow
def test_both_give_the_same_bytes_on_random_shops(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - the way to run a failure again
    shops = write_cases(tmp_path / "cases", RANDOM_CASES, seed)
    digests = same_bytes("tests.support.random_digests", str(tmp_path / "cases"))
    assert len(digests) == len(shops) >= RANDOM_CASES
    assert len(set(digests)) > RANDOM_CASES / 3, "most of the outcomes are one and the same"
    kinds = {kind_of(type(offer.reward)) for shop in shops for campaign in shop for offer in campaign.offers}
    kinds |= {kind_of(type(offer.condition)) for shop in shops for campaign in shop for offer in campaign.offers}
    assert kinds == set(CONDITIONS) | set(REWARDS)
