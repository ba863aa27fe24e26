"""The page of what is out of the ordinary at the tills: where an owner looks when something seems wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import render_template, request

from backoffice.clock import local_date
from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.organisations.services import stores_of
from backoffice.reports.late_cards import late_cards
from backoffice.reports.routes import reports
from backoffice.reports.unusual import check_sample, corrections, same_hands
from backoffice.sync_api.tills import till_states
from backoffice.web.context import actor, needs, office, read
from backoffice.web.dates import day_of
from pos_engine.receipts.explained import points_of

DAYS_SHOWN: Final = 7
DAYS_MAX: Final = 31
"""Every sale of these days is read."""


@reports.get("/unusual")
@needs(Right.READ)
def unusual() -> str:
    """A sample of receipts priced again, cards that always meet one cashier or come late, and corrections by hand."""
    organisation_id = actor().organisation_id
    today = local_date(office().clock, actor().zone)
    last = day_of(request.args.get("last", ""), today)
    first = max(
        day_of(request.args.get("first", ""), last - timedelta(days=DAYS_SHOWN - 1)), last - timedelta(DAYS_MAX - 1)
    )
    with read() as reader:
        hands = same_hands(reader, organisation_id, first, last)
        return render_template(
            "reports/unusual.html",
            first=first,
            last=last,
            checked=check_sample(reader, organisation_id, today),
            hands=hands,
            late=late_cards(reader, organisation_id, first, last),
            corrections=corrections(reader, organisation_id, first, last),
            names=personal.load(reader, organisation_id, {each.member_id for each in hands}),
            zones={store.store_id: store.zone for store in stores_of(reader, organisation_id)},
            till_names={till.workstation_id: till.name for till in till_states(reader, organisation_id)},
            points_of=points_of,
        )
