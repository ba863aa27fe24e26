"""Pages of campaigns: the list, one campaign with its figures, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.approvals.page_parts import asked_of, standings_of
from backoffice.approvals.subjects import Kind
from backoffice.audiences.words import STEPS
from backoffice.audit.services import history
from backoffice.campaigns import actions
from backoffice.campaigns.approval import campaign_subject
from backoffice.campaigns.audience_parts import own_words
from backoffice.campaigns.form import load_form
from backoffice.campaigns.giving import given
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.names import names_for
from backoffice.campaigns.offline import offline_sentences, tills_of
from backoffice.campaigns.page_parts import campaign_or_404, local_today, sign_now
from backoffice.campaigns.preset_words import preset_title
from backoffice.campaigns.problems import problems_of
from backoffice.campaigns.sentences import describe, what
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.organisations.services import stores_of
from backoffice.replays.receipts import DAYS_MAX
from backoffice.replays.runs import found_of, replays_of
from backoffice.reports.budget import budget_of, drawn
from backoffice.reports.figures import DayFigures, campaign_figures, revenue_by_day
from backoffice.sync_api.tills import till_states
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.format import day
from backoffice.web.headers import with_etag
from backoffice.web.templating import say
from pos_engine.core.money import currency_exponent

campaigns = Blueprint("campaigns", __name__, template_folder="templates")

SHOWN: Final = 3
"""Replays of a campaign on its page."""


@campaigns.get("/campaigns")
@needs(Right.READ)
def campaign_list() -> str:
    """All campaigns with their offer in words."""
    acting = actor()
    with read() as reader:
        today = local_today()
        rows = actions.list_campaigns(reader, acting.organisation_id, today)
        described = []
        for row in rows:
            form = load_form(row.form)
            names = names_for(reader, acting.organisation_id, form)
            described.append((row, what(form, names, acting.organisation.currency)))
        standings = standings_of(
            reader, Kind.CAMPAIGN, rows, lambda row: row.campaign_id, lambda row: campaign_subject(reader, row)
        )
    return render_template(
        "campaigns/list.html", standings=standings, rows=described, today=today, preset_title=preset_title
    )


@campaigns.get("/campaigns.csv")
@needs(Right.EXPORT)
def campaign_csv() -> Response:
    """The list with the figures of every campaign; money in minor units."""
    acting = actor()
    with read() as reader:
        today = local_today()
        rows = []
        for row in actions.list_campaigns(reader, acting.organisation_id, today):
            figures = campaign_figures(reader, acting.organisation_id, row, today)
            rows.append(
                (
                    row.name,
                    row.state,
                    row.starts_on.isoformat(),
                    row.ends_on.isoformat(),
                    figures.receipts,
                    figures.campaign_revenue_minor,
                    figures.total_revenue_minor,
                    figures.cost_minor,
                    figures.discount_bp,
                    figures.average_receipt_minor,
                    figures.issued,
                    figures.redeemed,
                    figures.open,
                )
            )
    header = (
        "name",
        "state",
        "starts_on",
        "ends_on",
        "receipts",
        "campaign_revenue_minor",
        "total_revenue_minor",
        "cost_minor",
        "discount_basis_points",
        "average_receipt_minor",
        "coupons_issued",
        "coupons_redeemed",
        "coupons_open",
    )
    return csv_response("campaigns.csv", header, rows)


@campaigns.get("/campaigns/<campaign_id>")
@needs(Right.READ)
def campaign_page(campaign_id: str) -> str:
    """One campaign: its words, its figures, where it is, and what was done with it."""
    acting = actor()
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id)
        form = load_form(campaign.form)
        names = names_for(reader, acting.organisation_id, form)
        today = local_today()
        days = revenue_by_day(reader, acting.organisation_id, campaign, today)
        currency, tills = acting.organisation.currency, tills_of(reader, acting.organisation_id, form)
        budget = budget_of(reader, campaign, today)
        return render_template(
            "campaigns/page.html",
            budget=budget,
            drawing=drawn(budget) if budget else None,
            campaign=campaign,
            sentences=[*describe(form, names, currency), *offline_sentences(form, tills, currency)],
            preset_title=preset_title,
            asked=asked_of(reader, campaign_subject(reader, campaign)),
            own_words=own_words(reader, form),
            given=given(reader, acting.organisation_id, campaign_id),
            audience_steps=STEPS,
            promises=form.kind != "offer",
            kind=form.kind,
            history=history(reader, acting.organisation_id, "campaign", campaign_id),
            replay_days_max=DAYS_MAX,
            replayed=[(row, found_of(row)) for row in replays_of(reader, acting.organisation_id, campaign_id, SHOWN)],
            today=today,
            days=days,
            chart_labels=[day(each.day) for each in days],
            chart_bars=_chart_bars(days, acting.organisation.currency),
            **_live_values(reader, campaign),
        )


def _chart_bars(days: Sequence[DayFigures], currency: str) -> list[dict[str, Any]]:
    """What the chart draws: the rest of the revenue, the campaign's part of it, and what it cost."""
    scale = 10 ** currency_exponent(currency)
    return [
        {"label": _("Campaign revenue"), "values": [each.campaign_revenue_minor / scale for each in days]},
        {
            "label": _("Other revenue"),
            "values": [(each.total_revenue_minor - each.campaign_revenue_minor) / scale for each in days],
        },
        {"label": _("Cost of the campaign"), "values": [each.cost_minor / scale for each in days]},
    ]


