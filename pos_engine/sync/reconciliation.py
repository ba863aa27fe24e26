"""The nightly comparison, from the till's side: which days are due, the counts, and what is remembered of it.

A till that was off at the set hour catches up when it starts: what is due follows from the journal, not from a timer.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, Literal

import msgspec

from pos_engine.journal.journal import Journal
from pos_engine.ports.clock import Clock
from pos_engine.sync.client import BackOfficeClient, LinkDownError, RefusedError
from pos_engine.wire.reconcile import ReconcileRequest

DAYS_BACK_MAX: Final = 31
"""How far back a till that was off looks for days to compare; what is older was closed by people long ago."""

UNTIL_NOTE: Final = "sync.reconcile.until"
"""Key of the newest day such that it and all before it are compared; an ISO date, per store and till."""


class ReconcileReport(msgspec.Struct, frozen=True):
    """One comparison. `result`: agrees, differs, or why it could not be made; `differences` in plain English."""

    business_day: date
    at: datetime
    result: Literal["agrees", "differs", "not_enrolled", "receipts_wait", "off_line", "refused"]
    differences: tuple[str, ...] = ()

    @property
    def compared(self) -> bool:
        """Whether both sides were really counted."""
        return self.result in {"agrees", "differs"}


def compare_due(
    journal: Journal, backoffice: BackOfficeClient, clock: Clock, today: date
) -> tuple[ReconcileReport, ...]:
    """Compare the days before today that are due, oldest first, up to the first that cannot be compared now."""
    identity = journal.identity()
    if identity is None:
        return ()
    key = f"{UNTIL_NOTE}.{identity.workstation_id}"
    kept = journal.note(key)
    until = date.fromisoformat(kept) if kept else date.min
    first = max(until + timedelta(days=1), today - timedelta(days=DAYS_BACK_MAX))
    reports: list[ReconcileReport] = []
    # Yesterday is compared even without receipts: a till that sold nothing should agree that it sold nothing.
    days = {day for day in journal.business_days() if first <= day < today} | {today - timedelta(days=1)}
    for day in sorted(day for day in days if day >= first):
        report = compare_day(journal, backoffice, clock, day)
        reports.append(report)
        if not report.compared:
            break
        journal.set_note(key, day.isoformat())
    return tuple(reports)


def compare_day(journal: Journal, backoffice: BackOfficeClient, clock: Clock, business_day: date) -> ReconcileReport:
    """Compare one day. Days with receipts still to be uploaded would only seem to differ, and are not compared."""
    now = clock.now()
    identity = journal.identity()
    if identity is None:
        return ReconcileReport(business_day, now, "not_enrolled")
    waiting = journal.outbox_count()
    if waiting:
        return ReconcileReport(business_day, now, "receipts_wait", (f"{waiting} receipts are not uploaded yet",))
    backoffice.point_at(identity.backoffice_url, identity.signing_key)
    totals = journal.day_totals(business_day)
    try:
        answer = backoffice.reconcile(
            ReconcileRequest(
                workstation_id=identity.workstation_id,
                business_day=business_day,
                receipts=totals.receipts,
                redemptions=totals.redemptions,
                due_minor=totals.due_minor,
                discount_minor=totals.discount_minor,
            )
        )
    except LinkDownError as error:
        return ReconcileReport(business_day, now, "off_line", (str(error),))
    except RefusedError as error:
        return ReconcileReport(business_day, now, "refused", (error.text,))
    return ReconcileReport(business_day, now, "agrees" if answer.agrees else "differs", answer.differences)
