"""Submitting a campaign to a second person, and that person's word."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.campaigns import actions, approval
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.names import names_for
from backoffice.campaigns.page_parts import campaign_or_404, local_today
from backoffice.campaigns.problems import problems_of
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

campaign_approval = Blueprint("campaign_approval", __name__, template_folder="templates")


@campaign_approval.post("/campaigns/<campaign_id>/submit")
@needs(Right.CAMPAIGNS)
def submit(campaign_id: str) -> Response:
    """Ask a second person; what could not be published is not worth their time."""
    act = doing()
    with read() as reader:
        form = load_form(campaign_or_404(reader, campaign_id).form)
        problems = problems_of(form, names_for(reader, actor().organisation_id, form, campaign_id), local_today())
    if problems:
        raise InputError(" ".join(problem.text for problem in problems))
    _change(campaign_id, lambda tx, campaign: approval.submit(tx, act, campaign))
    say(_("The campaign waits for a second person."))
    return redirect(url_for("campaigns.campaign_page", campaign_id=campaign_id))


@campaign_approval.post("/campaigns/<campaign_id>/approve")
@needs(Right.APPROVE)
def approve(campaign_id: str) -> Response:
    """Say yes to what the page showed."""
    act, seen = doing(), request.form.get("seen", "")
    _change(campaign_id, lambda tx, campaign: approval.approve(tx, act, campaign, seen))
    say(_("The campaign is approved; it can be published."))
    return redirect(url_for("campaigns.campaign_page", campaign_id=campaign_id))


@campaign_approval.post("/campaigns/<campaign_id>/refuse")
@needs(Right.APPROVE)
def refuse(campaign_id: str) -> Response:
    """Say no, and why."""
    act, seen, note = doing(), request.form.get("seen", ""), request.form.get("note", "")
    _change(campaign_id, lambda tx, campaign: approval.refuse(tx, act, campaign, seen, note))
    say(_("The campaign is refused; your note stands on its page."))
    return redirect(url_for("campaigns.campaign_page", campaign_id=campaign_id))


def _change(campaign_id: str, work: Callable[[Session, Campaign], None]) -> None:
    organisation_id = actor().organisation_id
    with read() as reader:
        campaign_or_404(reader, campaign_id)

    def in_tx(tx: Session) -> None:
        campaign = actions.get_campaign(tx, organisation_id, campaign_id)
        if campaign is None:
            raise InputError(_("This campaign is no longer there."))
        work(tx, campaign)

    write(in_tx)
