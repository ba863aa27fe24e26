"""Golden baskets for a set: what this store really sold lately, and some of its goods, priced by our own core.

Nothing of a person goes with them: no member, no card, no coupon; each basket is priced once for nobody and once for
somebody who is known and belongs to no group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.catalogue.models import Product
from backoffice.organisations.models import Store
from backoffice.sync_api.models import Receipt
from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.member import Member
from pos_engine.core.moment import moment_at
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from pos_engine.wire.campaign_set import CampaignSetDocument, GoldenCase
from pos_engine.wire.campaigns import load_set
from pos_engine.wire.documents import decode_basket
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.golden import golden_case
from pos_engine.wire.sync import ReceiptDocument

RECEIPTS: Final = 6
LINES_MAX: Final = 30
"""Longer baskets are left out: a set is fetched over mobile lines."""
GOODS: Final = 5
ASSUMED_PRICE_MINOR: Final = 1000
"""Price of goods whose price only the register knows."""
SOMEBODY: Final = Member("golden")


class GoldenRules:
    """The rules of sets as this core reckons with them: loaded once for all stores that get the same ones."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[object, ...], Ruleset | None] = {}

    def of(self, document: CampaignSetDocument) -> Ruleset | None:
        """None: the set does not wholly load here."""
        programme = b"" if isinstance(document.programme, msgspec.UnsetType) else bytes(document.programme)
        same = (
            *((entry.campaign_id, entry.version, entry.sha256) for entry in document.campaigns),
            bytes(document.tariff),
            programme,
        )
        if same not in self._loaded:
            self._loaded[same] = _load(document)
        return self._loaded[same]


def _load(document: CampaignSetDocument) -> Ruleset | None:
    loaded = load_set(msgspec.json.encode(document))
    if loaded.inactive:
        return None
    return compile_ruleset(loaded.campaigns, loaded.tariff, loaded.document.set_version)


def golden_cases(session: Session, ruleset: Ruleset, store: Store, now: datetime) -> tuple[GoldenCase, ...]:
    """The cases for one store's set, as these rules price them."""
    moment = moment_at(now, ZoneInfo(store.zone))
    baskets = [*_sold(session, store), *_goods(session, store)]
    return tuple(golden_case(ruleset, basket, who, moment) for basket in baskets for who in (None, SOMEBODY))


def _sold(session: Session, store: Store) -> Iterator[Basket]:
    newest = (
        select(Receipt.raw)
        .where(
            Receipt.organisation_id == store.organisation_id, Receipt.store_id == store.store_id, Receipt.kind == "sale"
        )
        .order_by(Receipt.closed_at.desc())
        .limit(RECEIPTS)
    )
    for raw in session.scalars(newest):
        try:
            basket = decode_basket(bytes(msgspec.json.decode(raw, type=ReceiptDocument).basket))
        except (DocumentError, msgspec.MsgspecError):
            continue
        if len(basket.lines) <= LINES_MAX:
            yield replace(
                basket,
                presented_coupons=(),
                declined_offer_ids=(),
                chosen_products={},
                at_register_price=False,
                tender="",
                points_spending=None,
            )


def _goods(session: Session, store: Store) -> Iterator[Basket]:
    goods = session.scalars(
        select(Product)
        .where(Product.organisation_id == store.organisation_id, Product.line_kind == "goods")
        .order_by(Product.product_id)
        .limit(GOODS)
    ).all()
    if goods:
        lines = tuple(
            BasketLine(
                str(number), each.product_id, each.price_minor or ASSUMED_PRICE_MINOR, quantity=2, vat_bp=each.vat_bp
            )
            for number, each in enumerate(goods, start=1)
        )
        yield Basket(lines, store_id=store.store_id)
