"""What a test run really used, and how many tests of each folder ran: printed at the end of every run.

A fixture or test that has talked to the real thing calls ``used("pcscd", "1.9.9")``. ``--must-use=pcscd,http`` turns a
thing that was never used into a failed run, so that a run in which everything was skipped is not taken for a good one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pos_engine import CORE

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = (
    "pcscd", "pseudo-terminal", "http", "chromium", "postgresql", "compiled-core", "power-cut", "forgetful-disk",
    "judge", "emupos", "axe",
)  # fmt: skip
"""`power-cut`: images of what was surely on the disk. `forgetful-disk`: the daemon on a file system that drops what was
not synced. `judge`: a program that is not ours, in `make interop`; `emupos`: the one of them that needs Python 3.13.
`axe`: every page judged by it."""

_used: Counter[tuple[str, str]] = Counter()
_outcomes: Counter[tuple[str, str]] = Counter()


def used(kind: str, detail: str = "") -> None:
    """Note that a real thing of this kind has answered; the detail names it (a version, a device)."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
    _used[kind, detail] += 1


def pytest_report_header() -> str:
    """Say which build of the rule core is tested: after a change of its sources that is the plain one."""
    return f"rule core: {CORE}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--must-use``."""
    parser.addoption(
        "--must-use", default="", metavar="KIND,KIND", help="fail unless each was really used: " + ", ".join(KINDS)
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count each test once, under its folder."""
    if report.when == "call" or (report.when == "setup" and not report.passed):
        parts = report.nodeid.split("::")[0].split("/")[1:-1]
        _outcomes["/".join(parts[:3]) or ".", report.outcome] += 1


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker process (pytest-xdist) has used."""
    workeroutput: Mapping[str, list[tuple[str, str, int]]] = getattr(node, "workeroutput", {})
    for kind, detail, count in workeroutput.get("used", []):
        _used[kind, detail] += count


def missing_kinds(config: pytest.Config) -> list[str]:
    """Kinds asked for by ``--must-use`` that no test has used."""
    wanted = [kind for kind in config.getoption("--must-use").split(",") if kind]
    seen = {kind for kind, _ in _used}
    return [kind for kind in wanted if kind not in seen]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over to the main process, or judge the run."""
    workeroutput: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if workeroutput is not None:
        workeroutput["used"] = [(kind, detail, count) for (kind, detail), count in _used.items()]
    elif missing_kinds(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print both tables."""
    terminalreporter.section("tests per folder")
    for folder in sorted({folder for folder, _ in _outcomes}):
        counts = [
            f"{_outcomes[folder, outcome]:5} {outcome}"
            for outcome in ("passed", "failed", "skipped")
            if _outcomes[folder, outcome]
        ]
        terminalreporter.line(f"{folder:36}{', '.join(counts)}")
    terminalreporter.section("really used")
    for kind in KINDS:
        details = sorted({detail for seen, detail in _used if seen == kind and detail})
        times = sum(count for (seen, _), count in _used.items() if seen == kind)
        terminalreporter.line(f"{kind:18}{f'{times} times' if times else 'NOT USED':12}{', '.join(details[:4])}")
    for kind in missing_kinds(config):
        terminalreporter.line(f"Failed: {kind} had to be used and was not.", red=True)
