"""Moves of value on cards as the till's journal knows them, and the tap counters of tags.

Law: a row is there before the card is told; what became of it is taken from the card alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.ports.stored_value import CardValue, MoveKind

MoveReason = Literal["sale", "top_up", "give_back"]
MoveState = Literal["pending", "done", "undone", "unclear"]

_SELECT = (
    "SELECT move_id, card_id, kind, reason, reference, amount_minor, currency, balance_before_minor, sequence,"
    " operator, state FROM card_moves WHERE organisation_id = ?"
)


@dataclass(frozen=True)
class MoveRow:
    """One move. `reference`: the sale's number, or that of the top-up. `sequence`: its number on the card."""

    move_id: str
    card_id: str
    kind: MoveKind
    reason: MoveReason
    reference: str
    amount_minor: int
    currency: str
    balance_before_minor: int
    sequence: int
    operator: str
    state: MoveState = "pending"


def begin(connection: Connection, till: TillIdentity, row: MoveRow, now: datetime) -> None:
    """A move that the card is about to be told."""
    connection.execute(
        "INSERT INTO card_moves (organisation_id, workstation_id, begun_at, move_id, card_id, kind, reason, reference,"
        " amount_minor, currency, balance_before_minor, sequence, operator, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(till.organisation_id, till.workstation_id, now.isoformat(), row.move_id, row.card_id, row.kind),
            *(row.reason, row.reference, row.amount_minor, row.currency, row.balance_before_minor, row.sequence),
            *(row.operator, row.state),
        ),
    )


def finish(connection: Connection, till: TillIdentity, move_id: str, state: MoveState, now: datetime) -> None:
    """What became of a pending move. Told again it stays as it was told first."""
    connection.execute(
        "UPDATE card_moves SET state = ?, settled_at = ?"
        " WHERE organisation_id = ? AND move_id = ? AND state = 'pending'",
        (state, now.isoformat(), till.organisation_id, move_id),
    )


def settle(connection: Connection, till: TillIdentity, seen: CardValue, now: datetime) -> tuple[MoveRow, ...]:
    """Decide every pending move of this card by what the card says; those that were decided."""
    rows = connection.execute(
        _SELECT + " AND card_id = ? AND state = 'pending'",
        (till.organisation_id, seen.card_id),
    ).fetchall()
    decided = []
    for row in map(_row, rows):
        state = fate(row, seen)
        finish(connection, till, row.move_id, state, now)
        decided.append(replace(row, state=state))
    return tuple(decided)


def fate(row: MoveRow, seen: CardValue) -> MoveState:
    """What the card says of a move: in its records, or another in its place, or never come so far."""
    if any(move.move_id == row.move_id for move in seen.moves):
        return "done"
    if seen.sequence < row.sequence or any(move.sequence == row.sequence for move in seen.moves):
        return "undone"
    return "unclear"


def of_reference(connection: Connection, till: TillIdentity, reference: str) -> tuple[MoveRow, ...]:
    """All moves of a sale or top-up, in the order of the card."""
    rows = connection.execute(
        _SELECT + " AND reference = ? ORDER BY begun_at, sequence",
        (till.organisation_id, reference),
    )
    return tuple(map(_row, rows))


def undecided(connection: Connection, till: TillIdentity) -> tuple[MoveRow, ...]:
    """Moves that wait for their card, or for the back-office."""
    rows = connection.execute(
        _SELECT + " AND state IN ('pending', 'unclear') ORDER BY begun_at",
        (till.organisation_id,),
    )
    return tuple(map(_row, rows))


def moved_minor(connection: Connection, till: TillIdentity, card_id: str) -> int:
    """What this till has put on a card less what it took from it, in moves that the card confirmed."""
    row = connection.execute(
        "SELECT coalesce(sum(CASE kind WHEN 'credit' THEN amount_minor ELSE -amount_minor END), 0) FROM card_moves"
        " WHERE organisation_id = ? AND card_id = ? AND state = 'done'",
        (till.organisation_id, card_id),
    ).fetchone()
    return int(row[0])


def take_counter(connection: Connection, till: TillIdentity, card_id: str, counter: int, now: datetime) -> bool:
    """Remember a tag's counter; False when it is not higher than every one before: no fresh tap."""
    taken = connection.execute(
        "INSERT INTO tag_counters VALUES (?, ?, ?, ?) ON CONFLICT (organisation_id, card_id) DO UPDATE SET"
        " counter = excluded.counter, seen_at = excluded.seen_at WHERE excluded.counter > tag_counters.counter",
        (till.organisation_id, card_id, counter, now.isoformat()),
    )
    return bool(taken.rowcount)


def _row(row: tuple[str, str, MoveKind, MoveReason, str, int, str, int, int, str, MoveState]) -> MoveRow:
    return MoveRow(*row)
