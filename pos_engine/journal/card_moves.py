"""Moves of value on cards as the till's journal knows them, and the tap counters of tags.

Laws: a row is there before the card is told; what became of it is taken from the card. Where the card does not come
back, a person in the office decides; when it does come back, what it says stands above that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pos_engine.journal.effects import json_list
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.ports.stored_value import CardValue, MoveKind

MoveReason = Literal["sale", "top_up", "give_back"]
MoveState = Literal["pending", "done", "undone", "unclear"]
DecidedBy = Literal["", "card", "office"]

_FIELDS = (
    "move_id, card_id, kind, reason, reference, amount_minor, currency, balance_before_minor, sequence, operator,"
    " state, begun_at, decided_by, told"
)
_SELECT = f"SELECT {_FIELDS} FROM card_moves WHERE organisation_id = ?"  # noqa: S608 - names from the lines above
_ASKED = "(state = 'pending' OR decided_by = 'office')"
"""Moves that their card decides when it is tapped."""
_UNDECIDED = "state IN ('pending', 'unclear')"


@dataclass(frozen=True)
class MoveRow:
    """One move. `reference`: the sale's number, or that of the top-up. `sequence`: its number on the card.

    `begun_at`: as written, ISO 8601. `decided_by`: whose word `state` is, empty while nobody has decided. `told`:
    `mark` as the back-office last confirmed it; empty: it was never told of this move.
    """

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
    begun_at: str = ""
    decided_by: DecidedBy = ""
    told: str = ""

    @property
    def mark(self) -> str:
        """What the back-office has to know of it by now."""
        return f"{self.state} {self.decided_by}"


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
    """What the card said of a move. Told again it stays as the card said first."""
    connection.execute(
        "UPDATE card_moves SET state = ?, settled_at = ?, decided_by = ?"  # noqa: S608 - names from this module
        f" WHERE organisation_id = ? AND move_id = ? AND {_ASKED}",
        (state, now.isoformat(), "" if state == "unclear" else "card", till.organisation_id, move_id),
    )


def decide(connection: Connection, till: TillIdentity, move_id: str, state: MoveState, now: datetime) -> bool:
    """What a person in the office decided of a move whose card did not come back; False: the card has spoken."""
    changed = connection.execute(
        "UPDATE card_moves SET state = ?, settled_at = ?, decided_by = 'office'"  # noqa: S608 - as above
        f" WHERE organisation_id = ? AND move_id = ? AND ({_UNDECIDED} OR decided_by = 'office') AND state <> ?",
        (state, now.isoformat(), till.organisation_id, move_id, state),
    )
    return bool(changed.rowcount)


def settle(connection: Connection, till: TillIdentity, seen: CardValue, now: datetime) -> tuple[MoveRow, ...]:
    """Decide this card's moves by what the card says: those that are pending, and those that the office decided.

    Those that were decided. Where the card no longer tells, the office's word stays.
    """
    rows = connection.execute(
        f"{_SELECT} AND card_id = ? AND {_ASKED}",
        (till.organisation_id, seen.card_id),
    ).fetchall()
    decided = []
    for row in map(_row, rows):
        state = fate(row, seen)
        if state == "unclear" and row.decided_by == "office":
            continue
        finish(connection, till, row.move_id, state, now)
        decided.append(replace(row, state=state, decided_by="" if state == "unclear" else "card"))
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
        f"{_SELECT} AND reference = ? ORDER BY begun_at, sequence",
        (till.organisation_id, reference),
    )
    return tuple(map(_row, rows))


def undecided(connection: Connection, till: TillIdentity) -> tuple[MoveRow, ...]:
    """Moves that wait for their card, or for the back-office."""
    rows = connection.execute(f"{_SELECT} AND {_UNDECIDED} ORDER BY begun_at", (till.organisation_id,))
    return tuple(map(_row, rows))


def to_ask(connection: Connection, till: TillIdentity) -> frozenset[str]:
    """Cards that have to be asked when they are tapped."""
    rows = connection.execute(
        f"SELECT card_id FROM card_moves WHERE organisation_id = ? AND {_ASKED}",  # noqa: S608 - as above
        (till.organisation_id,),
    )
    return frozenset(row[0] for row in rows)


def news(connection: Connection, till: TillIdentity, asked: Iterable[str]) -> tuple[MoveRow, ...]:
    """What the back-office may have to know: undecided moves, told ones that changed since, and those it asks for."""
    rows = connection.execute(
        f"{_SELECT} AND {_UNDECIDED} UNION {_SELECT} AND told <> '' AND told <> state || ' ' || decided_by"  # noqa: S608 - as above
        f" UNION {_SELECT} AND move_id IN (SELECT value FROM json_each(?)) ORDER BY begun_at, move_id",
        (till.organisation_id, till.organisation_id, till.organisation_id, json_list(asked)),
    )
    return tuple(map(_row, rows))


def confirm_told(connection: Connection, till: TillIdentity, rows: Iterable[MoveRow]) -> None:
    """The back-office has these moves as they are in `rows`."""
    connection.executemany(
        "UPDATE card_moves SET told = ? WHERE organisation_id = ? AND move_id = ?",
        [(row.mark, till.organisation_id, row.move_id) for row in rows],
    )


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


def _row(
    row: tuple[str, str, MoveKind, MoveReason, str, int, str, int, int, str, MoveState, str, DecidedBy, str],
) -> MoveRow:
    return MoveRow(*row)
