"""Moves of value on cards that are not known to have happened: a till tells the back-office, where a person may decide.

The laws of `wire/sync.py` hold here too. An older back-office does not list moves in its heartbeat's answer (`None`);
the till then keeps them to itself. An older till never tells of any.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from pos_engine.wire.heartbeat import KnownMove, MoveFate
from pos_engine.wire.sync import Count, Envelope, Instant

MOVES_MAX: Final = 100
"""Moves in one report, and in one heartbeat's answer; a shop has a handful in a bad week."""

Short = Annotated[str, msgspec.Meta(max_length=200)]


class CardMoveBody(msgspec.Struct, frozen=True, kw_only=True):
    """One move as the till has it. `reference`: of the sale or the top-up; amounts in minor units.

    `state`: pending, the card has not been seen since; unclear, it has been and no longer tells; done or undone, with
    `decided_by`, whose word that is. `balance_before_minor`, `sequence`: what lay on the card, and the move's number.
    """

    move_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    card_id: Short
    kind: Literal["debit", "credit"]
    reason: Literal["sale", "top_up", "give_back"]
    reference: Short
    amount_minor: Annotated[int, msgspec.Meta(gt=0, le=2**53)]
    currency: Annotated[str, msgspec.Meta(max_length=3)]
    balance_before_minor: Count
    sequence: Count
    operator: Short
    begun_at: Instant
    state: MoveFate
    decided_by: Literal["", "card", "office"] = ""


class CardMoveReport(Envelope, frozen=True, kw_only=True):
    """Moves that changed since the back-office last heard of them. Told again it is the same."""

    workstation_id: str
    moves: Annotated[tuple[CardMoveBody, ...], msgspec.Meta(max_length=MOVES_MAX)]


class CardMoveAnswer(Envelope, frozen=True, kw_only=True):
    """These moves as the back-office has them now, with what was decided of them."""

    moves: tuple[KnownMove, ...]
