"""Copies of the product in which one patch is applied, and the tests run on them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.patches import Patch

ROOT = Path(__file__).parents[2]
TESTED = ("pos_engine", "tests")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.so", "*.pyc", "compiled", "static", "pictures", "node_modules")
RUN_S_MAX = 240
PASSED, FAILED = 0, 1
"""Exit codes of pytest; every other one means that the run itself went wrong."""


class PatchError(Exception):
    """A patch does not fit the source, or its tests cannot run; the text says which and why."""


@dataclass(frozen=True)
class Result:
    """`caught_by`: the first test that failed; empty when the patch survived."""

    patch: Patch
    caught_by: str


def patched(patch: Patch, source: str) -> str:
    """The source with the patch applied. PatchError unless the text stands there exactly once."""
    count = source.count(patch.before)
    if count != 1:
        raise PatchError(f"{patch.path}: {patch.before.strip()!r} stands there {count} times, not once ({patch.says})")
    return source.replace(patch.before, patch.after)


def copy_to(folder: Path) -> None:
    """The sources and tests, without anything compiled."""
    for name in TESTED:
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    shutil.copy(ROOT / "pyproject.toml", folder)


def run_tests(folder: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Exit code of pytest in a copy, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rf", "--tb=line", "-m", "not slow"]
    command += ["-p", "no:randomly", "-p", "no:cacheprovider", "-p", "tests.mutation.plain_core", *tests]
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTEST_ADDOPTS"}}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_XDIST")}
    environment["POS_ENGINE_CORE"] = "plain"
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=RUN_S_MAX, check=False
    )
    return done.returncode, done.stdout + done.stderr


def try_out(patch: Patch) -> Result:
    """Apply one patch to a copy and run its tests. PatchError when it does not fit or the tests do not run."""
    with tempfile.TemporaryDirectory(prefix="patched-") as name:
        folder = Path(name)
        copy_to(folder)
        target = folder / patch.path
        target.write_text(patched(patch, target.read_text(encoding="utf-8")), encoding="utf-8")
        code, printed = run_tests(folder, patch.tests)
    if code not in {PASSED, FAILED}:
        raise PatchError(f"{patch.path} ({patch.says}): the tests did not run:\n{printed}")
    found = re.search(r"^FAILED \S*::(\w+)", printed, re.MULTILINE)
    if code == FAILED and found is None:
        raise PatchError(f"{patch.path} ({patch.says}): no test is named as failed:\n{printed}")
    return Result(patch, "" if found is None else found[1])


def unpatched(patches: Sequence[Patch]) -> None:
    """All their tests on an untouched copy: what fails there would prove nothing. PatchError when one does."""
    with tempfile.TemporaryDirectory(prefix="unpatched-") as name:
        folder = Path(name)
        copy_to(folder)
        code, printed = run_tests(folder, sorted({test for patch in patches for test in patch.tests}))
    if code != PASSED:
        raise PatchError(f"the tests do not pass without any patch:\n{printed}")


def results(patches: Sequence[Patch], workers: int) -> Iterator[Result]:
    """Every patch tried out, in their order."""
    unpatched(patches)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        yield from pool.map(try_out, patches)
