"""What travels when a till asks about a sale that goods come back from. The wire laws of `sync.py` hold."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pos_engine.core.returns import UnitPlace
from pos_engine.wire.sync import Amount, Envelope


class OriginalRequest(Envelope, frozen=True, kw_only=True):
    """Which receipt goods come back from: `workstation:epoch:seq`, of any till of the organisation."""

    receipt_id: Annotated[str, msgspec.Meta(max_length=160)]


class ReturnedBefore(msgspec.Struct, frozen=True, kw_only=True):
    """A return of some units of a sale."""

    receipt_id: str
    units: tuple[UnitPlace, ...]
    due_minor: Amount = 0
    refund_minor: Amount = 0


class OriginalAnswer(Envelope, frozen=True, kw_only=True):
    """A sale's receipt as it was received, and what of it came back already. `voided`: the whole sale was cancelled."""

    raw: str
    voided: bool = False
    returns: tuple[ReturnedBefore, ...] = ()
