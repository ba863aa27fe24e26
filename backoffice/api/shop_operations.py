"""Campaigns with their results, and receipts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.api import documents as d
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.problems import ProblemError, not_found
from backoffice.api.scopes import Scope
from backoffice.campaigns.form import load_form, without_audience
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.campaigns.names import names_for
from backoffice.campaigns.sentences import describe
from backoffice.clock import local_date
from backoffice.organisations.services import stores_of
from backoffice.reports.figures import campaign_figures
from backoffice.reports.receipts import Filter, Position, find_receipts
from backoffice.sync_api.models import Receipt, ReceiptLine
from backoffice.sync_api.returns import sale_key

RECEIPT_KEY_PARTS: Final = 4


def list_campaigns(session: Session, call: Call) -> d.Page[d.CampaignShort]:
    """All campaigns, by id: in the order in which they were made."""
    query: d.PageQuery = call.query
    statement = select(Campaign).where(Campaign.organisation_id == call.organisation_id)
    after = key_of(query.cursor, 1)
    if after:
        statement = statement.where(Campaign.campaign_id > after[0])
    rows = session.scalars(statement.order_by(Campaign.campaign_id).limit(query.limit + 1)).all()
    shown = rows[: query.limit]
    more = cursor_of(shown[-1].campaign_id) if len(rows) > query.limit else None
    items = tuple(
        d.CampaignShort(**{name: getattr(row, name) for name in d.CampaignShort.__struct_fields__}) for row in shown
    )
    return d.Page[d.CampaignShort](items=items, next_cursor=more)


def _campaign_or_404(session: Session, call: Call) -> Campaign:
    campaign = session.get(Campaign, (call.organisation_id, call.path["campaign_id"]))
    if campaign is None:
        raise not_found("campaign")
    return campaign


def get_campaign(session: Session, call: Call) -> d.CampaignFull:
    """A campaign with what it does in words, as it was published; of its audience nobody is named."""
    campaign = _campaign_or_404(session, call)
    version = campaign.live_version and session.get(
        CampaignVersion, (call.organisation_id, campaign.campaign_id, campaign.live_version)
    )
    sentences: tuple[str, ...] = ()
    if version:
        form = without_audience(load_form(version.form))
        with force_locale(call.organisation.language):
            said = describe(form, names_for(session, call.organisation_id, form), call.organisation.currency)
        sentences = tuple(said)
    short = {name: getattr(campaign, name) for name in d.CampaignShort.__struct_fields__}
    return d.CampaignFull(**short, kind=load_form(campaign.form).kind, sentences=sentences)


def get_results(session: Session, call: Call) -> d.Results:
    """What a campaign brought and cost."""
    campaign = _campaign_or_404(session, call)
    stores = stores_of(session, call.organisation_id)
    today = local_date(call.doing.clock, stores[0].zone if stores else "UTC")
    figures = campaign_figures(session, call.organisation_id, campaign, today)
    own = {
        name: getattr(figures, name) for name in d.Results.__struct_fields__ if name not in {"campaign_id", "currency"}
    }
    return d.Results(campaign_id=campaign.campaign_id, currency=call.organisation.currency, **own)


def list_receipts(session: Session, call: Call) -> d.Page[d.ReceiptShort]:
    """Receipts, the newest first."""
    query: d.ReceiptQuery = call.query
    wanted = Filter(query.first_day, query.last_day, member_id=query.member_id)
    rows = find_receipts(session, call.organisation_id, wanted, after=_position(query.cursor), limit=query.limit + 1)
    shown = rows[: query.limit]
    more = None
    if len(rows) > query.limit:
        last = shown[-1]
        more = cursor_of(last.closed_at.isoformat(), last.workstation_id, str(last.epoch), str(last.seq))
    return d.Page[d.ReceiptShort](items=tuple(d.ReceiptShort(**_short(row)) for row in shown), next_cursor=more)


def _position(cursor: str) -> Position | None:
    key = key_of(cursor, RECEIPT_KEY_PARTS)
    if key is None:
        return None
    receipt, closed_at = sale_key(":".join(key[1:])), _instant(key[0])
    if receipt is None or closed_at is None:
        raise ProblemError(400, "invalid", "The cursor is none of ours.", field="cursor")
    return closed_at, receipt.workstation_id, receipt.epoch, receipt.seq


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _short(row: Receipt) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in d.ReceiptShort.__struct_fields__ if name != "receipt_id"}
    return {"receipt_id": f"{row.workstation_id}:{row.epoch}:{row.seq}", **own}


def get_receipt(session: Session, call: Call) -> d.ReceiptFull:
    """One receipt with its lines; its id is the code that is printed on it."""
    key = sale_key(call.path["receipt_id"])
    row = session.get(Receipt, (call.organisation_id, key.workstation_id, key.epoch, key.seq)) if key else None
    if row is None:
        raise not_found("receipt")
    lines = session.scalars(
        select(ReceiptLine)
        .where(
            ReceiptLine.organisation_id == call.organisation_id,
            ReceiptLine.workstation_id == row.workstation_id,
            ReceiptLine.epoch == row.epoch,
            ReceiptLine.seq == row.seq,
        )
        .order_by(ReceiptLine.line_id)
    )
    fields = d.ReceiptLine.__struct_fields__
    told = tuple(d.ReceiptLine(**{name: getattr(line, name) for name in fields}) for line in lines)
    return d.ReceiptFull(**_short(row), currency=call.organisation.currency, lines=told)


OPERATIONS: Final = (
    Operation(
        "listCampaigns",
        "GET",
        "/campaigns",
        "Campaigns",
        Scope.CAMPAIGNS_READ,
        list_campaigns,
        d.Page[d.CampaignShort],
        query=d.PageQuery,
    ),
    Operation(
        "getCampaign",
        "GET",
        "/campaigns/{campaign_id}",
        "A campaign in words",
        Scope.CAMPAIGNS_READ,
        get_campaign,
        d.CampaignFull,
    ),
    Operation(
        "getResults",
        "GET",
        "/campaigns/{campaign_id}/results",
        "What a campaign brought and cost",
        Scope.RESULTS_READ,
        get_results,
        d.Results,
    ),
    Operation(
        "listReceipts",
        "GET",
        "/receipts",
        "Receipts, the newest first",
        Scope.RECEIPTS_READ,
        list_receipts,
        d.Page[d.ReceiptShort],
        query=d.ReceiptQuery,
    ),
    Operation(
        "getReceipt",
        "GET",
        "/receipts/{receipt_id}",
        "A receipt with its lines",
        Scope.RECEIPTS_READ,
        get_receipt,
        d.ReceiptFull,
    ),
)
