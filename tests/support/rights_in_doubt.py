"""Counters with a card reader, one simulated DESFire card that is pulled at the commit, and the office that decides."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from backoffice.audit.services import Doing
from backoffice.card_moves.decisions import MoveKey
from backoffice.card_moves.right_decisions import decide_right
from backoffice.db import run_in_tx
from backoffice.sync_api.models import CardRight
from drivers.cards.calls import CardCalls
from drivers.cards.card_rights import DesfireRights
from drivers.cards.prover import Prover
from pos_engine.checkout.card_rights import CardRightsDesk, CardRightsWindow
from pos_engine.checkout.errors import CheckoutError
from pos_engine.daemon.card_side import OnEvent, with_rights_settled
from pos_engine.journal.card_rights import ChangeRow
from pos_engine.journal.card_rights_held import CardRightsBook
from pos_engine.ports.devices import CardIdentity, CardPresented
from tests.support.card_shop import CARD_ID, TILL_KEYS, NoTaps
from tests.support.rights_bench import FACE_MINOR, Counter, Shop
from tests.support.sim_wire import UID, OneReader, SimField
from tests.support.waiting import wait_for

LONG_ENOUGH = timedelta(minutes=2)


class CardCounter:
    """A counter whose reader knows the card."""

    def __init__(self, counter: Counter, card: SimField) -> None:
        self.counter, self.card = counter, card
        self.seat()

    def seat(self) -> None:
        """With the till's journal as it is now."""
        till, checkout = self.counter.till, self.counter.checkout
        self.reader = OneReader(self.card)
        self.book = CardRightsBook(till.journal, till.clock)
        desk = CardRightsDesk(DesfireRights(CardCalls(self.reader), [TILL_KEYS]), self.book, till.ids)
        checkout.use_card_rights(desk)
        self.window = CardRightsWindow(desk, checkout.business_day, checkout.note_card_memory)
        self.on_event: OnEvent = with_rights_settled(self.window, checkout.reader_event)

    def kill(self) -> None:
        """The program is killed and comes back."""
        self.counter.restart(properly=False)
        self.seat()

    def hold(self) -> None:
        """The card lies on this counter's reader."""
        self.card.put_down()
        seen = CardIdentity("iso14443a", UID.hex().upper(), "desfire")
        proved = Prover([TILL_KEYS], NoTaps()).prove(seen, self.card.exchange)
        assert isinstance(proved, CardIdentity)
        self.on_event("counter", CardPresented(proved))
        wait_for("what is given back", lambda: not self.window.at_work)

    def buy(self, sale_ref: str) -> int:
        """A sale with the card there; what its coupon took off."""
        self.sync()
        self.hold()
        return self.counter.sell(sale_ref)

    def pull(self, sale_ref: str, commands: int, *, written: bool) -> None:
        """The card goes with the commit, before or after it was carried out, and its holder with it."""
        self.hold()
        quote = self.counter.ring(sale_ref)
        assert quote.total_discount_minor == FACE_MINOR
        self.reader.pulls = [(commands, written)]
        try:
            self.counter.pay(sale_ref, quote.total_due_minor)
        except CheckoutError as error:
            assert error.code == "card_needed", error.code  # noqa: PT017 - anything else is a fault of the test
            return
        raise AssertionError("the sale closed without its card")

    def sync(self) -> None:
        self.counter.till.sync_until_quiet()

    def row(self, sale_ref: str) -> ChangeRow:
        """The newest change of a sale, as the journal has it."""
        rows = self.book.news(self.ids())
        return [row for row in rows if row.reference == sale_ref][-1]

    def ids(self) -> list[str]:
        journal = self.counter.till.journal
        return journal.read(lambda c: [row[0] for row in c.execute("SELECT change_id FROM card_right_changes")])


def told(shop: Shop) -> list[CardRight]:
    """What the office knows."""
    with shop.office.database.read() as session:
        return list(session.scalars(select(CardRight).order_by(CardRight.begun_at)))


def decide(shop: Shop, decision: str, note: str = "He told us") -> None:
    """A person decides the only one that is there. InputError."""
    (row,) = told(shop)
    doing = Doing(shop.office.organisation_id, "anna", shop.office.clock, shop.office.ids)
    key = MoveKey(row.workstation_id, row.change_id)
    run_in_tx(shop.office.database.write, lambda tx: decide_right(tx, doing, key, decision, note))


__all__ = ["CARD_ID", "LONG_ENOUGH", "CardCounter", "decide", "told"]
