"""What pages that start a replay have in common."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from backoffice.campaigns.actions import get_campaign
from backoffice.errors import InputError
from backoffice.replays import runs
from backoffice.web.context import actor, doing, write
from backoffice.web.templating import say


def start_replay(campaign_id: str) -> Response:
    """Plan a replay of a campaign (empty: of all that tills have) and lead to it; or say why it cannot be."""
    acting, act = actor(), doing()
    try:
        replay_id = write(lambda tx: runs.ask(tx, act, get_campaign(tx, acting.organisation_id, campaign_id)))
    except InputError as refused:
        say(str(refused))
        back = url_for("campaigns.campaign_page", campaign_id=campaign_id) if campaign_id else None
        return redirect(back or url_for("replay_runs.replay_list"))
    return redirect(url_for("replay_runs.replay_page", replay_id=replay_id))
