"""The result of a campaign: what it seems to have brought beside what it really earned, and the rows behind both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from flask import Response, abort, render_template, request

from backoffice.campaigns.giving import HELD_OUT, TREATED, given
from backoffice.campaigns.page_parts import campaign_or_404, local_today
from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.papers.pdf import pdf_response
from backoffice.papers.speaker import speaker_for
from backoffice.reports import result_words
from backoffice.reports.comparison import Answered, arms_of, days_of, kept_result, rows_behind
from backoffice.reports.figures import form_in_force
from backoffice.reports.result_paper import result_paper
from backoffice.reports.results import CampaignResults, results_of_campaign
from backoffice.reports.returns import MOTIVES, returns_of
from backoffice.reports.routes import reports
from backoffice.web.context import actor, needs, read
from backoffice.web.csv_out import Cell, csv_response, decimal_text
from backoffice.web.format import language
from backoffice.web.xlsx_out import xlsx_response
from pos_engine.core.money import currency_exponent, divide_half_up

PAGE_ROWS: Final = 50
HEADER: Final = ("figure", "value", "unit", "low", "high", "says")
MEMBER_HEADER: Final = ("member", "group", "visits", "spent", "spent_before")


def _values(campaign_id: str) -> dict[str, Any]:
    acting = actor()
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id)
        exponent = currency_exponent(acting.organisation.currency)
        today = local_today()
        results = results_of_campaign(reader, acting.organisation_id, campaign, today, exponent)
        told = given(reader, acting.organisation_id, campaign_id)
        spent = results.revenue_per_unit_bp
        matched = next((step.count for step in told.steps), 0) if told else 0
        return {
            "campaign": campaign,
            "results": results,
            "form": results.form,
            "before_last": results.before_last,
            "figures": results.figures,
            "compared": results.comparison,
            "today": today,
            "per_unit_minor": None if spent is None else divide_half_up(spent * 10**exponent, 10_000),
            "matched": matched,
            "held_out": told.held_out if told else 0,
            "words": result_words,
        }


@reports.get("/campaigns/<campaign_id>/result")
@needs(Right.READ)
def campaign_result(campaign_id: str) -> str:
    """The page."""
    return render_template("reports/result.html", **_values(campaign_id))


@reports.get("/campaigns/<campaign_id>/result.csv")
@needs(Right.EXPORT)
def campaign_result_csv(campaign_id: str) -> Response:
    """Every figure of the page, with its interval."""
    return csv_response("result.csv", HEADER, list(_rows(_values(campaign_id)["results"])))


@reports.get("/campaigns/<campaign_id>/result.xlsx")
@needs(Right.EXPORT)
def campaign_result_xlsx(campaign_id: str) -> Response:
    """The same as a sheet."""
    return xlsx_response("result.xlsx", HEADER, list(_rows(_values(campaign_id)["results"])))


@reports.get("/campaigns/<campaign_id>/result.pdf")
@needs(Right.READ)
def campaign_result_pdf(campaign_id: str) -> Response:
    """The page as a report on paper, in the language of the page."""
    values, organisation = _values(campaign_id), actor().organisation
    speaker = speaker_for(organisation.currency, language())
    paper = result_paper(
        speaker, organisation.name, values["campaign"], values["results"], values["matched"], values["today"]
    )
    return pdf_response("result.pdf", paper)


@reports.get("/campaigns/<campaign_id>/result/members")
@needs(Right.READ)
def campaign_result_members(campaign_id: str) -> str:
    """The members behind the comparison, the ones who spent most first; before the result day who got it only."""
    with read() as reader:
        campaign = campaign_or_404(reader, campaign_id)
        arm = HELD_OUT if request.args.get("group") == HELD_OUT else TREATED
        page = request.args.get("page", 1, type=int)
        rows = _members(campaign_id, arm, only=request.args.get("only", ""))
        start = max(0, page - 1) * PAGE_ROWS
        shown = rows[start : start + PAGE_ROWS]
        names = personal.load(reader, actor().organisation_id, {str(row[0]) for row in shown})
    return render_template(
        "reports/result_members.html",
        campaign=campaign,
        arm=arm,
        only=request.args.get("only", ""),
        motives=result_words.MOTIVES,
        rows=shown,
        names=names,
        page=page,
        more=len(rows) > start + PAGE_ROWS,
        count=len(rows),
    )


@reports.get("/campaigns/<campaign_id>/result-members.csv")
@needs(Right.EXPORT)
def campaign_result_members_csv(campaign_id: str) -> Response:
    """Raw data: both groups, a row per member; before the result day who got it only. `only`: who came for that."""
    return csv_response("result-members.csv", MEMBER_HEADER, _member_rows(campaign_id))


@reports.get("/campaigns/<campaign_id>/result-members.xlsx")
@needs(Right.EXPORT)
def campaign_result_members_xlsx(campaign_id: str) -> Response:
    """The same as a sheet."""
    return xlsx_response("result-members.xlsx", MEMBER_HEADER, _member_rows(campaign_id))


def _member_rows(campaign_id: str) -> list[tuple[Cell, ...]]:
    digits, only = currency_exponent(actor().organisation.currency), request.args.get("only", "")
    with read() as reader:
        campaign_or_404(reader, campaign_id)
    return [
        (member_id, arm, visits, decimal_text(spent, digits), decimal_text(before, digits))
        for arm in ((TREATED,) if only in MOTIVES else (TREATED, HELD_OUT))
        for member_id, visits, spent, before in _members(campaign_id, arm, fails=False, only=only)
    ]


def _members(campaign_id: str, arm: str, *, fails: bool = True, only: str = "") -> list[tuple[str, int, int, int]]:
    """Id, visits, spent in the campaign's days, and before. Nobody looks at who is held out before the result day.

    `only`: a motive of coming; then those alone, of the treated.
    """
    organisation_id = actor().organisation_id
    with read() as reader:
        days = days_of(reader, organisation_id, campaign_id)
        if days is None or (arm == HELD_OUT and kept_result(reader, organisation_id, campaign_id) is None):
            if fails:
                abort(404)
            return []
        members = arms_of(reader, organisation_id, campaign_id)[arm]
        if only in MOTIVES:
            form = form_in_force(reader, campaign_or_404(reader, campaign_id))
            came = returns_of(reader, organisation_id, campaign_id, form, days).by_motive
            members = sorted(came.get(only, ()))
        return rows_behind(reader, organisation_id, members, days)


def _rows(results: CampaignResults) -> Iterator[tuple[Cell, ...]]:
    """The figures of the files: plain numbers, a decimal point, and the unit beside them."""
    currency = actor().organisation.currency
    digits = currency_exponent(currency)
    figures, came = results.figures, results.came

    def money(minor: int | None) -> str:
        return "" if minor is None else decimal_text(minor, digits)

    def bp(value: int | None) -> str:
        return "" if value is None else decimal_text(value, 2)

    for channel, count in sorted(results.messages.sent.items()):
        yield f"sent_{channel}", count, "messages", "", "", ""
    for name, minor in (
        ("campaign_revenue", figures.campaign_revenue_minor),
        ("total_revenue", figures.total_revenue_minor),
        ("total_revenue_before", results.before_revenue_minor),
        ("cost_of_discounts", figures.cost_minor),
        ("cost_of_messages", results.message_cost_minor),
        ("cost", results.cost_minor),
        ("average_receipt", figures.average_receipt_minor),
        ("average_receipt_of_all", figures.total_average_minor),
    ):
        yield name, money(minor), currency, "", "", ""
    yield "discount", bp(figures.discount_bp), "%", "", "", ""
    spent = results.revenue_per_unit_bp
    yield "revenue_per_1_spent", "" if spent is None else decimal_text(spent, 4), currency, "", "", ""
    for name, count in (
        ("receipts", figures.receipts),
        ("receipts_of_all", figures.total_receipts),
        ("receipts_of_all_before", results.before_receipts),
        ("coupons_issued", figures.issued),
        ("coupons_redeemed", figures.redeemed),
        ("coupons_open", figures.open),
        ("members_who_got_it", came.members),
        *((f"members_who_{motive}", came.count(motive)) for motive in came.shown),
    ):
        yield name, count, "", "", "", ""
    compared = results.comparison
    if compared is None:
        return
    yield "members_held_out", compared.held_out, "", "", "", ""
    yield "held_out_who_came", compared.came_held_out, "", "", "", ""
    yield _difference("came_back_difference", compared.rate, "%", 100.0)
    yield _difference("spent_difference", compared.money, currency, 10.0**-digits)
    yield _difference("spent_difference_up_to_cap", compared.capped, currency, 10.0**-digits)
    yield "cap", money(compared.cap_minor), currency, "", "", ""
    for name, found in (("not_causal_spent_more", compared.naive), ("not_causal_more_than_before", compared.change)):
        if found is not None:
            yield _difference(name, found, currency, 10.0**-digits)


def _difference(name: str, found: Answered, unit: str, scale: float) -> tuple[Cell, ...]:
    if found.why:
        return name, "", unit, "", "", f"cannot tell: {found.why}"
    numbers = (f"{number * scale:.2f}" for number in (found.estimate, found.low, found.high))
    estimate, low, high = numbers
    return name, estimate, unit, low, high, "effect" if found.claims else "no effect claimed"
