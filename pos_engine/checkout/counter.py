"""The counter around the sales of one till: its desk, the rules in force, the screen and who watches it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

from pos_engine.checkout.accounts import Reach
from pos_engine.checkout.answers import Severity
from pos_engine.checkout.at_hand import AtHand
from pos_engine.checkout.card_rights import CardRightsDesk
from pos_engine.checkout.card_value import CardValueDesk
from pos_engine.checkout.card_window import CardNews
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.originals import NobodyToAsk, Originals
from pos_engine.checkout.phrases import say
from pos_engine.checkout.picture import Surroundings, blank, holder_in, picture
from pos_engine.checkout.readers import ReaderDesk
from pos_engine.checkout.screen import DeviceNote, ScreenState
from pos_engine.checkout.shelf import Shelf
from pos_engine.checkout.tap_trust import TapTrust
from pos_engine.checkout.teller import Teller
from pos_engine.core.card_trust import Right
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.journal.rights_held import HeldRights
from pos_engine.ports.card_rights import CardMemory
from pos_engine.ports.clock import Clock, Ids
from pos_engine.rights.wished import Wishes

Listener = Callable[[], None]


class Counter:
    """Thread-safe: whoever comes here waits for the sale at hand, and draws or reads outside of it."""

    def __init__(
        self,
        journal: Journal,
        replica: Replica,
        clock: Clock,
        ids: Ids,
        trust: TapTrust | None = None,
        rights: tuple[HeldRights, Wishes] | None = None,
    ) -> None:
        """`trust`: what cards may do here; None: the table as it is.

        `rights`: what this till holds, and where its sales wish for more; None: nobody fetches any.
        """
        held, wishes = rights or (HeldRights(journal, ids), Wishes())
        self._at_hand = AtHand(held, wishes)
        self._journal = journal
        self._replica = replica
        self._clock = clock
        self._ids = ids
        self._lock = threading.RLock()
        self._desk: Desk | None = None
        self._shelf = Shelf(journal)
        self._teller = Teller(journal, self._shelf, ids)
        self._trust = trust or TapTrust()
        self._card_value: CardValueDesk | None = None
        self._card_rights: CardRightsDesk | None = None
        self._originals: Originals = NobodyToAsk()
        self._offline_returns_minor = 0
        self._readers = ReaderDesk(clock, replica, self._trust)
        self._surroundings = Surroundings()
        self._reach = Reach()
        self._version = 0
        self._listeners: list[Listener] = []
        with self._lock:
            self._seat()

    # -- rules and screen ---------------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Take over a staged campaign set for new sales; True when it changed. Open sales keep theirs."""
        with self._lock:
            desk = self._seat()
            if desk is None:
                return False
        # Outside the lock: no sale waits until a new set is read and indexed.
        changed = desk.rules.refresh()
        self._publish()
        return changed

    def look_again(self) -> None:
        """Rights arrived that sales wished for: the sale in front is shown with them, the next quote has them."""
        with self._lock:
            desk, sale = self._desk, self._shelf.front()
            if desk is not None and sale is not None and sale.told is not None:
                self._teller.show(desk, sale)
        self._publish()

    def active_set_version(self) -> int:
        """The set new sales begin with; 0: none."""
        with self._lock:
            return 0 if self._desk is None else self._desk.rules.current().set_version

    def inactive_campaigns(self) -> dict[str, str]:
        """Campaigns of the active set that this till cannot use, with the reason's code."""
        with self._lock:
            return {} if self._desk is None else dict(self._desk.rules.current().inactive)

    def is_coupon(self, text: str) -> bool:
        """Whether a code that a register read is a coupon rather than a card."""
        with self._lock:
            return self._need().coupons.is_coupon(text)

    def use_originals(self, originals: Originals, offline_returns_minor: int) -> None:
        """Ask here about receipts that goods come back from; the bound is for all returns that wait unconfirmed."""
        with self._lock:
            self._originals = originals
            self._offline_returns_minor = offline_returns_minor

    def use_card_value(self, desk: CardValueDesk) -> None:
        """Value on cards can be taken from now on; sales settled with it are held against what cards gave."""
        with self._lock:
            self._card_value = desk

    def use_card_rights(self, desk: CardRightsDesk) -> None:
        """Cards that remember rights can be written onto from now on."""
        with self._lock:
            self._card_rights = self._teller.card_rights = desk
            if self._desk is not None:
                self._desk.pricing.cards.book = desk.book

    def note_card_memory(self, card_id: str, memory: CardMemory) -> None:
        """What a card remembers now; the sale in front is shown with it, the next quote has it."""
        with self._lock:
            self._trust.remember(card_id, memory)
        self.look_again()
        self._publish()

    def business_day(self) -> date:
        """The store's own date now."""
        with self._lock:
            desk = self._need()
            return desk.today(desk.rules.current())

    def note_card_news(self, news: CardNews) -> None:
        """What came of value on a card, for the screen."""
        with self._lock:
            self._surroundings = replace(self._surroundings, card_value=True, card_doubts=news.doubts)
            if news.message is not None:
                self._teller.message = news.message
        self._publish()

    def card_with_key(self) -> str:
        """The card that proved its key last; empty: none."""
        with self._lock:
            return self._trust.last_with_key

    def note_devices(self, devices: tuple[DeviceNote, ...]) -> None:
        """The devices' state, for the screen."""
        with self._lock:
            changed = devices != self._surroundings.devices
            self._surroundings = replace(self._surroundings, devices=devices)
        if changed:
            self._publish()

    def note_offline(self, offline: bool) -> None:
        """Whether the back-office was reached lately: for the screen, and for what may be used up meanwhile."""
        with self._lock:
            self._surroundings = replace(self._surroundings, offline=offline)
            self._reach.on_line = not offline
        self._publish()

    def answers_within(self, wait_s: float) -> bool:
        """Whether a register could be turned to within that time: nobody holds the sale at hand for longer."""
        if not self._lock.acquire(timeout=wait_s):
            return False
        self._lock.release()
        return True

    def screen(self) -> ScreenState:
        """What the cashier sees now."""
        with self._lock:
            self._surroundings = replace(self._surroundings, outbox_count=self._journal.outbox_count())
            desk = self._seat()
            if desk is None:
                return blank(self._version, self._surroundings)
            front, waiting = self._shelf.front(), self._readers.room.look()
            holder = holder_in(front, waiting)
            draw = partial(
                picture,
                self._version,
                desk,
                front,
                self._shelf.all(),
                waiting,
                self._teller.last,
                self._teller.alarm or self._teller.message,
                replace(
                    self._surroundings,
                    asks_factor=holder is not None and self._trust.asks_factor(holder.card_id, self._spending()),
                ),
            )
        # Outside the lock: nothing of this changes any more, and no register waits for a thousand reasons in words.
        return draw()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call the listener after every change, from the thread that caused it; the result ends that.

        The listener looks at `screen` when it wants to, best from a thread of its own: a register waits meanwhile.
        """
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    # -- inside -------------------------------------------------------------------------------------------------

    def _spending(self) -> Right:
        """The right that using up points and value is now."""
        return "spend_on_line" if self._reach.on_line else "spend_off_line"

    def _seat(self) -> Desk | None:
        """Sit down at the desk once the till belongs to a shop: a staged set is taken over, open sales come back."""
        if self._desk is None:
            till = self._journal.identity()
            if till is not None:
                self._desk = Desk(
                    self._journal, self._replica, self._clock, till, self._reach, self._trust, self._at_hand
                )
                if self._card_rights is not None:
                    self._desk.pricing.cards.book = self._card_rights.book
                self._desk.rules.refresh()
                self._shelf.restore(self._desk)
        return self._desk

    def _need(self) -> Desk:
        desk = self._seat()
        if desk is None:
            text = "This till belongs to no shop yet. Run: pos-engine enrol --url … --code …"
            raise CheckoutError("not_enrolled", text)
        return desk

    def _say(self, desk: Desk, severity: Severity, phrase: str, **params: int | str) -> None:
        self._teller.message = say(desk.language, severity, phrase, **params)

    def _publish(self) -> None:
        """Tell the listeners that there is a new picture, outside the lock."""
        with self._lock:
            self._version += 1
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()
