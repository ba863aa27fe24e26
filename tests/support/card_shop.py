"""Tills of one shop without a line, and one simulated DESFire card that remembers what was used at each of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from drivers.cards.calls import CardCalls
from drivers.cards.card_rights import DesfireRights
from drivers.cards.exchange import CardGoneError, Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.keys import TILL_ROLES_DEFAULT, KeySet, key_set
from drivers.cards.loyalty_application import APPLICATION, RIGHTS_FILE
from drivers.cards.prover import Prover
from firmware_sim.cards.desfire.chip import DesfireChip
from pos_engine.checkout.answers import ClosedSale, Quote
from pos_engine.checkout.card_rights import CardRightsDesk, CardRightsWindow
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.service import CheckoutService
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.offline import Offline
from pos_engine.core.rewards.amount import Amount
from pos_engine.daemon.card_side import OnEvent, with_rights_settled
from pos_engine.journal.card_rights_held import CardRightsBook
from pos_engine.journal.rights_held import HeldRights
from pos_engine.ports.card_proof import TapCounters
from pos_engine.ports.devices import CardIdentity, CardPresented
from pos_engine.rights.ids import CARD_ROOT
from pos_engine.rights.wished import Wishes
from tests.support.shop import COFFEE, FOREVER, RYE, Shop, a_set, line
from tests.support.sim_wire import UID, OneReader, SimField, sim_card
from tests.support.till import OrderedIds, an_identity
from tests.support.waiting import wait_for

KEYS = key_set(bytes(range(16)), "Bakery Ltd", 1)
TILL_KEYS = KEYS.only(TILL_ROLES_DEFAULT)
CARD_ID = f"iso14443a:{UID.hex().upper()}"
BY_CARD = Offline("card")
COUPON_MINOR, COFFEE_MINOR = 500, 50
COFFEES = 2
"""How often a member gets the coffee cheaper."""

THANKS = Campaign(
    "thanks",
    1,
    "Thanks",
    *FOREVER,
    (Offer("thanks-o", "5 € off", CouponHeld("thanks-c"), Amount(COUPON_MINOR), phase="coupon"),),
    offline=BY_CARD,
)
TWICE = Campaign(
    "twice",
    1,
    "Twice",
    *FOREVER,
    (
        Offer(
            "twice-o",
            "Coffee cheaper",
            MemberKnown(),
            Amount(COFFEE_MINOR),
            Selector(products=(COFFEE,)),
            limits=Limits(uses_per_member=COFFEES, uses_per_receipt=1),
        ),
    ),
    offline=BY_CARD,
)


class NoTaps(TapCounters):
    """No tags here."""

    @override
    def take(self, card_id: str, counter: int) -> bool:
        return True


def chip_card(kind: str = "desfire", keys: KeySet = KEYS) -> SimField:
    """A card as the desk makes them."""
    made = sim_card(kind)
    issue_card(Wire(made.exchange), UID, keys, CardOrder("17", "EUR", 50_000))
    return made


def take_memory_away(card: SimField) -> None:
    """As a card was made before cards remembered rights."""
    chip = card.card.chip
    assert isinstance(chip, DesfireChip)
    del chip.applications[APPLICATION].files[RIGHTS_FILE]


@dataclass
class CardShop(Shop):
    """A till that never has a line, with a reader that has one card or none. `keys`: None for a till without any."""

    card: SimField = field(default_factory=chip_card)
    keys: KeySet | None = TILL_KEYS
    campaigns: tuple[Campaign, ...] = (THANKS, TWICE)
    practising: bool = False

    @override
    def _furnish(self) -> None:
        super()._furnish()
        self.publish(a_set(2, *self.campaigns))
        self.give("c-1")

    @override
    def _seat(self) -> None:
        self.wishes = Wishes()
        held = HeldRights(self.journal, self.ids)
        self.till = CheckoutService(self.journal, self.replica, self.clock, self.ids, rights=(held, self.wishes))
        self.till.note_offline(offline=True)
        self.till.refresh()
        self.reader = OneReader(self.card)
        self.on_event: OnEvent = self.till.reader_event
        self.prover: Prover | None = None
        if self.keys is None:
            return
        self.prover = Prover([self.keys], NoTaps())
        rights = DesfireRights(CardCalls(self.reader), [self.keys])
        self.desk = CardRightsDesk(rights, CardRightsBook(self.journal, self.clock), self.ids, lambda: self.practising)
        self.till.use_card_rights(self.desk)
        self.window = CardRightsWindow(self.desk, self.till.business_day, self.till.note_card_memory)
        self.on_event = with_rights_settled(self.window, self.till.reader_event)

    def give(self, coupon_id: str, **fields: object) -> None:
        """A coupon of 5.00 on Anna's card."""
        self.hold_coupon(coupon_id, "anna", series_id="thanks-c", campaign_id="thanks", **fields)

    def hold(self) -> None:
        """Anna holds her card to the reader."""
        self.card.put_down()
        seen = CardIdentity("iso14443a", UID.hex().upper(), "desfire")
        proved = seen if self.prover is None else self.prover.prove(seen, self.card.exchange)
        assert isinstance(proved, CardIdentity), proved
        self.on_event("counter", CardPresented(proved))
        wait_for("what is given back", lambda: self.keys is None or not self.window.at_work)

    def ring_bread(self, sale_ref: str) -> Quote:
        return self.ring(sale_ref, line("1", RYE, 2_000))

    def buy(self, sale_ref: str, product: str = RYE, price: int = 2_000, *, hold: bool = True) -> int:
        """A sale to the end; what was taken off."""
        if hold:
            self.hold()
        quote = self.ring(sale_ref, line("1", product, price))
        self.settle(sale_ref, quote.total_due_minor)
        return quote.total_discount_minor

    def try_settle(self, sale_ref: str, minor: int) -> ClosedSale | None:
        """None: the register is told to hold the card there, or to ask for the price again."""
        try:
            return self.settle(sale_ref, minor)
        except CheckoutError as error:
            if error.code in {"card_needed", "total_differs"}:
                return None
            raise

    def units(self, right_id: str) -> int:
        """What this till's receipts used of a right on the card, those that were voided taken off."""
        found = 0
        for row in self.journal.recent_receipts(1_000):
            receipt = self.journal.receipt(row.receipt_id)
            assert receipt is not None
            found += sum(use.units for use in receipt.rights if (use.right_id, use.root) == (right_id, CARD_ROOT))
        return found

    def untold(self, right_id: str) -> int:
        """Units that this till asked the card to write down, and never learnt whether it did."""
        rows = self.journal.read(
            lambda c: c.execute("SELECT units FROM card_right_changes WHERE state = 'unclear'").fetchall()
        )
        return sum(abs(json.loads(units).get(right_id, 0)) for (units,) in rows)


def another_till(first: CardShop, folder: Path, name: str, seed: int) -> CardShop:
    """A till of the same shop, with the same customers and the same card."""
    folder.mkdir()
    made = CardShop(folder, card=first.card, ids=OrderedIds(seed), clock=first.clock, campaigns=first.campaigns)
    made.journal.save_identity(an_identity(name))
    made.journal.start_epoch(1)
    made.restart()
    return made


def remembered(card: SimField, right_id: str) -> int:
    """What the card itself says."""
    card.put_down()
    found = Prover([TILL_KEYS], NoTaps()).prove(CardIdentity("iso14443a", UID.hex().upper(), "desfire"), card.exchange)
    assert isinstance(found, CardIdentity)
    if found.memory is None:
        raise CardGoneError("this card has no memory")
    return found.memory.used(right_id)
