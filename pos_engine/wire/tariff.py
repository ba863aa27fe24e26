"""What a tariff must look like beyond the plausible range of its numbers."""

from __future__ import annotations

import re

from pos_engine.core.money import Tariff
from pos_engine.wire.errors import DocumentError

_CURRENCY = re.compile(r"[A-Z]{3}")


def check_tariff(tariff: Tariff, path: str = "$") -> None:
    """The currency is three capital letters (ISO 4217)."""
    if _CURRENCY.fullmatch(tariff.currency) is None:
        raise DocumentError(f"{path}.currency", f"{tariff.currency!r} is not an ISO 4217 code such as EUR")
