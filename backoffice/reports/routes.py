"""Pages of figures and receipts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

from flask import Blueprint, abort, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from backoffice.campaigns.actions import list_campaigns
from backoffice.catalogue.services import has_products
from backoffice.clock import local_date
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import counts, personal
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.members.services import get_member
from backoffice.organisations.models import Store
from backoffice.organisations.services import stores_of
from backoffice.reports.budget_marks import running_low
from backoffice.reports.figures import overview as overview_figures
from backoffice.reports.receipts import Filter, Position, ReceiptView, find_receipts, load_receipt
from backoffice.sync_api.models import Receipt, ReceiptLine
from backoffice.sync_api.tills import till_states
from backoffice.web.context import actor, needs, office, read
from backoffice.web.csv_out import Cell, csv_response, decimal_text
from backoffice.web.format import day, language
from backoffice.web.headers import with_etag
from backoffice.worker.services import last_runs
from pos_engine.core.money import currency_exponent

reports = Blueprint("reports", __name__, template_folder="templates")

PAGE_ROWS: Final = 50


def _overview_values() -> dict[str, Any]:
    organisation_id = actor().organisation_id
    with read() as reader:
        stores = stores_of(reader, organisation_id)
        today = local_date(office().clock, actor().zone)
        campaigns = list_campaigns(reader, organisation_id, today)
        return {
            "today": today,
            "figures": overview_figures(reader, organisation_id, today),
            "campaigns": [row for row in campaigns if row.state in {"live", "paused"} and row.ends_on >= today],
            "has_campaigns": bool(campaigns),
            "low": running_low(reader, organisation_id),
            "has_products": has_products(reader, organisation_id),
            "tills": till_states(reader, organisation_id),
            "members": counts.in_all(reader, organisation_id),
            "latest": find_receipts(reader, organisation_id, Filter(), limit=8),
            "runs": last_runs(reader, organisation_id),
            "now": office().clock.now(),
            "store_names": {store.store_id: store.name for store in stores},
        }


@reports.get("/")
@needs(Right.READ)
def overview() -> str:
    """The shop at a glance."""
    values = _overview_values()
    days = values["figures"].days
    scale = 10 ** currency_exponent(actor().organisation.currency)
    bars = [
        {"label": _("Revenue"), "values": [due / scale for _day, due, _discount in days]},
        {"label": _("Discounts"), "values": [discount / scale for _day, _due, discount in days]},
    ]
    labels = [day(each) for each, _due, _discount in days]
    return render_template("reports/overview.html", **values, chart_labels=labels, chart_bars=bars)


@reports.get("/overview/live")
@needs(Right.READ)
def overview_live() -> Response:
    """The part of the overview that changes by itself; 304 while nothing does."""
    return with_etag(render_template("reports/overview_live.html", **_overview_values()))


def _filter() -> Filter:
    def chosen(name: str) -> date | None:
        try:
            return date.fromisoformat(request.args.get(name, ""))
        except ValueError:
            return None

    args = request.args
    return Filter(
        chosen("first"), chosen("last"), args.get("store", ""), args.get("campaign", ""), args.get("member", "")
    )


def _position() -> Position | None:
    try:
        closed_at = datetime.fromisoformat(request.args["after"])
        key = (request.args["till"], int(request.args["epoch"]), int(request.args["seq"]))
    except (KeyError, ValueError):
        return None
    return (closed_at if closed_at.tzinfo else closed_at.replace(tzinfo=UTC), *key)


@reports.get("/receipts")
@needs(Right.READ)
def receipt_list() -> str:
    """Receipts, newest first, narrowed by days, store, campaign or member."""
    organisation_id = actor().organisation_id
    wanted, after = _filter(), _position()
    with read() as reader:
        rows = find_receipts(reader, organisation_id, wanted, after=after, limit=PAGE_ROWS + 1)
        stores = stores_of(reader, organisation_id)
        shown = rows[:PAGE_ROWS]
        values = {
            "rows": shown,
            "more": len(rows) > PAGE_ROWS,
            "wanted": wanted,
            "after": after,
            "names": personal.load(reader, organisation_id, {row.member_id for row in shown if row.member_id}),
            "stores": stores,
            "zones": {store.store_id: store.zone for store in stores},
            "till_names": {till.workstation_id: till.name for till in till_states(reader, organisation_id)},
            "campaigns": list_campaigns(reader, organisation_id, local_date(office().clock, actor().zone)),
        }
    fragment = request.headers.get("HX-Request")
    return render_template("reports/receipt_rows.html" if fragment else "reports/receipts.html", **values)


@reports.get("/receipts.csv")
@needs(Right.EXPORT)
def receipt_csv() -> Response:
    """The receipts that the list shows."""
    acting, wanted = actor(), _filter()
    digits = currency_exponent(acting.organisation.currency)

    def rows() -> Iterator[tuple[Cell, ...]]:
        for row in _all_receipts(acting.organisation_id, wanted):
            amounts = (row.total_value_minor, row.total_discount_minor, row.total_due_minor)
            yield (
                row.store_id,
                row.workstation_id,
                row.business_day.isoformat(),
                row.sequence_no,
                row.kind,
                row.closed_at.isoformat(),
                row.member_id,
                row.card_id,
                *(decimal_text(amount, digits) for amount in amounts),
                acting.organisation.currency,
            )

    header = ("store", "workstation", "business_day", "sequence_no", "kind", "closed_at", "member", "card")
    return csv_response("receipts.csv", (*header, "before_discount", "discount", "due", "currency"), rows())


@reports.get("/receipt-lines.csv")
@needs(Right.EXPORT)
def receipt_line_csv() -> Response:
    """Raw data: every line of the receipts that the list shows."""
    acting, wanted = actor(), _filter()
    digits = currency_exponent(acting.organisation.currency)

    def rows() -> Iterator[tuple[Cell, ...]]:
        for receipt in _all_receipts(acting.organisation_id, wanted):
            key = (receipt.workstation_id, receipt.epoch, receipt.seq)
            with read() as reader:
                lines = reader.scalars(
                    select(ReceiptLine)
                    .where(
                        ReceiptLine.organisation_id == acting.organisation_id,
                        ReceiptLine.workstation_id == receipt.workstation_id,
                        ReceiptLine.epoch == receipt.epoch,
                        ReceiptLine.seq == receipt.seq,
                    )
                    .order_by(ReceiptLine.line_id)
                ).all()
            for line in lines:
                amounts = (line.value_minor, line.discount_minor, line.due_minor)
                yield (
                    "{}:{}:{}".format(*key),
                    line.line_id,
                    line.product_id,
                    line.name,
                    line.quantity,
                    *(decimal_text(amount, digits) for amount in amounts),
                    "" if line.vat_bp is None else decimal_text(line.vat_bp, 2),
                )

    header = ("receipt", "line", "product", "name", "quantity", "before_discount", "discount", "due", "vat_percent")
    return csv_response("receipt-lines.csv", header, rows())


def _all_receipts(organisation_id: str, wanted: Filter) -> Iterator[Receipt]:
    """Every receipt of a list, page by page, each page in a transaction of its own."""
    after: Position | None = None
    while True:
        with read() as reader:
            page = find_receipts(reader, organisation_id, wanted, after=after, limit=1000)
        yield from page
        if not page:
            return
        last = page[-1]
        after = (last.closed_at, last.workstation_id, last.epoch, last.seq)


@reports.get("/receipts/<workstation_id>/<int:epoch>/<int:seq>")
@needs(Right.READ)
def receipt_page(workstation_id: str, epoch: int, seq: int) -> str:
    """One receipt: its lines, why each offer did or did not apply, and the paper as text."""
    organisation_id = actor().organisation_id
    with read() as reader:
        view = load_receipt(reader, organisation_id, (workstation_id, epoch, seq), language())
        if view is None:
            abort(404)
        stores = {store.store_id: store for store in stores_of(reader, organisation_id)}
        member_id = view.row.member_id
        person = personal.load(reader, organisation_id, [member_id]).get(member_id) if member_id else None
        member = get_member(reader, organisation_id, member_id) if member_id else None
        return render_template(
            "reports/receipt.html",
            view=view,
            paper=_paper(view, stores.get(view.row.store_id), person, member),
            totals={total.line_id: total for total in view.outcome.lines},
            store=stores.get(view.row.store_id),
            till_names={till.workstation_id: till.name for till in till_states(reader, organisation_id)},
            person=person,
        )


def _paper(view: ReceiptView, store: Store | None, person: Person | None, member: Member | None) -> str:
    """The receipt as text in the customer's language, as the till laid it out."""
    organisation = actor().organisation
    return view.paper(
        shop_name=organisation.name,
        store_name=store.name if store else view.row.store_id,
        zone=store.zone if store else "UTC",
        member_name=person.greeting if person else "",
        language=member.language if member else organisation.language,
    )
