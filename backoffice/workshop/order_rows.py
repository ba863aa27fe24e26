"""Rows of work orders as they are understood, and writing some hundred of them in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import count_while_small, put
from backoffice.vault import Vault
from backoffice.workshop.changes import ORDER, VEHICLE, OrderBefore, keep_before, plain
from backoffice.workshop.models import Vehicle, WorkOrder, WorkOrderLine
from backoffice.workshop.rule_versions import classifier_of, taken_columns
from backoffice.workshop.sealing import Papers, sealed_columns


class Head(NamedTuple):
    """What the rows of one work order say of it together, by the columns of its table."""

    done_on: date
    invoice_number: str
    invoiced_on: date | None
    km: int | None
    site: str


class Line(NamedTuple):
    """One line, by the columns of its table."""

    kind: str
    code: str
    text: str
    quantity_milli: int
    amount_minor: int


HEAD: Final = Head._fields
LINE: Final = Line._fields


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One row, understood. `vehicle_id` is empty when `new_vin` is to be added. `changes` None: the line is new."""

    number: str
    line_no: int
    vehicle_id: str
    new_vin: str
    head: Head
    line: Line
    changes: tuple[str, ...] | None

    @property
    def word(self) -> str:
        """What becomes of it."""
        if self.changes is None:
            return "new"
        return "changed" if self.changes else "unchanged"


def write_orders(
    session: Session,
    doing: Doing,
    vault: Vault,
    import_id: str,
    rows: Sequence[tuple[int, OrderRow]],
    heads: Mapping[str, RowMapping],
    lines: Mapping[tuple[str, int], Line],
) -> None:
    """Write rows, with their numbers in the file, that change something; `heads` and `lines`: what was there."""
    if not rows:
        return
    organisation_id = doing.organisation_id
    added = _add_vehicles(session, doing, vault, import_id, rows)
    orders: dict[str, dict[str, Any]] = {}
    first: dict[str, int] = {}
    written: list[dict[str, Any]] = []
    rules = classifier_of(session, organisation_id)
    for number, row in rows:
        first.setdefault(row.number, number)
        if row.number not in orders:
            orders[row.number] = {
                "organisation_id": organisation_id,
                "number": row.number,
                "vehicle_id": row.vehicle_id or added[row.new_vin],
                **row.head._asdict(),
                "touched_by": import_id,
            }
        line = row.line
        written.append(
            {"organisation_id": organisation_id, "number": row.number, "line_no": row.line_no, **line._asdict()}
            | taken_columns(rules, line.kind, line.code, line.text)
        )
    before = {key: (row, _before(heads, lines, key)) for key, row in first.items()}
    put(session, WorkOrder, ("organisation_id", "number"), list(orders.values()))
    put(session, WorkOrderLine, ("organisation_id", "number", "line_no"), written)
    keep_before(session, organisation_id, import_id, ORDER, before)
    count_while_small(session, WorkOrder)
    count_while_small(session, WorkOrderLine)


def _before(heads: Mapping[str, RowMapping], lines: Mapping[tuple[str, int], Line], number: str) -> bytes:
    head = heads.get(number)
    if head is None:
        return b""
    key = {"organisation_id": head["organisation_id"], "number": number}
    had = [{**key, "line_no": at, **line._asdict()} for (each, at), line in lines.items() if each == number]
    return msgspec.json.encode(OrderBefore(plain(head), had))


def _add_vehicles(
    session: Session, doing: Doing, vault: Vault, import_id: str, rows: Sequence[tuple[int, OrderRow]]
) -> dict[str, str]:
    """Add the vehicles that nobody knows yet; their ids by number."""
    now = doing.clock.now()
    numbered: dict[str, int] = {}
    for number, row in rows:
        if row.new_vin:
            numbered.setdefault(row.new_vin, number)
    ids = {vin: doing.ids.new_id() for vin in numbered}
    put(
        session,
        Vehicle,
        ("organisation_id", "vehicle_id"),
        [
            {
                "organisation_id": doing.organisation_id,
                "vehicle_id": vehicle_id,
                **sealed_columns(vault, doing.organisation_id, vehicle_id, Papers(vin)),
                "created_at": now,
                "updated_at": now,
                "touched_by": import_id,
            }
            for vin, vehicle_id in ids.items()
        ],
    )
    before = {ids[vin]: (number, b"") for vin, number in numbered.items()}
    keep_before(session, doing.organisation_id, import_id, VEHICLE, before)
    count_while_small(session, Vehicle)
    return ids
