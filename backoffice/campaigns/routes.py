"""Pages of campaigns: the list, starting one, the form with its live preview, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec
from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.audit.services import history
from backoffice.campaigns import actions
from backoffice.campaigns.fields import CHIPS_MAX, chips_of, texts_of
from backoffice.campaigns.form import PRESETS, CampaignForm, form_of_preset, load_form
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.names import Names, names_for
from backoffice.campaigns.parse import Problem, parse_form
from backoffice.campaigns.preview import QUANTITY_MAX as SAMPLE_QUANTITY_MAX
from backoffice.campaigns.preview import Context, Preview, Sample, SampleLine, first_day_of, preview, sample_products
from backoffice.campaigns.problems import problems_of
from backoffice.campaigns.sentences import describe, preset_example, preset_title, what
from backoffice.catalogue import services as catalogue
from backoffice.clock import local_date
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.members.services import group_sizes, groups_of
from backoffice.organisations.services import stores_of
from backoffice.reports.figures import DayFigures, campaign_figures, revenue_by_day
from backoffice.sync_api.signing import sign_published
from backoffice.sync_api.tills import till_states
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.format import day, language
from backoffice.web.headers import with_etag
from backoffice.web.templating import say
from pos_engine import words
from pos_engine.core.money import currency_exponent

campaigns = Blueprint("campaigns", __name__, template_folder="templates")

SUGGESTIONS: Final = 8
NOON_MINUTE: Final = 12 * 60


def _today() -> date:
    """Today where the organisation's first store is."""
    return local_date(office().clock, actor().zone)


def _campaign_or_404(reader: Session, campaign_id: str) -> Campaign:
    campaign = actions.get_campaign(reader, actor().organisation_id, campaign_id)
    if campaign is None:
        abort(404)
    return campaign


@campaigns.get("/campaigns")
@needs(Right.READ)
def campaign_list() -> str:
    """All campaigns with their offer in words."""
    acting = actor()
    with read() as reader:
        rows = actions.list_campaigns(reader, acting.organisation_id, _today())
        described = []
        for row in rows:
            form = load_form(row.form)
            names = names_for(reader, acting.organisation_id, form)
            described.append((row, what(form, names, acting.organisation.currency)))
        today = _today()
    return render_template("campaigns/list.html", rows=described, today=today, preset_title=preset_title)


@campaigns.get("/campaigns.csv")
@needs(Right.EXPORT)
def campaign_csv() -> Response:
    """The list with the figures of every campaign; money in minor units."""
    acting = actor()
    with read() as reader:
        today = _today()
        rows = []
        for row in actions.list_campaigns(reader, acting.organisation_id, _today()):
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


@campaigns.get("/campaigns/new")
@needs(Right.CAMPAIGNS)
def campaign_new() -> str:
    """Choose what to start from; with `preset`, the form filled in with it."""
    code = request.args.get("preset", "")
    if not code:
        return render_template(
            "campaigns/presets.html", presets=PRESETS, preset_title=preset_title, preset_example=preset_example
        )
    with read() as reader:
        form = form_of_preset(code, _today())
        if form is None:
            abort(404)
        return _form_page(reader, None, form, [])


@campaigns.post("/campaigns/new")
@needs(Right.CAMPAIGNS)
def campaign_create() -> str | Response | tuple[str, int]:
    """Keep a new draft; with `publish`, publish it at once when nothing is wrong with it."""
    start = form_of_preset(request.form.get("preset", ""), _today())
    if start is None:
        abort(404)
    return _save(None, start)


@campaigns.get("/campaigns/<campaign_id>/edit")
@needs(Right.CAMPAIGNS)
def campaign_edit(campaign_id: str) -> str:
    """The form of a campaign."""
    with read() as reader:
        campaign = _campaign_or_404(reader, campaign_id)
        return _form_page(reader, campaign, load_form(campaign.form), [])


@campaigns.post("/campaigns/<campaign_id>/edit")
@needs(Right.CAMPAIGNS)
def campaign_save(campaign_id: str) -> str | Response | tuple[str, int]:
    """Keep the changed form; with `publish`, publish it."""
    with read() as reader:
        campaign = _campaign_or_404(reader, campaign_id)
    return _save(campaign, load_form(campaign.form))


