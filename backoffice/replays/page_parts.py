"""What pages that start a replay have in common."""

from __future__ import annotations

from datetime import date

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from backoffice.campaigns.actions import get_campaign
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.replays import runs
from backoffice.replays.runs import Chosen
from backoffice.web.context import actor, doing, write
from backoffice.web.templating import say


def chosen_days() -> Chosen:
    """The days that a form of the page asks for; a field left empty chooses none. InputError: no day."""
    found = []
    for name in ("first_day", "last_day"):
        text = request.form.get(name, "").strip()
        try:
            found.append(date.fromisoformat(text) if text else None)
        except ValueError as error:
            raise InputError(_("“%(text)s” is no day.", text=text)) from error
    return Chosen(*found)


def start_replay(campaign_id: str) -> Response:
    """Plan a replay of a campaign (empty: of all that tills have) and lead to it; or say why it cannot be."""
    acting, act = actor(), doing()
    try:
        days = chosen_days()
        replay_id = write(lambda tx: runs.ask(tx, act, get_campaign(tx, acting.organisation_id, campaign_id), days))
    except InputError as refused:
        say(str(refused))
        back = url_for("campaigns.campaign_page", campaign_id=campaign_id) if campaign_id else None
        return redirect(back or url_for("replay_runs.replay_list"))
    return redirect(url_for("replay_runs.replay_page", replay_id=replay_id))
