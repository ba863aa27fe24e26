"""Rows of rights that are written down on customers' cards: what the card was told, and what became of it.

Laws: a row is there before the card is told, and what became of it is taken from the card; what no receipt rests on
when its sale is over is owed to the card; where no card tells any more, nothing was used and everything was given back,
so that no right is granted twice. What a person in the office counted as used rests on no receipt here and is not owed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from pos_engine.journal.effects import json_list
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.ports.card_rights import CardMemory, mark_of
from pos_engine.rights.ids import CARD_ROOT
from pos_engine.wire.heartbeat import RightDecision
from pos_engine.wire.sync import ReceiptDocument

ChangeState = Literal["pending", "done", "undone", "unclear"]

_UNITS = msgspec.json.Decoder(dict[str, int])
_SELECT = (
    "SELECT change_id, card_id, reference, sequence, units, state, begun_at, kept, decision, told"
    " FROM card_right_changes AS x"
    " WHERE organisation_id = ? AND workstation_id = ?"
)
_OPEN = " AND kept = 0 AND state <> 'undone'"
_DOUBT = "state IN ('pending', 'unclear')"
_OWED = (
    " AND kept = 0 AND (state <> 'undone' OR decision = 'used') AND state <> 'pending'"
    " AND NOT EXISTS (SELECT 1 FROM sales AS s"
    " WHERE s.organisation_id = x.organisation_id AND s.workstation_id = x.workstation_id"
    " AND s.sale_ref = x.reference AND s.state NOT IN ('closed', 'voided'))"
)

_NEWS = (
    f" AND ({_DOUBT} OR (told <> '' AND told <> state || ' ' || kept || ' ' || decision)"  # noqa: S608 - from above
    " OR change_id IN (SELECT value FROM json_each(?)))"
)


@dataclass(frozen=True)
class ChangeRow:
    """One change of what a card remembers. `reference`: the sale. `sequence`: its number on the card.

    `begun_at`: as written, ISO 8601. `kept`: a receipt rests on it. `decision`: a person's, as far as this till took it
    over. `told`: `mark` as the back-office last confirmed it; empty: it was never told of this change.
    """

    change_id: str
    card_id: str
    reference: str
    sequence: int
    units: Mapping[str, int]
    state: ChangeState = "pending"
    begun_at: str = ""
    kept: bool = False
    decision: RightDecision = ""
    told: str = ""

    @property
    def mark(self) -> str:
        """What the back-office has to know of it by now."""
        return f"{self.state} {int(self.kept)} {self.decision}"


def begin(connection: Connection, till: TillIdentity, row: ChangeRow, now: datetime) -> None:
    """A change that the card is about to be told."""
    connection.execute(
        "INSERT INTO card_right_changes (organisation_id, workstation_id, change_id, card_id, reference, sequence,"
        " units, state, begun_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(till.organisation_id, till.workstation_id, row.change_id, row.card_id, row.reference, row.sequence),
            *(msgspec.json.encode(row.units).decode(), row.state, now.isoformat()),
        ),
    )


def finish(connection: Connection, till: TillIdentity, change_id: str, state: ChangeState, now: datetime) -> None:
    """What the card said of a change. Told again it stays as the card said first."""
    connection.execute(
        "UPDATE card_right_changes SET state = ?, settled_at = ?"
        " WHERE organisation_id = ? AND change_id = ? AND state = 'pending'",
        (state, now.isoformat(), till.organisation_id, change_id),
    )


def pending(connection: Connection, till: TillIdentity, card_id: str) -> tuple[ChangeRow, ...]:
    """Changes of a card of which nobody knows yet whether they happened."""
    return _rows(connection, till, " AND card_id = ? AND state = 'pending'" + _OPEN, card_id)


def fate(row: ChangeRow, seen: CardMemory) -> ChangeState:
    """What the card says of a change: it is there, another stands in its place, or it never came so far."""
    if (row.sequence, mark_of(row.change_id)) in seen.changes:
        return "done"
    if seen.sequence < row.sequence or any(sequence == row.sequence for sequence, _ in seen.changes):
        return "undone"
    return "unclear"


def booked(connection: Connection, till: TillIdentity, reference: str, card_id: str) -> dict[str, int]:
    """Units that a card has written down for a sale, by right; none that come to nothing."""
    which = " AND reference = ? AND card_id = ? AND state IN ('done', 'unclear')"
    return _sum(_rows(connection, till, which, reference, card_id))


def in_doubt(connection: Connection, till: TillIdentity, reference: str, card_id: str) -> bool:
    """Whether a card was told something for a sale of which nobody knows yet whether it happened."""
    return bool(_rows(connection, till, " AND reference = ? AND card_id = ? AND state = 'pending'", reference, card_id))


def owed(connection: Connection, till: TillIdentity, card_id: str) -> dict[str, dict[str, int]]:
    """By sale that is over, what its card wrote down although no receipt rests on it."""
    rows = _rows(connection, till, " AND card_id = ?" + _OWED, card_id)
    sales = dict.fromkeys(row.reference for row in rows)
    found = {sale: _sum(row for row in rows if row.reference == sale) for sale in sales}
    return {sale: units for sale, units in found.items() if units}


def note_receipt(connection: Connection, receipt: ReceiptDocument) -> None:
    """A sale's receipt rests on what its card wrote down; a void takes that back."""
    if any(use.root == CARD_ROOT for use in receipt.rights):
        connection.execute(
            "UPDATE card_right_changes SET kept = ?"
            " WHERE organisation_id = ? AND workstation_id = ? AND reference = ? AND card_id = ?"
            " AND state <> 'pending' AND decision <> 'used'",
            (
                int(receipt.kind == "sale"),
                *(receipt.organisation_id, receipt.workstation_id, receipt.sale_ref, receipt.card_id),
            ),
        )