@campaigns.get("/campaigns/<campaign_id>/live")
@needs(Right.READ)
def campaign_live(campaign_id: str) -> Response:
    """The figures and the tills, for polling; 304 while nothing changes."""
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id)
        return with_etag(render_template("campaigns/live.html", campaign=campaign, **_live_values(reader, campaign)))


def _live_values(reader: Session, campaign: Campaign) -> dict[str, Any]:
    organisation_id = actor().organisation_id
    return {
        "figures": campaign_figures(reader, organisation_id, campaign, local_today()),
        "tills": till_states(reader, organisation_id),
        "store_names": {store.store_id: store.name for store in stores_of(reader, organisation_id)},
        "now": office().clock.now(),
    }


@campaigns.post("/campaigns/<campaign_id>/<act>")
@needs(Right.CAMPAIGNS)
def campaign_act(campaign_id: str, act: str) -> Response:
    """Pause, let go on, stop, copy, publish again, or throw a draft away."""
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id)
    acting = doing()
    if act == "copy":
        copied = write(lambda tx: actions.copy_campaign(tx, acting, campaign_id).campaign_id)
        return redirect(url_for("campaign_builder.campaign_edit", campaign_id=copied))
    if act == "publish":
        return _publish(campaign)
    if act == "delete":
        write(lambda tx: actions.delete_draft(tx, acting, campaign_id))
        undo = url_for("campaigns.campaign_bring_back", campaign_id=campaign_id)
        say(_("The draft “%(name)s” was thrown away.", name=campaign.name), undo_url=undo)
        return redirect(url_for("campaigns.campaign_list"))
    states = {"pause": "paused", "resume": "live", "stop": "stopped"}
    if act not in states:
        abort(404)
    write(lambda tx: actions.set_state(tx, acting, campaign_id, states[act]).state)
    sign_now()
    undo = url_for("campaigns.campaign_act", campaign_id=campaign_id, act="resume" if act == "pause" else "pause")
    if act == "pause":
        say(_("“%(name)s” is paused: tills leave it out after their next contact.", name=campaign.name), undo_url=undo)
    elif act == "resume":
        say(_("“%(name)s” goes on.", name=campaign.name), undo_url=undo)
    else:
        say(_("“%(name)s” is stopped for good. Its figures stay; a copy can be published anew.", name=campaign.name))
    return redirect(url_for("campaigns.campaign_page", campaign_id=campaign_id))


@campaigns.post("/campaigns/<campaign_id>/bring-back")
@needs(Right.CAMPAIGNS)
def campaign_bring_back(campaign_id: str) -> Response:
    """Undo of throwing a draft away."""
    acting = doing()

    def work(tx: Session) -> str:
        kept = actions.bring_back(tx, acting, campaign_id)
        return kept.campaign_id if kept else ""

    brought = write(work)
    if not brought:
        abort(404)
    return redirect(url_for("campaigns.campaign_page", campaign_id=brought))


def _publish(campaign: Campaign) -> Response:
    acting, act = actor(), doing()
    with read() as reader:
        form = load_form(campaign.form)
        problems = problems_of(
            form, names_for(reader, acting.organisation_id, form, campaign.campaign_id), local_today()
        )
    if problems:
        raise InputError(" ".join(problem.text for problem in problems))
    write(lambda tx: actions.publish_campaign(tx, act, campaign.campaign_id).version)
    sign_now()
    say(_("“%(name)s” is published; tills that are on line take it over between two sales.", name=form.name))
    return redirect(url_for("campaigns.campaign_page", campaign_id=campaign.campaign_id))
