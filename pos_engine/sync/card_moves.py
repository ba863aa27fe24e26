"""Moves of value on cards that are in doubt: told to the back-office, and decided there where the card does not return.

Law: what the two sides know of is compared with every heartbeat, so that a lost message, a restart or a back-office
that came back from a backup mends itself; nothing is sent while both know the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pos_engine.journal.card_moves import MoveRow
from pos_engine.journal.journal import Journal
from pos_engine.ports.clock import Clock
from pos_engine.sync.client import BackOfficeClient
from pos_engine.wire.card_moves import MOVES_MAX, CardMoveBody, CardMoveReport
from pos_engine.wire.heartbeat import KnownMove

SETTLING: Final = timedelta(minutes=1)
"""What is younger than that is being made: a card's call ends within seconds, and its customer still stands there."""


def stays_in_doubt(state: str, begun_at: str, now: datetime) -> bool:
    """Whether the back-office should hear of something that it does not know yet. `begun_at`: ISO 8601.

    What lies in the future was begun by a clock that was wrong and is set right since.
    """
    return state == "unclear" or (state == "pending" and abs(now - datetime.fromisoformat(begun_at)) >= SETTLING)


def exchange(backoffice: BackOfficeClient, journal: Journal, clock: Clock, known: Sequence[KnownMove] | None) -> bool:
    """Tell what changed and take over what was decided; whether anything was decided. LinkDownError, RefusedError.

    `known`: from the heartbeat's answer; None: an older back-office, which is not asked.
    """
    identity = journal.identity()
    if known is None or identity is None:
        return False
    decided = _take_over(journal, known)
    there = {move.move_id: move for move in known}
    rows = tuple(_to_tell(journal.card_move_news(there), there, clock.now()))[:MOVES_MAX]
    if not rows:
        return decided
    report = CardMoveReport(workstation_id=identity.workstation_id, moves=tuple(map(_body, rows)))
    answer = backoffice.card_moves(report)
    journal.confirm_card_moves_told(rows)
    return _take_over(journal, answer.moves) or decided


def _take_over(journal: Journal, known: Sequence[KnownMove]) -> bool:
    decided = [journal.decide_card_move(move.move_id, move.decision) for move in known if move.decision]
    return any(decided)


def _to_tell(rows: Sequence[MoveRow], there: Mapping[str, KnownMove], now: datetime) -> Iterator[MoveRow]:
    """Those that the back-office has otherwise, or not at all."""
    for row in rows:
        known = there.get(row.move_id)
        if known is not None:
            wanted = known.state != row.state
        else:
            changed = row.state != "pending" and row.told not in {"", row.mark}
            wanted = changed or stays_in_doubt(row.state, row.begun_at, now)
        if wanted:
            yield row


def _body(row: MoveRow) -> CardMoveBody:
    return CardMoveBody(
        move_id=row.move_id,
        card_id=row.card_id,
        kind=row.kind,
        reason=row.reason,
        reference=row.reference,
        amount_minor=row.amount_minor,
        currency=row.currency,
        balance_before_minor=row.balance_before_minor,
        sequence=row.sequence,
        operator=row.operator,
        begun_at=datetime.fromisoformat(row.begun_at),
        state=row.state,
        decided_by=row.decided_by,
    )
