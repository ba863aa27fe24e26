"""Finding receipts, and reading one with everything that was decided on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.reports.models import CampaignDay
from backoffice.sync_api.models import CampaignSetRow, Coupon, Receipt, Redemption
from pos_engine import words
from pos_engine.core.basket import Basket
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Outcome
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from pos_engine.receipts.explained import explained
from pos_engine.receipts.plain import text_of
from pos_engine.receipts.receipt import ReceiptPaper, receipt_document
from pos_engine.wire.campaigns import decode_campaign, load_set
from pos_engine.wire.documents import decode_basket, decode_tariff
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.sync import ReceiptDocument


@dataclass(frozen=True)
class Filter:
    """What the receipt list is narrowed to; empty values narrow nothing."""

    first: date | None = None
    last: date | None = None
    store_id: str = ""
    campaign_id: str = ""
    member_id: str = ""


Position = tuple[datetime, str, int, int]
"""Where a page of the list ended: closing time, workstation, epoch, seq."""


SOUGHT_BY_CAMPAIGN_MAX: Final = 5_000
"""Receipts of a campaign up to which they are looked up one by one; of more, the newest are soon met on the way."""


def find_receipts(
    session: Session, organisation_id: str, wanted: Filter, *, after: Position | None = None, limit: int = 50
) -> Sequence[Receipt]:
    """Receipts of this organisation, newest first.

    Asked twice: for the closing time that the page ends with, in the order of an index, then for the receipts up to it.
    In one question SQLite reads and sorts all there are, because no index has the four columns of the whole order.
    """
    narrowed = _narrowing(session, organisation_id, wanted)
    conditions = _conditions(organisation_id, wanted)
    if after is not None:
        conditions += [Receipt.closed_at <= after[0], _behind(after)]
    times = session.scalars(
        narrowed(select(Receipt.closed_at)).where(*conditions).order_by(Receipt.closed_at.desc()).limit(limit)
    ).all()
    if not times:
        return []
    return session.scalars(
        narrowed(select(Receipt))
        .where(*conditions, Receipt.closed_at >= times[-1])
        .order_by(Receipt.closed_at.desc(), Receipt.workstation_id, Receipt.epoch.desc(), Receipt.seq.desc())
        .limit(limit)
    ).all()


def _conditions(organisation_id: str, wanted: Filter) -> list[ColumnElement[bool]]:
    conditions = [Receipt.organisation_id == organisation_id]
    if wanted.first:
        conditions.append(Receipt.business_day >= wanted.first)
    if wanted.last:
        conditions.append(Receipt.business_day <= wanted.last)
    if wanted.store_id:
        conditions.append(Receipt.store_id == wanted.store_id)
    if wanted.member_id:
        conditions.append(Receipt.member_id == wanted.member_id)
    return conditions


def _narrowing(session: Session, organisation_id: str, wanted: Filter) -> Callable[[Select[Any]], Select[Any]]:
    """Narrow a question to receipts on which a campaign gave something.

    They are sought from its redemptions where these are few, and met on the way else.
    """
    if not wanted.campaign_id:
        return lambda statement: statement
    keys = (Redemption.workstation_id, Redemption.epoch, Redemption.seq)
    redeemed = select(*keys).where(
        Redemption.organisation_id == organisation_id,
        Redemption.campaign_id == wanted.campaign_id,
        Redemption.discount_minor != 0,
    )
    receipts = select(func.coalesce(func.sum(CampaignDay.receipts), 0)).where(
        CampaignDay.organisation_id == organisation_id, CampaignDay.campaign_id == wanted.campaign_id
    )
    own = (Receipt.workstation_id, Receipt.epoch, Receipt.seq)
    if session.scalars(receipts).one() > SOUGHT_BY_CAMPAIGN_MAX:
        same = (key == column for key, column in zip(keys, own, strict=True))
        met = redeemed.where(*same).exists()
        return lambda statement: statement.where(met)
    few = redeemed.distinct().subquery()
    joined = and_(*(key == column for key, column in zip(few.c, own, strict=True)))
    return lambda statement: statement.join(few, joined)


def _behind(after: Position) -> ColumnElement[bool]:
    """What comes later in the list than where a page of it ended."""
    closed_at, workstation_id, epoch, seq = after
    return or_(
        Receipt.closed_at < closed_at,
        Receipt.workstation_id > workstation_id,
        and_(
            Receipt.workstation_id == workstation_id,
            or_(Receipt.epoch < epoch, and_(Receipt.epoch == epoch, Receipt.seq < seq)),
        ),
    )


def receipts_of_member(session: Session, organisation_id: str, member_id: str, limit: int) -> Sequence[Receipt]:
    """The newest receipts with a card of this member."""
    return find_receipts(session, organisation_id, Filter(member_id=member_id), limit=limit)


@dataclass(frozen=True)
class MemberCoupon:
    """A coupon of a member with the name of its campaign."""

    coupon_id: str
    campaign_id: str
    campaign_name: str
    medium: str
    state: str
    valid_until: date | None


def coupons_of_member(session: Session, organisation_id: str, member_id: str) -> list[MemberCoupon]:
    """The member's coupons, the newest first."""
    rows = session.execute(
        select(Coupon, Campaign.name)
        .join(
            Campaign,
            and_(Campaign.organisation_id == Coupon.organisation_id, Campaign.campaign_id == Coupon.campaign_id),
        )
        .where(Coupon.organisation_id == organisation_id, Coupon.member_id == member_id)
        .order_by(Coupon.issued_at.desc(), Coupon.coupon_id)
        .limit(50)
    )
    return [
        MemberCoupon(row.coupon_id, row.campaign_id, name, row.medium, row.state, row.valid_until) for row, name in rows
    ]


