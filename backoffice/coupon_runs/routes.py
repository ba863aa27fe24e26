"""The page of a campaign's printed coupons and public codes: issue, export, take back, and where they stand."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from backoffice.campaigns.build import last_day
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.names import names_for
from backoffice.campaigns.page_parts import campaign_or_404, local_today
from backoffice.campaigns.sentences import limits, what
from backoffice.card_artwork.design import Side, pixels_needed, read_side
from backoffice.coupon_runs import services
from backoffice.coupon_runs.models import CouponRun
from backoffice.coupon_runs.services import CODES_MAX, PUBLIC_USES_MAX, Wanted
from backoffice.coupon_runs.sheet import COUPONS_MAX, Words, coupons_pdf, grouped
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.identity.rights import Right
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.format import day
from backoffice.web.templating import say

coupon_runs = Blueprint("coupon_runs", __name__, template_folder="templates")


@coupon_runs.get("/campaigns/<campaign_id>/codes")
@needs(Right.READ)
def run_list(campaign_id: str) -> str:
    """The print runs of a campaign and its public codes, with what became of them."""
    return _page(campaign_id)


@coupon_runs.post("/campaigns/<campaign_id>/codes")
@needs(Right.CAMPAIGNS)
def run_create(campaign_id: str) -> Answer | tuple[str, int]:
    """Issue papers, or a code for everybody."""
    with read() as reader:
        campaign_or_404(reader, campaign_id)
    act, form = doing(), request.form
    public = form.get("kind") == services.PUBLIC
    try:
        wanted = _wanted(public=public)

        def work(tx: Session) -> str:
            if public:
                return services.issue_public_code(tx, act, campaign_id, form.get("code", ""), wanted).tag
            return services.issue_codes(tx, act, campaign_id, wanted).tag

        tag = write(work)
    except InputError as refused:
        return _page(campaign_id, str(refused)), 422
    if public:
        say(_("Tills that are on line know %(code)s within a minute.", code=tag))
    else:
        count = ngettext("%(num)s coupon was issued.", "%(num)s coupons were issued.", wanted.count)
        say(count + " " + _("Download them for the printer; tills know them already."))
    return redirect(url_for("coupon_runs.run_list", campaign_id=campaign_id))


@coupon_runs.post("/campaigns/<campaign_id>/codes/<tag>/csv")
@needs(Right.CAMPAIGNS)
def run_csv(campaign_id: str, tag: str) -> Response:
    """Every code of a run, for a printer who makes the coupons."""
    run = _run_or_404(campaign_id, tag)
    _noted(run, "csv")
    with read() as reader:
        rows = [
            (
                coupon.coupon_id,
                grouped(coupon.coupon_id),
                coupon.state,
                coupon.valid_from.isoformat() if coupon.valid_from else "",
                coupon.valid_until.isoformat() if coupon.valid_until else "",
            )
            for coupon in services.coupons_of(reader, run)
        ]
    return csv_response(f"coupons-{tag}.csv", ("code", "shown", "state", "valid_from", "valid_until"), rows)


@coupon_runs.post("/campaigns/<campaign_id>/codes/<tag>/pdf")
@needs(Right.CAMPAIGNS)
def run_pdf(campaign_id: str, tag: str) -> Response | tuple[str, int]:
    """So many coupons of a run as a file to be printed and cut; those that are open only."""
    run = _run_or_404(campaign_id, tag)
    try:
        picture, first = _picture(), _whole("first", 1)
        with read() as reader:
            coupons = services.coupons_of(reader, run)
            codes = [
                each.coupon_id for place, each in enumerate(coupons, start=1) if _printed(place, first, each.state)
            ]
            words = _words(reader, campaign_or_404(reader, campaign_id), run)
        if run.kind == services.PUBLIC:
            codes = codes * 8
        made = coupons_pdf(words, codes, picture)
    except InputError as refused:
        return _page(campaign_id, str(refused)), 422
    _noted(run, f"pdf from {first}")
    name = f"coupons-{tag}-{first}.pdf"
    return Response(made, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@coupon_runs.post("/campaigns/<campaign_id>/codes/<tag>/void")
@needs(Right.CAMPAIGNS)
def run_void(campaign_id: str, tag: str) -> Answer | tuple[str, int]:
    """Take a whole run back."""
    _run_or_404(campaign_id, tag)
    act = doing()
    try:
        taken = write(lambda tx: services.void_run(tx, act, tag))
    except InputError as refused:
        return _page(campaign_id, str(refused)), 422
    say(ngettext("%(num)s open coupon was taken back.", "%(num)s open coupons were taken back.", taken))
    return redirect(url_for("coupon_runs.run_list", campaign_id=campaign_id))


@coupon_runs.post("/campaigns/<campaign_id>/code/<act>")
@needs(Right.CAMPAIGNS)
def code_act(campaign_id: str, act: str) -> Answer | tuple[str, int]:
    """Take a single coupon back (`void`), or undo that (`restore`)."""
    change = {"void": services.void_code, "restore": services.give_back_code}.get(act)
    if change is None:
        abort(404)
    with read() as reader:
        campaign_or_404(reader, campaign_id)
    acting, typed = doing(), request.values.get("code", "")
    try:
        code = write(lambda tx: change(tx, acting, campaign_id, typed).coupon_id)
    except InputError as refused:
        return _page(campaign_id, str(refused)), 422
    if act == "void":
        undo = url_for("coupon_runs.code_act", campaign_id=campaign_id, act="restore", code=code)
        say(_("The coupon %(code)s was taken back.", code=code), undo_url=undo)
    else:
        say(_("The coupon %(code)s is good again.", code=code))
    return redirect(url_for("coupon_runs.run_list", campaign_id=campaign_id))


def _page(campaign_id: str, error: str = "") -> str:
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id)
        form = load_form(campaign.form)
        runs = services.standings(reader, actor().organisation_id, campaign_id)
        names = names_for(reader, actor().organisation_id, form)
    return render_template(
        "coupon_runs/list.html",
        campaign=campaign,
        runs=runs,
        gives=what(form, names, actor().organisation.currency),
        by_code=form.kind == "codes",
        ready=bool(campaign.live_version) and campaign.state not in {"stopped", "ending"},
        first_day=max(form.starts_on, local_today()),
        last_day=last_day(form),
        codes_max=CODES_MAX,
        public_max=PUBLIC_USES_MAX,
        sheet_max=COUPONS_MAX,
        pixels=pixels_needed(),
        error=error,
        form=request.form,
    )


def _run_or_404(campaign_id: str, tag: str) -> CouponRun:
    with read() as reader:
        run = reader.get(CouponRun, (actor().organisation_id, tag))
    if run is None or run.campaign_id != campaign_id:
        abort(404)
    return run


def _wanted(*, public: bool) -> Wanted:
    name = " ".join(request.form.get("name", "").split())
    count = _whole("count", 0)
    return Wanted(name or (_("A code for all") if public else ""), count, _day("valid_from"), _day("valid_until"))


def _whole(name: str, otherwise: int) -> int:
    text = request.form.get(name, "").strip()
    if not text:
        return otherwise
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - a thousand millions are nobody's coupons
        raise InputError(_("Write a whole number."))
    return int(text)


def _day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(_("“%(text)s” is no date: write it as 2026-12-24.", text=text[:20])) from error


def _picture() -> Side | None:
    file = request.files.get("picture")
    return read_side(file.filename or "", file.read()) if file is not None and file.filename else None


def _printed(place: int, first: int, state: str) -> bool:
    return first <= place < first + COUPONS_MAX and state == "open"


def _words(reader: Session, campaign: Campaign, run: CouponRun) -> Words:
    form, organisation = load_form(campaign.form), actor().organisation
    names = names_for(reader, organisation.organisation_id, form)
    lines = [what(form, names, organisation.currency), *limits(form, organisation.currency)]
    assert run.valid_from is not None  # noqa: S101 - services fill both
    assert run.valid_until is not None  # noqa: S101
    valid = _("Valid from %(first)s to %(last)s", first=day(run.valid_from), last=day(run.valid_until))
    return Words(organisation.name, campaign.name, tuple(lines), valid, organisation.language)


def _noted(run: CouponRun, how: str) -> None:
    act = doing()
    write(lambda tx: services.note_export(tx, act, run, how))