def decide(connection: Connection, till: TillIdentity, change_id: str, decision: RightDecision) -> bool:
    """What a person decided of a change in doubt; False: nothing changed, or the card or a receipt has spoken."""
    changed = connection.execute(
        "UPDATE card_right_changes SET decision = ?"  # noqa: S608 - names from this module
        f" WHERE organisation_id = ? AND change_id = ? AND kept = 0 AND decision <> ?"
        f" AND ({_DOUBT} OR decision = 'used')",
        (decision, till.organisation_id, change_id, decision),
    )
    return bool(changed.rowcount)


def learn(connection: Connection, till: TillIdentity, change_id: str, state: ChangeState, *, kept: bool) -> None:
    """What the card told this till before its disk was put back from an old copy."""
    connection.execute(
        "UPDATE card_right_changes SET state = ?, kept = ?"  # noqa: S608 - names from this module
        f" WHERE organisation_id = ? AND change_id = ? AND {_DOUBT}",
        (state, int(kept), till.organisation_id, change_id),
    )


def news(connection: Connection, till: TillIdentity, asked: Iterable[str]) -> tuple[ChangeRow, ...]:
    """What the back-office may have to know: changes in doubt, told ones that changed since, and those it asks for."""
    return _rows(connection, till, _NEWS, json_list(asked))


def confirm_told(connection: Connection, till: TillIdentity, rows: Iterable[ChangeRow]) -> None:
    """The back-office has these changes as they are in `rows`."""
    connection.executemany(
        "UPDATE card_right_changes SET told = ? WHERE organisation_id = ? AND change_id = ?",
        [(row.mark, till.organisation_id, row.change_id) for row in rows],
    )


def prune(connection: Connection, before: datetime) -> None:
    """Forget what was settled and is as old as receipts that are forgotten."""
    connection.execute(
        "DELETE FROM card_right_changes WHERE state <> 'pending' AND begun_at < ?", (before.isoformat(),)
    )


def _sum(rows: Iterable[ChangeRow]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        for right_id, units in row.units.items():
            if units > 0 and (row.state == "unclear" or row.decision == "used"):
                continue
            found[right_id] = found.get(right_id, 0) + units
    return {right_id: units for right_id, units in found.items() if units}


def _rows(connection: Connection, till: TillIdentity, which: str, *values: str) -> tuple[ChangeRow, ...]:
    found = connection.execute(
        f"{_SELECT}{which} ORDER BY begun_at, sequence, change_id",  # `which`: from this module
        (till.organisation_id, till.workstation_id, *values),
    )
    return tuple(
        ChangeRow(change_id, card_id, reference, sequence, _UNITS.decode(units), state, at, bool(kept), decision, told)
        for change_id, card_id, reference, sequence, units, state, at, kept, decision, told in found
    )
