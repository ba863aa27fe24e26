"""What receipts used of offers on each business day, for limits per day, week and month; here counted: this till's own.

Law: a void takes its uses back from the business day of its sale, so that a limit of today is free again only when it
was used today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pos_engine.core.outcome import Outcome
from pos_engine.journal.effects import json_list
from pos_engine.journal.engine import Connection
from pos_engine.wire.sync import ReceiptDocument

DAYS_KEPT = 62
"""A month has at most 31 days; a clock that was set back must not lose the month it is in."""


@dataclass(frozen=True)
class UsedByDay:
    """Uses of one offer per business day: of everybody, and of one member."""

    total: Mapping[date, int] = field(default_factory=dict)
    member: Mapping[date, int] = field(default_factory=dict)

    def since(self, day: date, counted: str) -> int:
        """Uses from a business day on; `counted` is total or member."""
        days = self.member if counted == "member" else self.total
        return sum(uses for at, uses in days.items() if at >= day)


def record(connection: Connection, receipt: ReceiptDocument, outcome: Outcome, undone_id: str) -> None:
    """Count a receipt on its business day, a void on that of the sale it takes back; forget what is long past."""
    if receipt.kind == "return":
        return  # the day on which the goods were bought is over for its limits
    day = _day_of(connection, receipt, undone_id)
    for applied in outcome.applied:
        for member_id in {"", receipt.member_id}:
            connection.execute(
                "INSERT INTO offer_usage_days VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " uses = uses + excluded.uses",
                (receipt.organisation_id, day, applied.offer_id, member_id, applied.uses),
            )
    oldest = (receipt.business_day - timedelta(days=DAYS_KEPT)).isoformat()
    connection.execute(
        "DELETE FROM offer_usage_days WHERE organisation_id = ? AND business_day < ?", (receipt.organisation_id, oldest)
    )


def _day_of(connection: Connection, receipt: ReceiptDocument, undone_id: str) -> str:
    if undone_id:
        workstation_id, epoch, seq = undone_id.rsplit(":", 2)
        row = connection.execute(
            "SELECT business_day FROM receipts"
            " WHERE organisation_id = ? AND workstation_id = ? AND epoch = ? AND seq = ?",
            (receipt.organisation_id, workstation_id, int(epoch), int(seq)),
        ).fetchone()
        if row is not None:
            return str(row[0])
    return receipt.business_day.isoformat()


def used_by_day(
    connection: Connection, organisation_id: str, offer_ids: Iterable[str], member_id: str, since: date
) -> Mapping[str, UsedByDay]:
    """Per offer what was used from a business day on; offers never used are left out."""
    rows = connection.execute(
        "SELECT offer_id, member_id, business_day, uses FROM offer_usage_days"
        " WHERE organisation_id = ? AND business_day >= ? AND member_id IN ('', ?)"
        " AND offer_id IN (SELECT value FROM json_each(?))",
        (organisation_id, since.isoformat(), member_id, json_list(offer_ids)),
    )
    return by_day(rows)


def by_day(rows: Iterable[tuple[str, str, str, int]]) -> Mapping[str, UsedByDay]:
    """Rows of offer, member (empty: everybody), business day and uses, per offer."""
    found: dict[str, tuple[dict[date, int], dict[date, int]]] = {}
    for offer_id, whose, day, uses in rows:
        total, member = found.setdefault(offer_id, ({}, {}))
        (member if whose else total)[date.fromisoformat(day)] = uses
    return {offer_id: UsedByDay(total, member) for offer_id, (total, member) in found.items()}
