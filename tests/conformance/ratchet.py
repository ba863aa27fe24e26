"""The number of right cases per file: it is written down, and never falls."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conformance.judge import Verdict

RATCHET = Path(__file__).with_name("ratchet.json")


def reached() -> dict[str, int]:
    """Right cases per file, as written down."""
    found: dict[str, int] = json.loads(RATCHET.read_text(encoding="utf-8")) if RATCHET.exists() else {}
    return found


def right(verdicts: list[Verdict]) -> int:
    """How many are right."""
    return sum(verdict.state == "right" for verdict in verdicts)


def raise_to(found: dict[str, list[Verdict]]) -> None:
    """Write down the higher number of each file."""
    before = reached()
    now = {name: max(before.get(name, 0), right(verdicts)) for name, verdicts in found.items()}
    RATCHET.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
