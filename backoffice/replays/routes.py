"""The panel beside a campaign's form that says what it would have cost on past receipts."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from flask import Blueprint, abort, current_app, render_template, request

from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.names import names_for
from backoffice.campaigns.page_parts import campaign_or_404, local_today
from backoffice.campaigns.parse import parse_form
from backoffice.campaigns.preset_words import preset_title
from backoffice.campaigns.presets import form_of_preset
from backoffice.campaigns.problems import problems_of
from backoffice.identity.rights import Right
from backoffice.replays.cost import Cost, cost_of, trial_of
from backoffice.replays.shelf import PastShelf, Standing
from backoffice.web.context import actor, needs, office, read

replays = Blueprint("replays", __name__, template_folder="templates")

SHELF = "past_receipts"
"""Where the application keeps the receipts that this process has read."""


def shelf() -> PastShelf:
    """The receipts of this process."""
    return cast("PastShelf", current_app.extensions[SHELF])


@replays.post("/campaigns/cost")
@needs(Right.CAMPAIGNS)
def campaign_cost() -> str | tuple[str, int]:
    """What the campaign in the form would have cost; 204 when the same user asked anew meanwhile."""
    acting = actor()
    campaign_id = request.form.get("campaign_id", "")
    question = shelf().newest_question(acting.user_id)
    standing = shelf().of(acting.organisation_id)
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id) if campaign_id else None
        start = load_form(campaign.form) if campaign else form_of_preset(request.form.get("preset", ""), local_today())
        if start is None:
            abort(404)
        form, problems = parse_form(request.form, start, acting.organisation.currency)
        named = form if form.name else msgspec.structs.replace(form, name=preset_title(form.preset))
        found = [*problems] or problems_of(named, names_for(reader, acting.organisation_id, form), local_today())
        if found or standing.kept is None or not len(standing.kept.index.past):
            return _panel(standing, named, None, waits=bool(found))
        past = standing.kept.index.past
        days = (past.date_of(min(past.day)), past.date_of(max(past.day)))
        trial = trial_of(reader, acting.organisation, named, campaign_id, office().clock.now(), days)
    cost = cost_of(standing.kept, trial, named, lambda: not shelf().is_newest(acting.user_id, question))
    return ("", 204) if cost is None else _panel(standing, named, cost)


def _panel(standing: Standing, form: CampaignForm, cost: Cost | None, *, waits: bool = False) -> str:
    values: dict[str, Any] = {"standing": standing, "form": form, "cost": cost, "waits": waits}
    return render_template("replays/cost.html", **values)
