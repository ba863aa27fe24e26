"""The checkout of one till: several sales at once, cards before or after the goods, closed exactly once.

Laws: only this class changes sales, one step at a time; what a register was told is kept before it is told (a failing
disk is the one exception: the sale goes on and the cashier is told); a reader never stops a sale.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import structlog

from pos_engine import words
from pos_engine.checkout import records, returning
from pos_engine.checkout.accounts import Reach
from pos_engine.checkout.answers import ClosedReturn, ClosedSale, Quote, ReceiptSummary, SaleStatus, Severity
from pos_engine.checkout.at_hand import AtHand
from pos_engine.checkout.card_value import CardPayError, CardValueDesk, check_tenders
from pos_engine.checkout.card_window import CardNews
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.originals import NobodyToAsk, Originals
from pos_engine.checkout.phrases import say
from pos_engine.checkout.picture import Surroundings, blank, picture
from pos_engine.checkout.pricing import check_lines
from pos_engine.checkout.quoting import quote_of
from pos_engine.checkout.readers import ReaderDesk, greeting
from pos_engine.checkout.requests import ALL_POINTS, CommitRequest, QuoteRequest, ReturnRequest
from pos_engine.checkout.sale import Sale
from pos_engine.checkout.screen import DeviceNote, ScreenState
from pos_engine.checkout.shelf import Shelf
from pos_engine.checkout.tap_trust import TapTrust
from pos_engine.checkout.taps import Waiting
from pos_engine.checkout.teller import Teller
from pos_engine.core.outcome import POINTS_DISCOUNT
from pos_engine.journal.journal import Journal
from pos_engine.journal.prints import PrintJob
from pos_engine.journal.replica import Replica
from pos_engine.journal.rights_held import HeldRights
from pos_engine.ports.clock import Clock, Ids
from pos_engine.ports.devices import ReaderEvent
from pos_engine.ports.document import Document
from pos_engine.rights.wished import Wishes

_LOG = structlog.get_logger(__name__)

RECENT_MAX = 100
"""Receipts that can be looked at and printed again from the screen."""

Listener = Callable[[], None]


class CheckoutService:
    """Thread-safe; the only writer of sales. Every refusal is a CheckoutError; a failing disk is a JournalError."""

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
        self._lock = threading.RLock()
        self._desk: Desk | None = None
        self._shelf = Shelf(journal)
        self._teller = Teller(journal, self._shelf, ids)
        self._trust = trust or TapTrust()
        self._card_value: CardValueDesk | None = None
        self._originals: Originals = NobodyToAsk()
        self._offline_returns_minor = 0
        self._readers = ReaderDesk(clock, replica, self._trust)
        self._surroundings = Surroundings()
        self._reach = Reach()
        self._version = 0
        self._listeners: list[Listener] = []
        with self._lock:
            self._seat()

    # -- what a register asks -----------------------------------------------------------------------------------

    def quote(self, request: QuoteRequest) -> Quote:
        """Price the whole basket. Repeatable; opens the sale, brings it to the front, takes a waiting card along."""
        with self._lock:
            desk = self._need()
            check_lines(request.lines)
            self._shelf.refuse_finished(request.sale_ref)
            sale = self._shelf.get(request.sale_ref) or desk.begin(request.sale_ref)
            priced_next = sale.moved("basket")
            # A sale that is over for its customer must not take the card of the one who stands there now.
            over = request.at_register_price
            waiting = Waiting() if over else self._readers.room.take(has_card=bool(sale.card_id))
            card_id = sale.card_id if waiting.holder is None else waiting.holder.card_id
            if waiting.holder is not None:
                priced_next = sale.moved("card").moved("basket")
            sale = replace(
                priced_next,
                parked=False,
                operator=request.operator,
                channel=request.channel,
                lines=request.lines,
                card_id=card_id,
                register_card_id=request.card_id,
                register_codes=request.coupon_codes,
                scanned_codes=tuple(dict.fromkeys(sale.scanned_codes + waiting.codes)),
                chosen_products=dict(request.chosen_products),
                at_register_price=request.at_register_price,
                points_wanted=sale.points_wanted if request.points is None else request.points,
                tender=request.tender,
                changed_at=desk.now(),
            )
            quote = self._teller.tell(desk, sale)
            if not over:
                self._teller.last = None
                self._teller.message = quote.messages[0] if quote.messages else None
                if self._teller.message is None and waiting.holder is not None:
                    self._teller.message = greeting(desk, "checkout.card_read", waiting.holder)
                self._shelf.bring_to_front(request.sale_ref)
        self._publish()
        return quote

    def commit(self, request: CommitRequest) -> ClosedSale:
        """Close the sale at the price the register was told. Durable on return; asked again, it is told again."""
        try:
            with self._lock:
                desk = self._need()
                sale = self._unfinished(request.sale_ref)
                if sale is None:
                    return records.closed_before(self._journal, request)
                self._check_card_value(desk, request)
                return self._teller.close(desk, sale, request)
        finally:
            self._publish()

    def void(self, sale_ref: str, operator: str) -> None:
        """Give up an open sale, or undo a closed one with a receipt that mirrors it. Twice is once."""
        with self._lock:
            desk = self._need()
            sale = self._unfinished(sale_ref)
            if sale is None:
                records.void_closed(self._journal, desk, sale_ref, operator)
            else:
                voided = replace(sale.moved("void"), changed_at=desk.now())
                records.record_given_up(self._journal, desk, voided, operator)
                self._shelf.drop(sale_ref)
            if self._teller.last is not None and self._teller.last.closed.sale_ref == sale_ref:
                self._teller.last = None
            self._say(desk, "warning", "checkout.sale_voided")
        self._publish()

    def take_back(self, request: ReturnRequest) -> ClosedReturn:
        """Goods of a closed sale come back, of this till or another. Durable on return; asked again, told again."""
        with self._lock:
            self._need()
            before = returning.made_before(self._journal, request.return_ref)
            if before is not None:
                return before
        # Outside the lock: no sale waits while the back-office is asked.
        told = returning.ask(self._originals, request.receipt_id)
        with self._lock:
            desk = self._need()
            before = returning.made_before(self._journal, request.return_ref)
            if before is not None:
                return before
            closed = returning.take_back(self._journal, desk, request, told, self._offline_returns_minor)
            self._say(desk, "info", "checkout.goods_returned", refund=desk.money(closed.refund_minor))
        self._publish()
        return closed

    def status(self, sale_ref: str) -> SaleStatus:
        """What is known of a sale: the price last told while it is open, the closed sale afterwards."""
        with self._lock:
            desk = self._need()
            sale = self._unfinished(sale_ref)
            if sale is None or sale.told is None:
                return records.status_of(self._journal, sale_ref)
            rules = desk.rules_of(sale) or desk.rules.current()
            quote = quote_of(sale, sale.told, rules, desk.language)
            return SaleStatus(sale_ref, "parked" if sale.parked else "open", quote=quote)

    def park(self, sale_ref: str) -> None:
        """Put an open sale aside; the next card belongs to the next sale."""
        with self._lock:
            desk = self._need()
            sale = self._shelf.need(sale_ref)
            self._teller.keep(desk, replace(sale, parked=True, changed_at=desk.now()))
            self._shelf.leave_front(sale_ref)
            self._say(desk, "info", "checkout.sale_parked")
        self._publish()

    def resume(self, sale_ref: str) -> Quote:
        """Bring a sale back to the front, at the price it was told before."""
        with self._lock:
            desk = self._need()
            sale = replace(self._shelf.need(sale_ref), parked=False, changed_at=desk.now())
            self._teller.keep(desk, sale)
            self._shelf.bring_to_front(sale_ref)
            self._teller.last = None
            self._teller.message = None
            quote = self._teller.told(desk, sale)
        self._publish()
        return quote

    def decline(self, sale_ref: str, offer_id: str) -> Quote:
        """Take an offer off this sale. The register is told with its next quote."""
        return self._choose(sale_ref, offer_id, declined=True)

    def accept(self, sale_ref: str, offer_id: str) -> Quote:
        """Put a declined offer back."""
        return self._choose(sale_ref, offer_id, declined=False)

    # -- what readers see ---------------------------------------------------------------------------------------

    def reader_event(self, reader: str, event: ReaderEvent) -> None:
        """Something was held to a reader. Never raises for what a customer may do; `reader` names it in the log."""
        # The log never says whose card it was.
        _LOG.info("reader_event", reader=reader, kind=type(event).__name__)
        with self._lock:
            desk = self._seat()
            if desk is None:
                return
            seen = self._readers.handle(desk, self._shelf.front(), event)
            if seen.sale is not None:
                self._teller.show(desk, seen.sale)
            if seen.message is not None:
                self._teller.message = seen.message
        self._publish()

    # -- receipts -----------------------------------------------------------------------------------------------

    def reprint(self, receipt_id: str, operator: str) -> None:
        """Print a receipt and its coupons again: marked COPY, the coupons without any code. On record."""
        with self._lock:
            desk = self._need()
            number = records.reprint(self._journal, self._replica, desk, receipt_id, operator)
            self._say(desk, "info", "checkout.reprint", number=number)
        self._publish()

    def receipt_text(self, receipt_id: str, width: int = 42) -> str:
        """A receipt as plain text, to look at. CheckoutError receipt_unknown."""
        with self._lock:
            return records.receipt_text(self._journal, self._replica, self._need(), receipt_id, width)

    def recent_receipts(self, limit: int = RECENT_MAX) -> tuple[ReceiptSummary, ...]:
        """The newest receipts first."""
        with self._lock:
            self._need()
        return records.recent(self._journal, min(limit, RECENT_MAX))

    def paper(self, job: PrintJob) -> Document:
        """A printout of this till as it goes to the printer, with what the customer could have had."""
        with self._lock:
            desk = self._need()
        # Outside the lock: no register waits for the reasons of a receipt that is being printed.
        return records.complete(self._journal, self._replica, desk, job)

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

    def note_card_news(self, news: CardNews) -> None:
        """What came of value on a card, for the screen."""
        with self._lock:
            self._surroundings = replace(self._surroundings, card_value=True, card_doubts=news.doubts)
            if news.message is not None:
                self._teller.message = news.message
        self._publish()

    def confirm_holder(self, card_id: str) -> None:
        """The holder of a card gave a second factor; it counts until the card's next tap."""
        with self._lock:
            self._trust.confirm(card_id)

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

    def screen(self) -> ScreenState:
        """What the cashier sees now."""
        with self._lock:
            self._surroundings = replace(self._surroundings, outbox_count=self._journal.outbox_count())
            desk = self._seat()
            if desk is None:
                return blank(self._version, self._surroundings)
            draw = partial(
                picture,
                self._version,
                desk,
                self._shelf.front(),
                self._shelf.all(),
                self._readers.room.look(),
                self._teller.last,
                self._teller.alarm or self._teller.message,
                self._surroundings,
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

    def _seat(self) -> Desk | None:
        """Sit down at the desk once the till belongs to a shop: a staged set is taken over, open sales come back."""
        if self._desk is None:
            till = self._journal.identity()
            if till is not None:
                self._desk = Desk(
                    self._journal, self._replica, self._clock, till, self._reach, self._trust, self._at_hand
                )
                self._desk.rules.refresh()
                self._shelf.restore(self._desk)
        return self._desk

    def _need(self) -> Desk:
        desk = self._seat()
        if desk is None:
            text = "This till belongs to no shop yet. Run: pos-engine enrol --url … --code …"
            raise CheckoutError("not_enrolled", text)
        return desk

    def _unfinished(self, sale_ref: str) -> Sale | None:
        """A sale that is not finished. One in doubt is finished when the disk recorded it after all, only too late."""
        sale = self._shelf.get(sale_ref)
        if sale is not None and sale.state == "tendered" and records.is_closed(self._journal, sale_ref):
            self._shelf.drop(sale_ref)
            return None
        return sale

    def use_points(self, sale_ref: str, points: int) -> Quote:
        """Use points as a discount: at most so many, whole steps only; 0 uses none. The next quote tells the register.

        CheckoutError tender_refused: none can be used, and why.
        """
        with self._lock:
            desk = self._need()
            sale = replace(self._shelf.need(sale_ref).moved("choice"), points_wanted=max(0, points))
            self._teller.refuse_points(desk, sale)
            quote = self._teller.show(desk, sale)
            self._say(desk, "info", "checkout.quote_again")
        self._publish()
        return quote

    def _check_card_value(self, desk: Desk, request: CommitRequest) -> None:
        """CheckoutError tender_refused: the register settles with value of a card that no card has given."""
        try:
            check_tenders(self._card_value, request)
        except CardPayError as error:
            raise CheckoutError("tender_refused", words.text(f"card_value.{error.code}", desk.language)) from error

    def _choose(self, sale_ref: str, offer_id: str, *, declined: bool) -> Quote:
        if offer_id == POINTS_DISCOUNT:
            return self.use_points(sale_ref, 0 if declined else ALL_POINTS)
        with self._lock:
            desk = self._need()
            sale = self._shelf.need(sale_ref).moved("choice")
            rules = desk.rules_of(sale) or desk.rules.current()
            if all(offer_id != known for _, known in rules.offers):
                raise CheckoutError("offer_unknown", f"Offer {offer_id!r} is not among the offers of this sale.")
            others = tuple(known for known in sale.declined if known != offer_id)
            quote = self._teller.show(desk, replace(sale, declined=(*others, offer_id) if declined else others))
            self._say(desk, "info", "checkout.quote_again")
        self._publish()
        return quote

    def _say(self, desk: Desk, severity: Severity, phrase: str, **params: int | str) -> None:
        self._teller.message = say(desk.language, severity, phrase, **params)

    def _publish(self) -> None:
        """Tell the listeners that there is a new picture, outside the lock."""
        with self._lock:
            self._version += 1
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()
