"""Sales as a till must find them again after it was killed: the inputs of their quote, never its result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.rights import keep_promises
from pos_engine.wire.sync import RightUse


@dataclass(frozen=True)
class SaleRow:
    """One sale. `document` is the checkout's own JSON; the journal only keeps it.

    `promises`: the rights that the price told to the register rests on; written, not read back.
    """

    sale_ref: str
    state: str
    parked: bool
    set_version: int
    receipt_id: str
    changed_at: datetime
    document: bytes
    promises: tuple[RightUse, ...] = ()


_SELECT = (
    "SELECT sale_ref, state, parked, set_version, receipt_id, changed_at, document FROM sales"
    " WHERE organisation_id = ? AND workstation_id = ?"
)


def save(connection: Connection, identity: TillIdentity, row: SaleRow) -> None:
    """Insert or replace."""
    connection.execute(
        "INSERT OR REPLACE INTO sales (organisation_id, workstation_id, sale_ref, state, parked, set_version,"
        " receipt_id, changed_at, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            identity.organisation_id,
            identity.workstation_id,
            row.sale_ref,
            row.state,
            row.parked,
            row.set_version,
            row.receipt_id,
            row.changed_at.isoformat(),
            row.document,
        ),
    )
    keep_promises(connection, identity, row.sale_ref, row.promises)


def forget(connection: Connection, identity: TillIdentity, sale_ref: str) -> None:
    """As if it had never been quoted: the register may send it again."""
    connection.execute(
        "DELETE FROM sales WHERE organisation_id = ? AND workstation_id = ? AND sale_ref = ?",
        (identity.organisation_id, identity.workstation_id, sale_ref),
    )
    keep_promises(connection, identity, sale_ref, ())


def load(connection: Connection, identity: TillIdentity, sale_ref: str) -> SaleRow | None:
    """One sale by the register's number."""
    row = connection.execute(
        _SELECT + " AND sale_ref = ?",
        (identity.organisation_id, identity.workstation_id, sale_ref),
    ).fetchone()
    return None if row is None else _row(row)


def unfinished(connection: Connection, identity: TillIdentity) -> tuple[SaleRow, ...]:
    """Sales that are neither closed nor voided, the one touched last at the end."""
    rows = connection.execute(
        _SELECT + " AND state NOT IN ('closed', 'voided') ORDER BY changed_at, sale_ref",
        (identity.organisation_id, identity.workstation_id),
    )
    return tuple(_row(row) for row in rows)


def _row(row: tuple[str, str, int, int, str, str, bytes]) -> SaleRow:
    return SaleRow(row[0], row[1], bool(row[2]), row[3], row[4], datetime.fromisoformat(row[5]), row[6])
