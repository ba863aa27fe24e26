"""Goods that come back, at the counter: the sale is found and looked at, units are chosen, the return is recorded once.

Laws: finding and looking change nothing; no sale waits while the back-office is asked; what a look was told is kept for
a moment only, and the return itself asks anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pos_engine.checkout import records, returning
from pos_engine.checkout.answers import ClosedReturn, ReceiptSummary
from pos_engine.checkout.cards import Holder, holder_of
from pos_engine.checkout.counter import Counter
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import ReturnRequest
from pos_engine.checkout.return_look import RefundLook, SaleLook, refund_look, sale_look

FOUND_MAX: Final = 20
"""Receipts that are shown; whoever looks for another one knows its number."""
TOLD_KEPT_MS: Final = 60_000
"""How long one answer of the back-office serves the looks at one receipt: units are chosen in seconds."""
_REF_PREFIX: Final = "screen-return/"
_CODE_TECHNOLOGIES: Final = ("barcode", "magstripe")


@dataclass(frozen=True)
class _LastTold:
    receipt_id: str
    told: returning.Told
    at_ms: int


class GoodsBack(Counter):
    """Thread-safe. Every refusal is a CheckoutError."""

    _told_last: _LastTold | None = None

    def find_sales(self, text: str) -> tuple[ReceiptSummary, ...]:
        """This till's sales by what somebody typed, scanned or tapped, newest first.

        A number: as on paper, of any day. A card's number: its member's. Nothing: those of the member whose card is at
        the till, else the newest.
        """
        wanted = text.strip()
        with self._lock:
            self._need()
            member_id = self._member_at_hand() if not wanted else self._member_of(wanted)
        number = int(wanted) if wanted.isascii() and wanted.isdigit() and not member_id and len(wanted) <= 9 else 0  # noqa: PLR2004 - a day never has a billion sales
        if wanted and not member_id and not number:
            return ()
        return records.sales_found(self._journal, member_id, number, FOUND_MAX)

    def look_at_sale(self, receipt_id: str) -> SaleLook:
        """What of a sale, of this till or another, can come back."""
        told = self._told(receipt_id)
        with self._lock:
            desk = self._need()
            coming = returning.coming_back(self._journal, desk, ReturnRequest("", receipt_id), told)
            return sale_look(coming, checked=told.checked)

    def look_at_refund(self, request: ReturnRequest) -> RefundLook:
        """What that return would refund, and what becomes of points; nothing is recorded."""
        told = self._told(request.receipt_id)
        with self._lock:
            desk = self._need()
            prepared = returning.prepare(self._journal, desk, request, told)
            return refund_look(prepared.coming, prepared.undone, request.refund_tender, checked=told.checked)

    def new_return_ref(self) -> str:
        """A number for a return that no register numbers: the same one asked twice is one return."""
        return f"{_REF_PREFIX}{self._ids.new_id()}"

    def take_back(self, request: ReturnRequest) -> ClosedReturn:
        """Goods of a closed sale come back, of this till or another. Durable on return; asked again, told again."""
        with self._lock:
            self._need()
            before = returning.made_before(self._journal, request.return_ref)
            if before is not None:
                return before
        # Outside the lock: no sale waits while the back-office is asked.
        training = self._surroundings.training
        told = returning.ask(self._originals, request.receipt_id)
        with self._lock:
            desk = self._need()
            if training != self._surroundings.training:
                raise CheckoutError("return_refused", "Training began or ended meanwhile. Take the goods back again.")
            before = returning.made_before(self._journal, request.return_ref)
            if before is not None:
                return before
            closed = returning.take_back(self._journal, desk, request, told, self._offline_returns_minor)
            self._told_last = None
            self._surroundings = replace(self._surroundings, scanned_receipt="")
            self._say(desk, "info", "checkout.goods_returned", refund=desk.money(closed.refund_minor))
        self._publish()
        return closed

    def _told(self, receipt_id: str) -> returning.Told:
        now_ms = self._clock.monotonic_ms()
        with self._lock:
            last = self._told_last
        if last is not None and last.receipt_id == receipt_id and now_ms - last.at_ms < TOLD_KEPT_MS:
            return last.told
        told = returning.ask(self._originals, receipt_id)
        with self._lock:
            self._told_last = _LastTold(receipt_id, told, now_ms)
        return told

    def _member_of(self, text: str) -> str:
        """Whose card has this number; empty: nobody's. A card that is blocked still tells whose sales it made."""
        for card_id in (text, *(f"{technology}:{text}" for technology in _CODE_TECHNOLOGIES)):
            card = self._replica.card(card_id)
            if card is not None:
                return card.member_id
        return ""

    def _member_at_hand(self) -> str:
        holder = self._holder_at_hand()
        return "" if holder is None else holder.body.member_id

    def _holder_at_hand(self) -> Holder | None:
        """Whose card is at the till: of the sale in front, else the one that waits for a sale."""
        front = self._shelf.front()
        for card_id in () if front is None else front.cards:
            holder = holder_of(self._replica, card_id)
            if isinstance(holder, Holder):
                return holder
        return self._readers.room.look().holder
