"""A bakery-café with a till: members, cards, goods and offers as a shopkeeper would have them, on a real journal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from pos_engine.checkout.answers import ClosedSale, Quote
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine
from pos_engine.checkout.service import CheckoutService
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.programme import Programme
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.percent import Percent
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.ports.devices import CardIdentity, CardPresented, CodeScanned
from pos_engine.wire import documents
from pos_engine.wire.campaign_set import CampaignEntry, CampaignSetDocument
from pos_engine.wire.campaigns import encode_campaign
from pos_engine.wire.programme import encode_programme
from pos_engine.wire.sync import (
    BalanceBody,
    CardBody,
    Change,
    ChangePage,
    CouponBody,
    DayUses,
    MemberBody,
    OfferUsageBody,
    ProductBody,
    Tender,
)
from tests.support.till import HandClock, OrderedIds, an_identity

ANNA_CARD = CardIdentity("iso14443a", "04A1B2C3D4E5F6")
ANNA_PROVED = CardIdentity("iso14443a", "04A1B2C3D4E5F6", "desfire", "key")
"""The same card at a till that holds its keys."""
BEA_CARD = CardIdentity("em4100", "0030CE754C")
LOST_CARD = CardIdentity("iso14443a", "04DEAD00000001")
OLD_CARD = CardIdentity("iso14443a", "04DEAD00000002")
STRANGE_CARD = CardIdentity("iso14443a", "04FFFFFFFFFFFF")

FOREVER = (date(2026, 1, 1), date(2030, 12, 31))
RYE, ROLL, COFFEE, BOOK, LABOUR, BOTTLE = "4001", "4002", "2001", "7001", "8001", "9001"


def a_campaign(campaign_id: str, *offers: Offer, version: int = 1) -> Campaign:
    return Campaign(campaign_id, version, campaign_id, *FOREVER, offers)


BREAD_DAY = a_campaign(
    "bread-day",
    Offer("bread-10", "Monday bread 10 %", Weekdays((0,)), Percent(1000), Selector(categories=("bread",))),
)
MEMBERS = a_campaign(
    "members",
    Offer("member-coffee", "Members' coffee 0.50 off", MemberKnown(), Amount(50), Selector(products=(COFFEE,))),
)
WELCOME = a_campaign(
    "welcome",
    Offer(
        "welcome-5",
        "5 € off your card",
        CouponHeld("welcome"),
        Amount(500),
        phase="coupon",
    ),
)
NEXT_VISIT = a_campaign(
    "next-visit",
    Offer(
        "earn-coupon",
        "A coupon for next time",
        MinimumSpend(2000),
        CouponLater("next-visit-series", "2 € off next time", 1, 14, "paper"),
        phase="points",
    ),
    Offer("use-coupon", "2 € off with the coupon", CouponPresented("next-visit-series"), Amount(200), phase="coupon"),
)
FIRST_TWO = a_campaign(
    "first-two",
    Offer(
        "free-roll",
        "A roll on the house",
        AllOf(),
        FreeProduct((ROLL,), 1),
        limits=Limits(uses_total=2, uses_per_receipt=1),
    ),
)

PRODUCTS = (
    ProductBody(product_id=RYE, name="Rye bread", categories=("food", "bread"), vat_bp=700),
    ProductBody(product_id=ROLL, name="Roll", categories=("food", "rolls"), vat_bp=700),
    ProductBody(product_id=COFFEE, name="Coffee", categories=("drinks",), vat_bp=1900),
    ProductBody(product_id=BOOK, name="Bread book", categories=("bread",), vat_bp=700, line_kind="price_fixed"),
    ProductBody(product_id=LABOUR, name="Labour", categories=("bread",), vat_bp=1900, line_kind="service"),
    ProductBody(product_id=BOTTLE, name="Bottle deposit", categories=("bread",), vat_bp=1900, line_kind="deposit"),
)


def a_set(
    version: int,
    *campaigns: Campaign,
    broken: Mapping[str, bytes] | None = None,
    programme: Programme | None = None,
) -> bytes:
    bodies = {campaign.campaign_id: encode_campaign(campaign) for campaign in campaigns} | dict(broken or {})
    document = CampaignSetDocument(
        organisation_id="org",
        store_id="store-1",
        set_version=version,
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        tariff=msgspec.Raw(documents.encode(an_identity().tariff)),
        zone="Europe/Berlin",
        campaigns=tuple(
            CampaignEntry(
                campaign_id=campaign_id,
                version=1,
                sha256=hashlib.sha256(body).hexdigest(),
                body=msgspec.Raw(body),
            )
            for campaign_id, body in bodies.items()
        ),
        programme=msgspec.UNSET if programme is None else msgspec.Raw(encode_programme(programme)),
    )
    return msgspec.json.encode(document)


def line(line_id: str, product_id: str, price_minor: int, quantity: int = 1) -> RegisterLine:
    return RegisterLine(line_id=line_id, product_id=product_id, unit_price_minor=price_minor, quantity=quantity)


@dataclass
class Shop:
    """One till with everything around it. `restart` is what a power cut and a new start of the daemon are."""

    folder: Path
    language: str = "en"
    clock: HandClock = field(default_factory=HandClock)
    position: int = 0
    ids: OrderedIds = field(default_factory=OrderedIds)
    fresh: bool = True
    """False: the folder holds a till already; only open it."""
    key: bytes | None = None
    """Encrypts the journal."""

    def __post_init__(self) -> None:
        self._open()
        if self.fresh:
            self._furnish()
        self._seat()

    def _furnish(self) -> None:
        self.journal.save_identity(an_identity(language=self.language))
        self.journal.start_epoch(1)
        self.publish(a_set(1, BREAD_DAY, MEMBERS, WELCOME, NEXT_VISIT, FIRST_TWO))
        for product in PRODUCTS:
            self.put("product", product.product_id, product)
        self.put("member", "anna", MemberBody(member_id="anna", display_name="Anna", language="en", points=120))
        self.put("member", "bea", MemberBody(member_id="bea", display_name="Bea", language="de"))
        for card, member, state in (
            (ANNA_CARD, "anna", "active"),
            (BEA_CARD, "bea", "active"),
            (LOST_CARD, "anna", "blocked"),
            (OLD_CARD, "anna", "replaced"),
        ):
            self.put("card", card.card_id, CardBody(card_id=card.card_id, member_id=member, state=state))  # type: ignore[arg-type]

    def _open(self) -> None:
        self.journal = Journal.open(self.folder / "journal.db", self.clock, self.ids, reserve_bytes=4096, key=self.key)
        self.replica = Replica.open(self.folder / "replica.db")

    def restart(self) -> None:
        self.close()
        self._open()
        self._seat()

    def _seat(self) -> None:
        self.till = CheckoutService(self.journal, self.replica, self.clock, self.ids)
        self.till.note_offline(offline=False)

    def close(self) -> None:
        self.journal.close()
        self.replica.close()

    def publish(self, raw: bytes) -> None:
        version = msgspec.json.decode(raw)["set_version"]
        self.replica.stage_set(version, raw)

    def put(self, entity: str, entity_id: str, body: object) -> None:
        self.position += 1
        raw = msgspec.Raw(msgspec.json.encode(body))
        change = Change(position=self.position, entity=entity, entity_id=entity_id, operation="put", body=raw)
        self.replica.apply_changes(ChangePage(changes=(change,), next_cursor=self.position, more=False))

    def hold_coupon(self, coupon_id: str, member_id: str, **fields: object) -> None:
        body = CouponBody(coupon_id=coupon_id, series_id="welcome", campaign_id="welcome", member_id=member_id)
        self.put("coupon", coupon_id, msgspec.structs.replace(body, **fields))

    def used_elsewhere(self, offer_id: str, uses: int, member_id: str = "", days: tuple[DayUses, ...] = ()) -> None:
        body = OfferUsageBody(
            offer_id=offer_id,
            member_id=member_id,
            workstation_id="till-2",
            uses=uses,
            discount_minor=uses * 50,
            days=days,
        )
        self.put("offer_usage", f"{offer_id}:{member_id}:till-2", body)

    def tap(self, card: CardIdentity) -> None:
        self.till.reader_event("counter", CardPresented(card))

    def scan(self, text: str) -> None:
        self.till.reader_event("scanner", CodeScanned("code128", text))

    def ring(self, sale_ref: str, *lines: RegisterLine, codes: tuple[str, ...] = (), card_id: str = "") -> Quote:
        return self.till.quote(
            QuoteRequest(sale_ref=sale_ref, lines=lines, operator="17", coupon_codes=codes, card_id=card_id)
        )

    def settle(self, sale_ref: str, minor: int, **tenders: int) -> ClosedSale:
        """`tenders`: what is not paid in cash, by kind."""
        kinds = {**tenders, "cash": minor - sum(tenders.values())}
        paid = tuple(Tender(kind=kind, amount_minor=amount) for kind, amount in kinds.items() if amount or not tenders)
        return self.till.commit(CommitRequest(sale_ref=sale_ref, tendered_minor=minor, tenders=paid, operator="17"))

    def balance(self, member_id: str, unit: str, balance: int, **fields: object) -> None:
        """What the back-office counts of a member's account."""
        body = BalanceBody(account_id=member_id, unit=unit, balance=balance, as_of=self.clock.shown)
        self.put("balance", f"{member_id}:{unit}", msgspec.structs.replace(body, **fields))

    def sell(self, sale_ref: str, *lines: RegisterLine, codes: tuple[str, ...] = ()) -> ClosedSale:
        quote = self.ring(sale_ref, *lines, codes=codes)
        return self.settle(sale_ref, quote.total_due_minor)

    def days_later(self, days: int) -> None:
        self.clock.forward(timedelta(days=days))

    def message_code(self) -> str:
        message = self.till.screen().message
        return "" if message is None else message.code


HALF_PRICE = a_campaign(
    "half", Offer("half", "Bread at half price", AllOf(), Percent(5000), Selector(categories=("bread",)))
)
HALF_SET = {version: a_set(version, HALF_PRICE, BREAD_DAY, FIRST_TWO, NEXT_VISIT) for version in (2, 3)}
"""Sets that may follow the shop's first one."""
