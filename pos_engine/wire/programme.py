"""Codec of the programme. Laws as for every document: the same object, the same bytes; refused with its place."""

from __future__ import annotations

import msgspec

from pos_engine.core.programme import Programme
from pos_engine.wire.decode import decode
from pos_engine.wire.errors import DocumentError


def encode_programme(programme: Programme) -> bytes:
    """Canonical JSON: fields in the order of the class, no spaces."""
    return msgspec.json.encode(programme, order="deterministic")


def decode_programme(raw: bytes) -> Programme:
    """A programme that a till can work with. DocumentError says what is wrong."""
    programme = decode(raw, Programme)
    check_programme(programme)
    return programme


def check_programme(programme: Programme) -> None:
    """Refuse what no single field shows: a ladder whose rungs do not rise, a tier twice."""
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
