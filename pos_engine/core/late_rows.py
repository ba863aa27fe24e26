"""Outcomes whose totals are known, and whose rows are made when somebody asks for one of them.

A replay of a year, a quote and a comparison ask for totals; making hundreds of rows for them costs more than the price
itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pos_engine.core.outcome import Certificate, Outcome, Reason, Rows

_NEW: Final = object.__new__
_SET: Final = object.__setattr__
"""An outcome is made without its constructor, and at one stroke: it stands at the end of every price."""


def with_rows_later(
    make_rows: Callable[[], Rows],
    totals_minor: tuple[int, int, int],
    certificate: Certificate,
    ruleset_version: int,
    reasons: tuple[Reason, ...] = (),
    *,
    grants_later: bool = False,
) -> Outcome:
    """An outcome with its totals (value, discount, due) known and its rows not yet.

    `grants_later`: whether something may have been given beside money.
    """
    outcome = _NEW(Outcome)
    own: dict[str, object] = {
        "total_value_minor": totals_minor[0],
        "total_discount_minor": totals_minor[1],
        "total_due_minor": totals_minor[2],
        "reasons": reasons,
        "certificate": certificate,
        "ruleset_version": ruleset_version,
        "_make_rows": make_rows,
    }
    if grants_later:
        own["_grants_later"] = True
    _SET(outcome, "__dict__", own)
    return outcome