def _save(campaign: Campaign | None, stored: CampaignForm) -> str | Response | tuple[str, int]:
    acting, act = actor(), doing()
    publishing = request.form.get("act") == "publish"
    form, problems = parse_form(request.form, stored, acting.organisation.currency)
    with read() as reader:
        if publishing and not problems:
            names = names_for(reader, acting.organisation_id, form)
            problems = problems_of(form, names, _today())
        if problems:
            return _form_page(reader, campaign, form, problems), 422

    def work(tx: Session) -> str:
        if campaign is None:
            kept = actions.create_campaign(tx, act, form)
        else:
            kept = actions.save_form(tx, act, campaign.campaign_id, form)
        if publishing:
            actions.publish_campaign(tx, act, kept.campaign_id)
        return kept.campaign_id

    campaign_id = write(work)
    if publishing:
        sign_now()
        say(_("“%(name)s” is published; tills that are on line take it over between two sales.", name=form.name))
    else:
        say(_("The draft was saved. No till knows it before you publish it."))
    return redirect(url_for("campaigns.campaign_page", campaign_id=campaign_id))


def sign_now() -> None:
    """Sign what was just published, so that the next till that asks finds it ready."""
    with read() as reader:
        sign_published(reader, office().clock, office().set_repository, actor().organisation_id)


def _form_page(reader: Session, campaign: Campaign | None, form: CampaignForm, problems: Sequence[Problem]) -> str:
    acting = actor()
    names = names_for(reader, acting.organisation_id, form)
    groups = groups_of(reader, acting.organisation_id)
    sizes = group_sizes(reader, acting.organisation_id)
    stores = stores_of(reader, acting.organisation_id)
    return render_template(
        "campaigns/edit.html",
        campaign=campaign,
        form=form,
        texts=texts_of(form, acting.organisation.currency),
        chips=chips_of(form, names),
        long_list=len(form.products) > CHIPS_MAX,
        groups=groups,
        stores=stores,
        group_choices=[(group.group_id, group.name) for group in groups],
        audience_choices=[(each.group_id, f"{each.name} ({sizes.get(each.group_id, 0)})") for each in groups],
        store_choices=[(store.store_id, store.name) for store in stores],
        weekday_choices=[(str(day), words.weekday_names((day,), language())) for day in range(7)],
        problems={problem.field: problem.text for problem in problems},
        title=preset_title(form.preset),
        **_preview_values(reader, campaign, form, problems, names),
    )


@campaigns.post("/campaigns/preview")
@needs(Right.CAMPAIGNS)
def campaign_preview() -> str:
    """The panel beside the form: the campaign in words, and what it does to the sample basket."""
    acting = actor()
    campaign_id = request.form.get("campaign_id", "")
    with read() as reader:
        campaign = _campaign_or_404(reader, campaign_id) if campaign_id else None
        start = load_form(campaign.form) if campaign else form_of_preset(request.form.get("preset", ""), _today())
        if start is None:
            abort(404)
        form, problems = parse_form(request.form, start, acting.organisation.currency)
        names = names_for(reader, acting.organisation_id, form)
        values = _preview_values(reader, campaign, form, problems, names)
    return render_template("campaigns/preview.html", form=form, **values)


def _preview_values(
    reader: Session, campaign: Campaign | None, form: CampaignForm, problems: Sequence[Problem], names: Names
) -> dict[str, Any]:
    acting = actor()
    today = _today()
    named = form if form.name else msgspec.structs.replace(form, name=preset_title(form.preset))
    found = [*problems] or problems_of(named, names, today)
    sample = _sample(reader, form, today)
    shown: Preview | None = None
    if not found:
        stores = stores_of(reader, acting.organisation_id)
        context = Context(
            campaign_id=campaign.campaign_id if campaign else "",
            store_id=stores[0].store_id if stores else "",
            zone=acting.zone,
            tariff=acting.organisation.tariff(),
            language=language(),
        )
        shown = preview(reader, acting.organisation_id, named, sample, context)
    return {
        "sentences": describe(form, names, acting.organisation.currency),
        "open_problems": found,
        "sample": sample,
        "shown": shown,
    }


