"""Pages on which a campaign is built: starting one, the form with its live preview, and what its pickers offer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec
from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.approvals.services import submit
from backoffice.audiences.parse import Read, after_act
from backoffice.audiences.waterfall import StepCode, Waterfall
from backoffice.campaigns import actions
from backoffice.campaigns.approval import campaign_subject
from backoffice.campaigns.audience_parts import builder_values, reach_values
from backoffice.campaigns.fields import CHIPS_MAX, chips_of, steps_of, texts_of
from backoffice.campaigns.form import POINTS_REWARDS, CampaignForm, load_form, result_day
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.names import Names, names_for
from backoffice.campaigns.offline import offline_sentences, tills_of
from backoffice.campaigns.page_parts import campaign_or_404, local_today, sign_now
from backoffice.campaigns.parse import Problem, parse_form
from backoffice.campaigns.preset_words import group_title, preset_example, preset_title
from backoffice.campaigns.presets import GROUPS, PRESETS, form_of_preset
from backoffice.campaigns.preview import Context, Preview, preview
from backoffice.campaigns.problems import STAMP_REWARDS, problems_of
from backoffice.campaigns.sample import QUANTITY_MAX as SAMPLE_QUANTITY_MAX
from backoffice.campaigns.sample import Sample, SampleLine, first_day_of, sample_lines
from backoffice.campaigns.sentences import describe
from backoffice.catalogue import services as catalogue
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.identity.rights import Right
from backoffice.measurement.power import smallest_lift
from backoffice.members import counts
from backoffice.members.search import search
from backoffice.members.services import groups_of
from backoffice.organisations.services import stores_of
from backoffice.replays.page_parts import start_replay
from backoffice.reports.before_launch import base_of
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.format import day, language, number, percent_bp
from backoffice.web.templating import say
from pos_engine import words

campaign_builder = Blueprint("campaign_builder", __name__, template_folder="templates")

SUGGESTIONS: Final = 8
NOON_MINUTE: Final = 12 * 60


@campaign_builder.get("/campaigns/new")
@needs(Right.CAMPAIGNS)
def campaign_new() -> str:
    """Choose what to start from. `preset`: the form filled in with it; `segment`: a coupon for these people."""
    code = request.args.get("preset", "")
    if not code:
        return render_template(
            "campaigns/presets.html",
            groups=[(group, [each for each in PRESETS if each.group == group]) for group in GROUPS],
            group_title=group_title,
            preset_title=preset_title,
            preset_example=preset_example,
        )
    with read() as reader:
        form = form_of_preset(code, local_today())
        if form is None:
            abort(404)
        segment = request.args.get("segment", "")
        if segment and form.kind == "coupon":
            form = msgspec.structs.replace(form, audience_segment=segment)
        return _form_page(reader, None, form, [])


@campaign_builder.post("/campaigns/new")
@needs(Right.CAMPAIGNS)
def campaign_create() -> str | Response | tuple[str, int]:
    """Keep a new draft; with `publish`, publish it at once when nothing is wrong with it; with `replay`, replay it."""
    start = form_of_preset(request.form.get("preset", ""), local_today())
    if start is None:
        abort(404)
    return _save(None, start)


@campaign_builder.get("/campaigns/<campaign_id>/edit")
@needs(Right.CAMPAIGNS)
def campaign_edit(campaign_id: str) -> str:
    """The form of a campaign."""
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id)
        return _form_page(reader, campaign, load_form(campaign.form), [])


@campaign_builder.post("/campaigns/<campaign_id>/edit")
@needs(Right.CAMPAIGNS)
def campaign_save(campaign_id: str) -> str | Response | tuple[str, int]:
    """Keep the changed form; with `publish`, publish it; with `replay`, run it over all past receipts."""
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id)
    return _save(campaign, load_form(campaign.form))


def _save(campaign: Campaign | None, stored: CampaignForm) -> str | Response | tuple[str, int]:
    acting, act = actor(), doing()
    publishing, submitting, replaying = (request.form.get("act") == each for each in ("publish", "submit", "replay"))
    form, problems = parse_form(request.form, stored, acting.organisation.currency)
    with read() as reader:
        if (publishing or submitting or replaying) and not problems:
            names = names_for(reader, acting.organisation_id, form, campaign.campaign_id if campaign else "")
            problems = problems_of(form, names, local_today())
        if problems:
            return _form_page(reader, campaign, form, problems), 422

    def work(tx: Session) -> str:
        if campaign is None:
            kept = actions.create_campaign(tx, act, form)
        else:
            kept = actions.save_form(tx, act, campaign.campaign_id, form)
        if publishing:
            actions.publish_campaign(tx, act, kept.campaign_id)
        if submitting:
            submit(tx, act, campaign_subject(tx, kept))
        return kept.campaign_id

    campaign_id = write(work)
    if replaying:
        return start_replay(campaign_id)
    if publishing:
        sign_now()
        say(_("“%(name)s” is published; tills that are on line take it over between two sales.", name=form.name))
    elif submitting:
        say(_("“%(name)s” waits for a second person.", name=form.name))
    else:
        say(_("The draft was saved. No till knows it before you publish it."))
    return redirect(url_for("campaigns.campaign_page", campaign_id=campaign_id))


def _form_page(
    reader: Session, campaign: Campaign | None, form: CampaignForm, problems: Sequence[Problem], focus: str = ""
) -> str:
    acting = actor()
    names = names_for(reader, acting.organisation_id, form, campaign.campaign_id if campaign else "")
    groups = groups_of(reader, acting.organisation_id)
    sizes = counts.by_group(reader, acting.organisation_id)
    stores = stores_of(reader, acting.organisation_id)
    return render_template(
        "campaigns/edit.html",
        needs_approval=acting.organisation.campaigns_need_approval,
        campaign=campaign,
        form=form,
        texts=texts_of(form, acting.organisation.currency),
        chips=chips_of(form, names),
        steps=steps_of(form, acting.organisation.currency),
        points_rewards=POINTS_REWARDS,
        stamp_rewards=STAMP_REWARDS if form.kind == "stamps" else (),
        tier_choices=list(names.tiers.items()),
        long_list=len(form.products) > CHIPS_MAX,
        groups=groups,
        stores=stores,
        group_choices=[(group.group_id, group.name) for group in groups],
        audience_choices=[(each.group_id, f"{each.name} ({sizes.get(each.group_id, 0)})") for each in groups],
        segment_choices=[("", _("none")), *names.segments.items()],
        hold_outs=sorted({0, 5, 10, 20, 30, 50, form.hold_out_percent}),
        store_choices=[(store.store_id, store.name) for store in stores],
        weekday_choices=[(str(day), words.weekday_names((day,), language())) for day in range(7)],
        problems={problem.field: problem.text for problem in problems},
        title=preset_title(form.preset),
        **builder_values(reader, form, focus),
        **_preview_values(reader, campaign, form, problems, names),
    )


@campaign_builder.post("/campaigns/audience")
@needs(Right.CAMPAIGNS)
def campaign_audience() -> str:
    """The form after a button of the builder of conditions: one more, or one less."""
    with read() as reader:
        campaign, stored = _begun(reader)
        form, problems = parse_form(request.form, stored, actor().organisation.currency)
        found = after_act(Read(form.audience_tree), request.form.get("do", ""))
        form = msgspec.structs.replace(form, audience_tree=found.tree)
        problems += [Problem(path, text) for path, text in found.problems.items()]
        if not request.headers.get("HX-Request"):
            return _form_page(reader, campaign, form, problems, found.focus)
        names = names_for(reader, actor().organisation_id, form, campaign.campaign_id if campaign else "")
        return render_template(
            "campaigns/redrawn.html",
            form=form,
            problems={problem.field: problem.text for problem in problems},
            **builder_values(reader, form, found.focus),
            **_preview_values(reader, campaign, form, problems, names),
        )


def _begun(reader: Session) -> tuple[Campaign | None, CampaignForm]:
    """The campaign whose form was sent, None for a new one, and the form it began with; 404."""
    campaign_id = request.form.get("campaign_id", "")
    campaign = campaign_or_404(reader, campaign_id) if campaign_id else None
    stored = load_form(campaign.form) if campaign else form_of_preset(request.form.get("preset", ""), local_today())
    if stored is None:
        abort(404)
    return campaign, stored


@campaign_builder.post("/campaigns/preview")
@needs(Right.CAMPAIGNS)
def campaign_preview() -> str:
    """The panel beside the form: the campaign in words, and what it does to the sample basket."""
    acting = actor()
    with read() as reader:
        campaign, start = _begun(reader)
        form, problems = parse_form(request.form, start, acting.organisation.currency)
        names = names_for(reader, acting.organisation_id, form, campaign.campaign_id if campaign else "")
        values = _preview_values(reader, campaign, form, problems, names)
    return render_template("campaigns/preview.html", form=form, **values)


def _preview_values(
    reader: Session, campaign: Campaign | None, form: CampaignForm, problems: Sequence[Problem], names: Names
) -> dict[str, Any]:
    acting = actor()
    today = local_today()
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
    currency, tills = acting.organisation.currency, tills_of(reader, acting.organisation_id, form)
    reach = reach_values(reader, form, names)
    return {
        "sentences": [
            *describe(form, names, currency),
            *_reach(reader, form, reach["reach"]),
            *offline_sentences(form, tills, currency),
        ],
        "open_problems": found,
        **reach,
        "sample": sample,
        "shown": shown,
    }


def _reach(reader: Session, form: CampaignForm, found: Waterfall | None) -> list[str]:
    """How many would get the coupon now."""
    if found is None:
        return []
    counts = {step.code: number(step.count) for step in found.steps}
    sent = found.count(StepCode.SENT)
    said = [ngettext("%(num)s member gets it now.", "%(num)s members get it now.", sent)]
    if found.count(StepCode.TAKEN_OFF):
        said.append(_("%(count)s were taken off by hand.", count=counts[StepCode.TAKEN_OFF]))
    if form.hold_out_percent:
        said.append(_("About %(count)s are held out.", count=counts[StepCode.HOLD_OUT]))
        said.append(_what_can_be_seen(reader, form, [*found.members, *found.held_out]))
        said.append(_("What it earned is worked out on %(day)s.", day=day(result_day(form))))
    return said


def _what_can_be_seen(reader: Session, form: CampaignForm, members: Sequence[str]) -> str:
    """The smallest lift that the campaign would show in four of five cases."""
    base = base_of(reader, actor().organisation_id, form, local_today(), members)
    lift = smallest_lift(len(members), form.hold_out_percent / 100, base.rate)
    if lift is None or lift >= 1 - base.rate:
        return _("With so few members nobody can tell what the campaign earns.")
    values = {"base": percent_bp(round(base.rate * 10_000)), "lift": f"{lift * 100:.1f}"}
    if base.own:
        return _(
            "Of these members %(base)s came in as many days before today. If as many came anyway,"
            " at least %(lift)s points more must come for the result to show it.",
            **values,
        )
    return _(
        "Too few own receipts to know how many come anyway. With the %(base)s that garages published,"
        " at least %(lift)s points more must come for the result to show it.",
        **values,
    )


def _sample(reader: Session, form: CampaignForm, today: date) -> Sample:
    """The sample basket: what somebody made of it by hand, else one that is made from the campaign each time."""
    organisation_id = actor().organisation_id
    fields = request.form
    quantities = dict(zip(fields.getlist("sample_product"), fields.getlist("sample_quantity"), strict=False))
    if quantities and (fields.get("sample_touched") or fields.get("sample_add")):
        known = catalogue.products_by_id(reader, organisation_id, quantities)
        lines = [SampleLine(known[each], _quantity(text)) for each, text in quantities.items() if each in known]
    else:
        lines = sample_lines(reader, organisation_id, form)
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


@campaign_builder.get("/campaigns/suggest")
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
        if query.strip() and picker in {"members", "not_members"}:
            people = search(reader, organisation_id, query, limit=SUGGESTIONS)
            found.extend(
                (f"audience_{picker}", member.member_id, member.person.full_name, member.number) for member in people
            )
    return render_template("campaigns/suggest.html", found=found, query=query)
