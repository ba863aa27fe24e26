"""`python -m tests.support.outcome_digests` prices what is recorded and prints the build of the core and a hash a case.

Run twice, with `POS_ENGINE_CORE` plain and compiled, it tells whether both builds give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import sys

from pos_engine import CORE
from pos_engine.wire.documents import encode
from tests.conformance.documents import CannotSayError
from tests.conformance.judge import SOURCES, cases, run


def digests() -> dict[str, str]:
    """Case → SHA-256 of its outcome's bytes, reasons included; or what the case is refused with."""
    found: dict[str, str] = {}
    for name, source in SOURCES.items():
        for case in cases(name):
            try:
                found[case["id"]] = hashlib.sha256(encode(run(source.translate(case)))).hexdigest()
            except CannotSayError as refusal:
                found[case["id"]] = str(refusal)
    return found


if __name__ == "__main__":
    json.dump({"core": CORE.core, "digests": digests()}, sys.stdout)