def _sample(reader: Session, form: CampaignForm, today: date) -> Sample:
    """The sample basket: what somebody made of it by hand, else one that is made from the campaign each time."""
    organisation_id = actor().organisation_id
    fields = request.form
    quantities = dict(zip(fields.getlist("sample_product"), fields.getlist("sample_quantity"), strict=False))
    if quantities and (fields.get("sample_touched") or fields.get("sample_add")):
        known = catalogue.products_by_id(reader, organisation_id, quantities)
        lines = [SampleLine(known[each], _quantity(text)) for each, text in quantities.items() if each in known]
    else:
        lines = [SampleLine(product, 1) for product in sample_products(reader, organisation_id, form)]
    added = fields.get("sample_add", "")
    if added and added not in quantities:
        product = catalogue.get_product(reader, organisation_id, added)
        lines += [SampleLine(product, 1)] if product else []
    try:
        on = date.fromisoformat(fields["sample_on"]) if fields.get("sample_on_chosen") else first_day_of(form, today)
    except (KeyError, ValueError):
        on = first_day_of(form, today)
    default_minute = NOON_MINUTE if form.from_minute is None else form.from_minute
    hour, _colon, minute = fields.get("sample_time", "").partition(":")
    chosen = fields.get("sample_on_chosen") and hour.isdecimal() and minute.isdecimal()
    at = int(hour) * 60 + int(minute) if chosen else default_minute
    posted = "sample_posted" in fields
    return Sample(
        lines=tuple(lines),
        on=on,
        minute=at % (24 * 60),
        with_card=not posted or fields.get("sample_card") == "1",
        with_others=posted and fields.get("sample_others") == "1",
    )


def _quantity(text: str) -> int:
    return min(int(text), SAMPLE_QUANTITY_MAX) if text.isdecimal() else 1


@campaigns.get("/campaigns/suggest")
@needs(Right.READ)
def suggest() -> str:
    """What a picker offers for the words typed so far: categories, products or members."""
    query, picker = request.args.get("pick", ""), request.args.get("picker", "")
    organisation_id = actor().organisation_id
    found: list[tuple[str, str, str, str]] = []
    prefix = "exclude_" if picker == "exclude" else ""
    with read() as reader:
        if query.strip() and picker in {"target", "exclude"}:
            nodes = catalogue.search_categories(reader, organisation_id, query, SUGGESTIONS)
            found.extend((f"{prefix}categories", node.category_id, node.name, _("category")) for node in nodes)
        if query.strip() and picker in {"target", "exclude", "free", "sample"}:
            field = {"free": "free_products", "sample": "sample_add"}.get(picker, f"{prefix}products")
            products = catalogue.search_products(reader, organisation_id, query, limit=SUGGESTIONS)
            found.extend((field, product.product_id, product.name, product.product_id) for product in products)
        if query.strip() and picker == "members":
            people = personal.search(reader, organisation_id, query, limit=SUGGESTIONS)
            found.extend(
                ("audience_members", member.member_id, member.person.full_name, member.number) for member in people
            )
    return render_template("campaigns/suggest.html", found=found, query=query)


@campaigns.get("/campaigns/<campaign_id>")
@needs(Right.READ)
def campaign_page(campaign_id: str) -> str:
    """One campaign: its words, its figures, where it is, and what was done with it."""
    acting = actor()
    with read() as reader:
        campaign = _campaign_or_404(reader, campaign_id)
        form = load_form(campaign.form)
        names = names_for(reader, acting.organisation_id, form)
        today = _today()
        days = revenue_by_day(reader, acting.organisation_id, campaign, today)
        return render_template(
            "campaigns/page.html",
            campaign=campaign,
            sentences=describe(form, names, acting.organisation.currency),
            preset_title=preset_title,
            history=history(reader, acting.organisation_id, "campaign", campaign_id),
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
        campaign = _campaign_or_404(reader, campaign_id)
        return with_etag(render_template("campaigns/live.html", campaign=campaign, **_live_values(reader, campaign)))


def _live_values(reader: Session, campaign: Campaign) -> dict[str, Any]:
    organisation_id = actor().organisation_id
    return {
        "figures": campaign_figures(reader, organisation_id, campaign, _today()),
        "tills": till_states(reader, organisation_id),
        "store_names": {store.store_id: store.name for store in stores_of(reader, organisation_id)},
        "now": office().clock.now(),
    }


@campaigns.post("/campaigns/<campaign_id>/<act>")
@needs(Right.CAMPAIGNS)
def campaign_act(campaign_id: str, act: str) -> Response:
    """Pause, let go on, stop, copy, publish again, or throw a draft away."""
    with read() as reader:
        campaign = _campaign_or_404(reader, campaign_id)
    acting = doing()
    if act == "copy":
        copied = write(lambda tx: actions.copy_campaign(tx, acting, campaign_id).campaign_id)
        return redirect(url_for("campaigns.campaign_edit", campaign_id=copied))
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
        problems = problems_of(form, names_for(reader, acting.organisation_id, form), _today())
    if problems:
        raise InputError(" ".join(problem.text for problem in problems))
    write(lambda tx: actions.publish_campaign(tx, act, campaign.campaign_id).version)
    sign_now()
    say(_("“%(name)s” is published; tills that are on line take it over between two sales.", name=form.name))
    return redirect(url_for("campaigns.campaign_page", campaign_id=campaign.campaign_id))
