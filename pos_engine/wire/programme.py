"""Codec of the programme. Laws as for every document: the same object, the same bytes; refused with its place."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from pos_engine.core.programme import Programme
from pos_engine.wire.decode import decode
from pos_engine.wire.errors import DocumentError

LEAP_YEAR: Final = 2000


def encode_programme(programme: Programme) -> bytes:
    """Canonical JSON: fields in the order of the class, no spaces."""
    fields = msgspec.to_builtins(programme)
    if not programme.usable_from:
        # Tills of an older program do not know the window: a programme without one reads as it always did.
        fields.pop("usable_from", None)
        fields.pop("usable_until", None)
    return msgspec.json.encode(fields)


def decode_programme(raw: bytes) -> Programme:
    """A programme that a till can work with. DocumentError says what is wrong."""
    programme = decode(raw, Programme)
    check_programme(programme)
    return programme


def check_programme(programme: Programme) -> None:
    """Refuse what no single field shows: a ladder whose rungs do not rise, a tier twice."""
    if bool(programme.usable_from) is not bool(programme.usable_until):
        raise DocumentError("$.usable_from", "a window needs its first and its last day")
    for name in ("usable_from", "usable_until"):
        _check_day(f"$.{name}", getattr(programme, name))
    seen: set[str] = set()
    below = 0
    for index, step in enumerate(programme.tiers.steps):
        where = f"$.tiers.steps[{index}]"
        if step.tier_id in seen:
            raise DocumentError(f"{where}.tier_id", f"{step.tier_id!r} is on the ladder twice")
        if step.threshold <= below:
            raise DocumentError(f"{where}.threshold", f"{step.threshold} is not above the rung before it ({below})")
        seen.add(step.tier_id)
        below = step.threshold


def _check_day(where: str, text: str) -> None:
    """Refuse what is no day of a leap year, written as month and day."""
    if not text:
        return
    try:
        day = date.fromisoformat(f"{LEAP_YEAR}-{text}")
    except ValueError:
        raise DocumentError(where, f"{text!r} is not a month and a day like 12-01") from None
    if day.strftime("%m-%d") != text:
        raise DocumentError(where, f"{text!r} is not a month and a day like 12-01")
