"""Writes docs/conformance.md and raises the ratchet: `python -m tests.conformance`."""

from __future__ import annotations

import sys

from tests.conformance.judge import SOURCES, verdicts
from tests.conformance.page import PAGE, page
from tests.conformance.ratchet import raise_to, right


def main() -> None:
    """Judge every case and write what came out."""
    found = {name: verdicts(name) for name in SOURCES}
    PAGE.write_text(page(found), encoding="utf-8")
    raise_to(found)
    for name, of_file in found.items():
        sys.stdout.write(f"{name}: {right(of_file)} of {len(of_file)} right\n")


if __name__ == "__main__":
    main()
