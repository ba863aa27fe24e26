"""Balances, bookings, coupons and consents of a member."""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from backoffice.api import documents as d
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.member_operations import member_or_404
from backoffice.api.problems import ProblemError, not_found
from backoffice.api.scopes import Scope
from backoffice.audiences.models import CampaignMember
from backoffice.audiences.standing import standing_of
from backoffice.campaigns.build import series_id
from backoffice.campaigns.form import load_form
from backoffice.campaigns.giving import HELD_OUT
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.clock import local_date
from backoffice.consent.kinds import Source
from backoffice.consent.ledger import Said, record
from backoffice.consent.standing import standings_of
from backoffice.loyalty.corrections import correct
from backoffice.loyalty.ledger import balances_of
from backoffice.loyalty.models import LedgerEntry, LedgerPosting
from backoffice.loyalty.views import accounts_of
from backoffice.organisations.services import stores_of
from backoffice.sync_api.coupons import assign_coupons
from backoffice.sync_api.models import Coupon

YEAR_MIN: Final = 1900
"""A decision before it is a slip of the keyboard."""
POSTING_KEY_PARTS: Final = 2


def get_balances(session: Session, call: Call) -> d.Balances:
    """Every account with what expires next."""
    member = member_or_404(session, call)
    stores = stores_of(session, call.organisation_id)
    today = local_date(call.doing.clock, stores[0].zone if stores else "UTC")
    found = accounts_of(session, call.organisation_id, member.member_id, today)
    items = tuple(
        d.Balance(**{name: getattr(view, name) for name in d.Balance.__struct_fields__}) for view in found.accounts
    )
    return d.Balances(currency=call.organisation.currency, items=items)


def list_postings(session: Session, call: Call) -> d.Page[d.Posting]:
    """Every booking on the accounts, by the ids of its entries."""
    query: d.PageQuery = call.query
    member = member_or_404(session, call)
    statement = (
        select(LedgerEntry, LedgerPosting)
        .join(
            LedgerPosting,
            and_(
                LedgerPosting.organisation_id == LedgerEntry.organisation_id,
                LedgerPosting.entry_id == LedgerEntry.entry_id,
            ),
        )
        .where(LedgerPosting.organisation_id == call.organisation_id, LedgerPosting.owner == member.member_id)
    )
    after = key_of(query.cursor, POSTING_KEY_PARTS)
    if after:
        entry_id, number = after[0], _number(after[1])
        later = and_(LedgerPosting.entry_id == entry_id, LedgerPosting.posting_no > number)
        statement = statement.where(or_(LedgerPosting.entry_id > entry_id, later))
    rows = session.execute(
        statement.order_by(LedgerPosting.entry_id, LedgerPosting.posting_no).limit(query.limit + 1)
    ).all()
    shown = rows[: query.limit]
    more = cursor_of(shown[-1][1].entry_id, str(shown[-1][1].posting_no)) if len(rows) > query.limit else None
    return d.Page[d.Posting](items=tuple(_posting(entry, posting) for entry, posting in shown), next_cursor=more)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004 - an entry has a few postings
        raise ProblemError(400, "invalid", "The cursor is none of ours.", field="cursor")
    return int(text)


def _posting(entry: LedgerEntry, posting: LedgerPosting) -> d.Posting:
    return d.Posting(
        entry_id=entry.entry_id,
        unit=posting.unit,
        kind=posting.kind,
        amount=posting.amount,
        business_day=entry.business_day,
        happened_at=entry.happened_at,
        expires_on=posting.expires_on,
        reason=entry.reason,
    )


def add_posting(session: Session, call: Call) -> d.Booked:
    """Points or stamps that the member is given."""
    body: d.NewPosting = call.body
    member = member_or_404(session, call)
    entry_id = correct(session, call.doing, member.member_id, body.unit, body.amount, body.reason)
    balances = balances_of(session, call.organisation_id, member.member_id)
    return d.Booked(entry_id=entry_id, unit=body.unit, balance=balances.get(body.unit, 0))


def list_coupons(session: Session, call: Call) -> d.Page[d.Coupon]:
    """A member's coupons."""
    query: d.CouponQuery = call.query
    member = member_or_404(session, call)
    statement = select(Coupon).where(
        Coupon.organisation_id == call.organisation_id, Coupon.member_id == member.member_id
    )
    if query.state:
        statement = statement.where(Coupon.state == query.state)
    after = key_of(query.cursor, 1)
    if after:
        statement = statement.where(Coupon.coupon_id > after[0])
    rows = session.scalars(statement.order_by(Coupon.coupon_id).limit(query.limit + 1)).all()
    shown = rows[: query.limit]
    more = cursor_of(shown[-1].coupon_id) if len(rows) > query.limit else None
    return d.Page[d.Coupon](items=tuple(_coupon(row) for row in shown), next_cursor=more)


def _coupon(row: Coupon) -> d.Coupon:
    return d.Coupon(**{name: getattr(row, name) for name in d.Coupon.__struct_fields__})


def get_coupon(session: Session, call: Call) -> d.Coupon:
    """One coupon."""
    row = session.get(Coupon, (call.organisation_id, call.path["coupon_id"]))
    if row is None:
        raise not_found("coupon")
    return _coupon(row)