@dataclass(frozen=True)
class ReceiptAnswer:
    """What one offer answered on a receipt, in words."""

    offer: str
    campaign_id: str
    text: str
    applied: bool


@dataclass(frozen=True)
class ReceiptView:
    """One receipt, decoded."""

    row: Receipt
    document: ReceiptDocument
    basket: Basket
    outcome: Outcome
    tariff: Tariff
    answers: tuple[ReceiptAnswer, ...]
    offer_names: Mapping[str, str]

    def paper(self, shop_name: str, store_name: str, zone: str, member_name: str, language: str) -> str:
        """The receipt as it was printed, as text; laid out anew from the closed sale."""
        return text_of(receipt_document(self.to_lay_out(shop_name, store_name, zone, member_name, language)))

    def to_lay_out(self, shop_name: str, store_name: str, zone: str, member_name: str, language: str) -> ReceiptPaper:
        """The receipt with the words it needs besides its own document."""
        return ReceiptPaper(
            receipt=self.document,
            basket=self.basket,
            outcome=self.outcome,
            tariff=self.tariff,
            shop_name=shop_name,
            store_name=store_name,
            zone=zone,
            language=language,
            member_name=member_name,
            offer_names=self.offer_names,
        )


def load_receipt(
    session: Session, organisation_id: str, key: tuple[str, int, int], language: str
) -> ReceiptView | None:
    """One receipt with its reasons in words; None when this organisation has no such receipt."""
    row = session.get(Receipt, (organisation_id, *key))
    if row is None:
        return None
    document = document_of(row)
    outcome = explained(document, ruleset_of(session, document))
    tariff = decode_tariff(bytes(document.tariff))
    names = offer_names(session, organisation_id, document.campaign_hashes)
    campaigns = campaign_names(session, organisation_id, {reason.campaign_id for reason in outcome.reasons})
    applied = {offer.offer_id: offer.name for offer in outcome.applied}
    answers = tuple(
        ReceiptAnswer(
            offer=applied.get(reason.offer_id)
            or names.get(reason.offer_id)
            or campaigns.get(reason.campaign_id, reason.campaign_id),
            campaign_id=reason.campaign_id,
            text=words.reason_text(reason, language, tariff),
            applied=reason.offer_id in applied or reason.code == "coupon_earned",
        )
        for reason in outcome.reasons
    )
    ordered = tuple(sorted(answers, key=lambda answer: not answer.applied))
    return ReceiptView(row, document, decode_basket(bytes(document.basket)), outcome, tariff, ordered, names)


def document_of(row: Receipt) -> ReceiptDocument:
    """The bytes as received, decoded. msgspec.DecodeError when they are no receipt."""
    return msgspec.json.decode(row.raw, type=ReceiptDocument)


def ruleset_of(session: Session, document: ReceiptDocument) -> Ruleset | None:
    """The published set a receipt was priced with; None when there was none, or it cannot be read any more."""
    raw = session.scalar(
        select(CampaignSetRow.raw).where(
            CampaignSetRow.organisation_id == document.organisation_id,
            CampaignSetRow.store_id == document.store_id,
            CampaignSetRow.set_version == document.set_version,
        )
    )
    if raw is None:
        return None
    try:
        loaded = load_set(raw)
    except DocumentError:
        return None
    return compile_ruleset(loaded.campaigns, loaded.tariff, loaded.document.set_version, loaded.inactive)


def campaign_names(session: Session, organisation_id: str, campaign_ids: Iterable[str]) -> Mapping[str, str]:
    """What the campaigns are called now."""
    rows = session.execute(
        select(Campaign.campaign_id, Campaign.name).where(
            Campaign.organisation_id == organisation_id, Campaign.campaign_id.in_(list(campaign_ids))
        )
    )
    return {row.campaign_id: row.name for row in rows}


def offer_names(session: Session, organisation_id: str, campaign_hashes: Mapping[str, str]) -> dict[str, str]:
    """The names of the offers of the campaign versions that a receipt was evaluated with."""
    versions = session.scalars(
        select(CampaignVersion).where(
            CampaignVersion.organisation_id == organisation_id,
            CampaignVersion.sha256.in_(list(campaign_hashes.values())),
        )
    )
    names: dict[str, str] = {}
    for version in versions:
        try:
            offers: Sequence[Any] = decode_campaign(version.body).offers
        except DocumentError:  # the receipt's own ids stand for what this program cannot read any more
            continue
        names.update((offer.offer_id, offer.name) for offer in offers)
    return names
