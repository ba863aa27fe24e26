"""Which units came back at this till: each once, whichever till sold them."""

from __future__ import annotations

from datetime import datetime

from pos_engine.core.returns import UnitPlace
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.wire.returns import ReturnedBefore
from pos_engine.wire.sync import ReceiptDocument


def record(connection: Connection, receipt: ReceiptDocument, receipt_id: str) -> None:
    """Keep the units of a return; a unit that is here already breaks the transaction."""
    if receipt.returned is None:
        return
    connection.executemany(
        "INSERT INTO returned_units VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                receipt.organisation_id,
                receipt.returned.original_id,
                unit.line_id,
                unit.unit_index,
                receipt_id,
                receipt.returned.due_minor,
                receipt.returned.refund_minor,
                receipt.closed_at.isoformat(),
            )
            for unit in receipt.returned.units
        ],
    )


def returns_of(connection: Connection, till: TillIdentity, original_id: str) -> tuple[ReturnedBefore, ...]:
    """The returns of a sale that were made here."""
    rows = connection.execute(
        "SELECT receipt_id, due_minor, refund_minor, line_id, unit_index FROM returned_units"
        " WHERE organisation_id = ? AND original_id = ? ORDER BY receipt_id, line_id, unit_index",
        (till.organisation_id, original_id),
    )
    found: dict[tuple[str, int, int], list[UnitPlace]] = {}
    for receipt_id, due_minor, refund_minor, *unit in rows:
        found.setdefault((receipt_id, due_minor, refund_minor), []).append(UnitPlace(*unit))
    return tuple(
        ReturnedBefore(receipt_id=receipt_id, units=tuple(units), due_minor=due_minor, refund_minor=refund_minor)
        for (receipt_id, due_minor, refund_minor), units in found.items()
    )


def waiting_minor(connection: Connection, till: TillIdentity) -> int:
    """What was refunded by returns that the back-office has not confirmed yet, in minor units."""
    row = connection.execute(
        "SELECT coalesce(sum(-r.due_minor), 0) FROM receipts AS r JOIN epochs AS e"
        " USING (organisation_id, workstation_id, epoch)"
        " WHERE r.organisation_id = ? AND r.workstation_id = ? AND r.kind = 'return' AND r.seq > e.acknowledged_seq",
        (till.organisation_id, till.workstation_id),
    ).fetchone()
    return int(row[0])


def prune(connection: Connection, before: datetime) -> None:
    """Forget units that came back long ago: the receipts they were sold on are older still, and gone."""
    connection.execute("DELETE FROM returned_units WHERE returned_at < ?", (before.isoformat(),))