def add_coupon(session: Session, call: Call) -> d.Coupon:
    """A coupon onto the card. ProblemError 409: the campaign does not run, the member has one or is held out."""
    body: d.NewCoupon = call.body
    member = member_or_404(session, call)
    campaign = session.get(Campaign, (call.organisation_id, body.campaign_id))
    if campaign is None:
        raise not_found("campaign")
    version = campaign.live_version and session.get(
        CampaignVersion, (call.organisation_id, campaign.campaign_id, campaign.live_version)
    )
    form = load_form(version.form) if version else None
    if form is None or form.kind != "coupon" or campaign.state != "live":
        raise ProblemError(409, "conflict", "Only a running campaign of the kind coupon has coupons for cards.")
    part = session.get(CampaignMember, (call.organisation_id, campaign.campaign_id, member.member_id))
    if part is not None and part.arm == HELD_OUT:
        raise ProblemError(409, "conflict", "The member is held out of this campaign, so that it can be measured.")
    if standing_of(session, call.organisation_id).holds_out(member.member_id):
        raise ProblemError(409, "conflict", "The member is held out of every campaign, so that they can be measured.")
    series = series_id(campaign.campaign_id)
    held = session.scalar(
        select(Coupon.coupon_id).where(
            Coupon.organisation_id == call.organisation_id,
            Coupon.series_id == series,
            Coupon.member_id == member.member_id,
        )
    )
    if held is not None:
        raise ProblemError(409, "conflict", f"The member has had a coupon of this campaign already: {held}.")
    (coupon_id,) = assign_coupons(
        session,
        call.doing.clock,
        call.doing.ids,
        call.organisation_id,
        campaign.campaign_id,
        series,
        [member.member_id],
        form.starts_on,
        form.ends_on,
    )
    call.doing.note(session, "coupon_given", "member", member.member_id, coupon_id)
    return _coupon(session.get_one(Coupon, (call.organisation_id, coupon_id)))


def get_consents(session: Session, call: Call) -> d.Consents:
    """What holds for every channel and purpose."""
    member = member_or_404(session, call)
    rows = standings_of(session, call.organisation_id, member.member_id, call.doing.clock.now())
    return d.Consents(
        items=tuple(
            d.Consent(
                channel=cell.channel.value,
                purpose=cell.purpose.value,
                allowed=cell.permission.allowed,
                reason=cell.permission.reason,
                given_at=cell.permission.entry.given_at if cell.permission.entry else None,
            )
            for row in rows
            for cell in row
        )
    )


def add_consent(session: Session, call: Call) -> d.Consents:
    """Write a decision down."""
    body: d.NewConsent = call.body
    member = member_or_404(session, call)
    given_at = body.given_at or call.doing.clock.now()
    if given_at.year <= YEAR_MIN:
        raise ProblemError(422, "refused", "The decision is too old to be true.", field="given_at")
    said = Said(
        member.member_id,
        body.channel,
        body.purpose,
        body.decision,
        Source(body.source),
        given_at,
        body.basis,
        body.wording,
        body.language,
        body.note,
    )
    record(session, call.doing, [said])
    return get_consents(session, call)


_MEMBER: Final = "/members/{member_id}"

OPERATIONS: Final = (
    Operation(
        "getBalances",
        "GET",
        f"{_MEMBER}/balances",
        "A member's balances",
        Scope.BALANCES_READ,
        get_balances,
        d.Balances,
    ),
    Operation(
        "listPostings",
        "GET",
        f"{_MEMBER}/postings",
        "A member's bookings",
        Scope.BALANCES_READ,
        list_postings,
        d.Page[d.Posting],
        query=d.PageQuery,
    ),
    Operation(
        "addPosting",
        "POST",
        f"{_MEMBER}/postings",
        "Give points or stamps",
        Scope.POINTS_WRITE,
        add_posting,
        d.Booked,
        body=d.NewPosting,
        status=201,
        keyed=True,
    ),
    Operation(
        "listCoupons",
        "GET",
        f"{_MEMBER}/coupons",
        "A member's coupons",
        Scope.COUPONS_READ,
        list_coupons,
        d.Page[d.Coupon],
        query=d.CouponQuery,
    ),
    Operation(
        "addCoupon",
        "POST",
        f"{_MEMBER}/coupons",
        "Put a coupon on a member's card",
        Scope.COUPONS_WRITE,
        add_coupon,
        d.Coupon,
        body=d.NewCoupon,
        status=201,
    ),
    Operation("getCoupon", "GET", "/coupons/{coupon_id}", "A coupon", Scope.COUPONS_READ, get_coupon, d.Coupon),
    Operation(
        "getConsents",
        "GET",
        f"{_MEMBER}/consents",
        "What a member allows",
        Scope.CONSENTS_READ,
        get_consents,
        d.Consents,
    ),
    Operation(
        "addConsent",
        "POST",
        f"{_MEMBER}/consents",
        "Write a member's decision down",
        Scope.CONSENTS_WRITE,
        add_consent,
        d.Consents,
        body=d.NewConsent,
        status=201,
    ),
)
