"""Pages of replays over all past receipts: the list, starting and stopping one, how far it is and what it found."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from backoffice.campaigns.models import Campaign
from backoffice.campaigns.page_parts import campaign_or_404
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.organisations.services import stores_of
from backoffice.replays import runs
from backoffice.replays.models import CampaignReplay
from backoffice.replays.page_parts import start_replay
from backoffice.replays.receipts import DAYS_MAX
from backoffice.replays.runs import Found
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.format import day
from backoffice.web.headers import with_etag
from backoffice.web.said import told
from backoffice.web.templating import say
from pos_engine.core.money import currency_exponent
from pos_engine.replay.report import SECTIONS

replay_runs = Blueprint("replay_runs", __name__, template_folder="templates")

SHOWN: Final = 20
"""Rows of a table on the page; the file has all that were kept."""


@replay_runs.get("/replays")
@needs(Right.READ)
def replay_list() -> str:
    """All replays that are kept, the newest first."""
    with read() as reader:
        rows = runs.replays_of(reader, actor().organisation_id)
        return render_template("replays/list.html", rows=[(row, runs.found_of(row)) for row in rows], days=DAYS_MAX)


@replay_runs.post("/replays")
@needs(Right.CAMPAIGNS)
def replay_all() -> Redirect:
    """Replay everything that tills have."""
    return start_replay("")


@replay_runs.post("/campaigns/<campaign_id>/replay")
@needs(Right.CAMPAIGNS)
def replay_campaign(campaign_id: str) -> Redirect:
    """Replay a campaign as its form is now."""
    with read() as reader:
        campaign_or_404(reader, campaign_id)
    return start_replay(campaign_id)


@replay_runs.get("/replays/<replay_id>")
@needs(Right.READ)
def replay_page(replay_id: str) -> str:
    """How far a replay is, or what it found."""
    row = _row_or_404(replay_id)
    return render_template("replays/page.html", **_values(row))


@replay_runs.get("/replays/<replay_id>/live")
@needs(Right.READ)
def replay_live(replay_id: str) -> Response:
    """The bar, for polling; at the end the page is asked for anew, for it has charts then."""
    row = _row_or_404(replay_id)
    answer = with_etag(render_template("replays/bar.html", row=row))
    if row.state not in runs.UNDER_WAY:
        answer.headers["HX-Refresh"] = "true"
    return answer


@replay_runs.post("/replays/<replay_id>/stop")
@needs(Right.CAMPAIGNS)
def replay_stop(replay_id: str) -> Redirect:
    """Let a replay end; what was counted until then is kept."""
    _row_or_404(replay_id)
    act = doing()
    try:
        write(lambda tx: runs.stop(tx, act, replay_id))
    except InputError as refused:
        say(str(refused))
    return redirect(url_for("replay_runs.replay_page", replay_id=replay_id))


@replay_runs.get("/replays/<replay_id>/<table>.csv")
@needs(Right.EXPORT)
def replay_csv(replay_id: str, table: str) -> Response:
    """One table of what was found, with everything that was kept."""
    found = runs.found_of(_row_or_404(replay_id))
    if found is None or table not in SECTIONS:
        abort(404)
    exponent = currency_exponent(actor().organisation.currency)
    head, rows = SECTIONS[table]
    cells = rows(found.result, lambda minor: str(Decimal(minor).scaleb(-exponent)))
    return csv_response(f"replay-{table}.csv", [str(each) for each in head], [[*map(str, row)] for row in cells])


def _row_or_404(replay_id: str) -> CampaignReplay:
    with read() as reader:
        row = runs.get_replay(reader, actor().organisation_id, replay_id)
    if row is None:
        abort(404)
    return row


def _values(row: CampaignReplay) -> dict[str, Any]:
    organisation = actor().organisation
    found = runs.found_of(row)
    if found is None:
        return {"row": row, "found": None, "changed": False, "error": " ".join(told(row.error)), "days": DAYS_MAX}
    members = dict(islice(found.result.members.items(), SHOWN))
    with read() as reader:
        campaign = reader.get(Campaign, (row.organisation_id, row.campaign_id)) if row.campaign_id else None
        persons = personal.load(reader, row.organisation_id, members)
        stores = {store.store_id: store.name for store in stores_of(reader, row.organisation_id)}
    return {
        "row": row,
        "days": DAYS_MAX,
        "found": found,
        "changed": campaign is not None and campaign.form != row.form,
        "lines": sum(each.lines for each in found.result.campaigns.values()),
        "value_minor": sum(each.value_minor for each in found.result.campaigns.values()),
        "ahead_days": [date.fromisoformat(each) for each in found.ahead_days],
        "members": members,
        "persons": persons,
        "stores": stores,
        "chart": _chart(found, organisation.currency),
        "shown": SHOWN,
    }


def _chart(found: Found, currency: str) -> dict[str, Any]:
    scale = 10 ** currency_exponent(currency)
    days = found.result.days
    return {
        "labels": [day(each) for each in days],
        "bars": [{"label": _("Cost"), "values": [each.cost_minor / scale for each in days.values()]}],
        "currency": currency,
    }
