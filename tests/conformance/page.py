"""docs/conformance.md: how many recorded cases come out to the cent, and why the others do not."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.disagreements import DISAGREEMENTS
from tests.conformance.judge import SOURCES, Verdict, header

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"

HEAD = """\
# Recorded cases of other engines

Baskets and promotions that other engines' own tests use, with the prices those engines gave, are in
`tests/vectors/engine_cases/`; each file names its source. `tests/conformance/` translates every case into our documents
under the source's policy and rounding, and runs it through the entry of `pos-engine evaluate`. A case is right when the
total and every number the source gives (per line, per unit, per promotion, tax) are the same to the cent.

`python -m tests.conformance` writes this page and raises `tests/conformance/ratchet.json`; a test refuses a page that
is not up to date, and a number of right cases that falls.
"""

STATES = {
    "right": "right",
    "cannot_say": "cannot be said",
    "differs": "differs on purpose",
    "refused": "not yet",
}


def page(found: dict[str, list[Verdict]]) -> str:
    """The whole page."""
    parts = [HEAD, _summary(found)]
    parts += [_chapter(name, verdicts) for name, verdicts in found.items()]
    return "\n".join(parts)


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many verdicts there are of each state, in a fixed order."""
    return {state: sum(verdict.state == state for verdict in verdicts) for state in STATES}


def _summary(found: dict[str, list[Verdict]]) -> str:
    shown = [s for s in STATES if s != "refused" or any(counts(verdicts)[s] for verdicts in found.values())]
    rows = [f"| file | cases | {' | '.join(STATES[state] for state in shown)} | share right |"]
    rows.append("|---|" + "---:|" * (len(shown) + 2))
    for name, verdicts in found.items():
        numbers = counts(verdicts)
        cells = " | ".join(str(numbers[state]) for state in shown)
        rows.append(f"| [{name}](#{name}) | {len(verdicts)} | {cells} | {_share(verdicts)} |")
    everything = [verdict for verdicts in found.values() for verdict in verdicts]
    cells = " | ".join(str(counts(everything)[state]) for state in shown)
    rows.append(f"| all | {len(everything)} | {cells} | {_share(everything)} |")
    return "\n".join(rows) + "\n"


def _share(verdicts: Sequence[Verdict]) -> str:
    per_mille = counts(verdicts)["right"] * 1000 // len(verdicts)
    return f"{per_mille // 10}.{per_mille % 10} %"


def _chapter(name: str, verdicts: Sequence[Verdict]) -> str:
    doc = inspect.getdoc(SOURCES[name]) or ""
    title, _, rest = doc.partition("\n\n")
    lines = [f"## {name}", f"Source: {header(name)['source']}.", "", title, "", rest, ""]
    others = [verdict for verdict in verdicts if verdict.state != "right"]
    if others:
        lines += ["| case | how | why |", "|---|---|---|"]
    lines += [f"| {verdict.case_id} | {STATES[verdict.state]} | {_why(verdict)} |" for verdict in others]
    return "\n".join(lines) + "\n"


def _why(verdict: Verdict) -> str:
    if verdict.state == "differs":
        law, reason = DISAGREEMENTS.get(verdict.case_id, ("", verdict.text))
        return f"{law} {reason}".strip()
    return verdict.text[0].upper() + verdict.text[1:] + ("" if verdict.text.endswith(".") else ".")
