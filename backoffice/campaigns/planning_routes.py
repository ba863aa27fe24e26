"""Pages about campaigns in time: the calendar with its overlaps, and ending one before its day."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.campaigns import ending
from backoffice.campaigns.calendar import calendar_of
from backoffice.campaigns.form import load_form
from backoffice.campaigns.page_parts import campaign_or_404, local_today, sign_now
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

campaign_planning = Blueprint("campaign_planning", __name__, template_folder="templates")


@campaign_planning.get("/campaigns/calendar")
@needs(Right.READ)
def campaign_calendar() -> str:
    """Thirteen weeks of campaigns, and which of them meet. `from`: a day of the first week, YYYY-MM-DD."""
    today = local_today()
    acting = actor()
    with read() as reader:
        calendar = calendar_of(reader, acting.organisation_id, _wanted(today), today, acting.organisation.tariff())
        return render_template("campaigns/calendar.html", calendar=calendar, today=today)


def _wanted(today: date) -> date:
    text = request.args.get("from", "")
    if not text:
        return today
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        raise InputError(_("“%(text)s” is no date: write it as 2026-12-24.", text=text[:20])) from None
    # A calendar of the year 1 or 9999 has no week before or after it.
    return min(max(wanted, date(2000, 1, 1)), date(2200, 1, 1))


@campaign_planning.get("/campaigns/<campaign_id>/end")
@needs(Right.CAMPAIGNS)
def campaign_end_page(campaign_id: str) -> str:
    """What becomes of the coupons that are out."""
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id)
        if campaign.state not in {"live", "paused", "ending"} or load_form(campaign.form).kind == "offer":
            abort(404)
        count = ending.open_coupons(reader, actor().organisation_id, campaign_id)
        return render_template("campaigns/end.html", campaign=campaign, count=count)


@campaign_planning.post("/campaigns/<campaign_id>/end")
@needs(Right.CAMPAIGNS)
def campaign_end(campaign_id: str) -> Response:
    """End it, and keep or take back what was promised."""
    with read() as reader:
        campaign_or_404(reader, campaign_id)
    promise = request.form.get("promise", "")
    if promise not in {"honour", "void"}:
        raise InputError(_("Choose what becomes of the coupons that are out."))
    act = doing()
    name = write(lambda tx: ending.end_campaign(tx, act, campaign_id, "honour" if promise == "honour" else "void").name)
    sign_now()
    if promise == "honour":
        say(_("“%(name)s” gives nothing new; coupons that are out stay good until their last day.", name=name))
    else:
        say(_("“%(name)s” is stopped, and its open coupons are taken back.", name=name))
    return redirect(url_for("campaigns.campaign_page", campaign_id=campaign_id))
