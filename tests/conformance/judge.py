"""Running recorded cases through the entry of `pos-engine evaluate`, and saying of each how it came out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pos_engine.core.evaluate import evaluate
from pos_engine.core.moment import moment_at
from pos_engine.core.outcome import Outcome
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire.campaigns import decode_campaigns_file
from pos_engine.wire.documents import decode_basket, decode_member, decode_usage
from pos_engine.wire.errors import DocumentError
from tests.conformance import medusa, odoo, oscar, pretix, sylius
from tests.conformance.documents import CannotSayError, Documents

VECTORS = Path(__file__).parents[1] / "vectors" / "engine_cases"

SOURCES: dict[str, ModuleType] = {
    "medusa": medusa,
    "odoo": odoo,
    "oscar": oscar,
    "pretix": pretix,
    "sylius": sylius,
}
"""Each module has `translate(case) -> Documents` and `differences(case, outcome) -> list[str]`."""

State = Literal["right", "cannot_say", "refused", "differs"]


@dataclass(frozen=True)
class Verdict:
    """How one case came out. `text` says what our documents cannot say, what was refused, or what differs."""

    case_id: str
    state: State
    text: str = ""


def header(name: str) -> dict[str, Any]:
    """A file of recorded cases."""
    found: dict[str, Any] = json.loads(VECTORS.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return found


def cases(name: str) -> Iterator[dict[str, Any]]:
    """Every case of a file, of all its lists, in their order."""
    for key, value in header(name).items():
        if key.endswith("cases"):
            yield from value


def run(documents: Documents) -> Outcome:
    """Decode, compile and evaluate, as the command does; DocumentError for a document it refuses."""
    file = decode_campaigns_file(documents.campaigns)
    basket = decode_basket(documents.basket)
    member = None if documents.member is None else decode_member(documents.member)
    usage = Usage() if documents.usage is None else decode_usage(documents.usage)
    instant = datetime.fromisoformat(documents.at)
    zone = instant.tzinfo
    assert zone is not None
    return evaluate(compile_ruleset(file.campaigns, file.tariff), basket, member, usage, moment_at(instant, zone))


def judge(name: str, case: dict[str, Any]) -> Verdict:
    """Translate a case, run it, compare."""
    source = SOURCES[name]
    try:
        documents = source.translate(case)
    except CannotSayError as error:
        return Verdict(case["id"], "cannot_say", str(error))
    try:
        outcome = run(documents)
    except DocumentError as error:
        return Verdict(case["id"], "refused", str(error))
    found = source.differences(case, outcome)
    return Verdict(case["id"], "differs" if found else "right", "; ".join(found))


def verdicts(name: str) -> list[Verdict]:
    """Of every case of a file."""
    return [judge(name, case) for case in cases(name)]
