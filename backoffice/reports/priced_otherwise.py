"""The night's sample of receipts, priced again: who wants to know is told when a till gave something else."""

from __future__ import annotations

from datetime import date
from typing import Final

from backoffice.db import run_in_tx
from backoffice.i18n import gettext as _
from backoffice.office import Office
from backoffice.reports.unusual import check_sample
from backoffice.worker.services import plan

PRICED_ALARM: Final = "priced_alarm"
"""Kind of the worker's job that mails it; its key is the day, how many receipts differ, and of how many."""


def look_at_prices(office: Office, organisation_id: str, today: date) -> list[str]:
    """Price the sample of this day again and plan the mails, once; what to say of it, nothing when all is right."""
    with office.database.read() as reader:
        found = check_sample(reader, organisation_id, today)
    differing = len(found.differing)
    if not differing:
        return []
    checked = differing + found.alike
    now = office.clock.now()
    run_in_tx(
        office.database.write,
        lambda tx: plan(
            tx, office.ids, organisation_id, PRICED_ALARM, f"priced:{today.isoformat()}:{differing}:{checked}", now
        ),
    )
    return [
        _(
            "PRICED OTHERWISE BY A TILL: %(differing)s OF %(checked)s RECEIPTS. See “Out of the ordinary”.",
            differing=differing,
            checked=checked,
        )
    ]
