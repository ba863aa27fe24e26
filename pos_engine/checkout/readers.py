"""What a card or code held to a reader means for the sale in front, in one clear sentence to the cashier (T11).

Laws: a card taken away keeps its meaning; a card that does not count changes nothing; of two cards the later one
counts, and the cashier is told so; after the tender a card belongs to the next sale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pos_engine import words
from pos_engine.checkout.answers import Message
from pos_engine.checkout.cards import Holder, holder_of
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.machine import allows
from pos_engine.checkout.originals import is_receipt_id
from pos_engine.checkout.phrases import say
from pos_engine.checkout.sale import Sale
from pos_engine.checkout.tap_trust import TapTrust
from pos_engine.checkout.taps import CODES_MAX, WaitingRoom
from pos_engine.journal.replica import Replica
from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import CardPresented, CardRefused, CardRemoved, CodeScanned, ReaderEvent

_FAULT_WORDS = {"card_replaced": "checkout.card_replaced", "card_often": "checkout.card_often"}
"""Faults whose sentence stands in the checkout's own part of the catalogue; all others are said under their code."""

CODE_SHOWN_MAX = 40
"""Characters of an unknown code on the screen."""


@dataclass(frozen=True)
class Seen:
    """What an event did: the sale with its new card or coupon (to be priced again), and what to tell the cashier."""

    sale: Sale | None = None
    message: Message | None = None


class ReaderDesk:
    """Guarded by the service's lock."""

    def __init__(self, clock: Clock, replica: Replica, trust: TapTrust) -> None:
        self._replica = replica
        self._trust = trust
        self.room = WaitingRoom(clock)

    def handle(self, desk: Desk, front: Sale | None, event: ReaderEvent) -> Seen:
        """Decide about one event. `front`: the sale the register works on now."""
        match event:
            case CardPresented():
                self._trust.note(event.card)
                return self._card(desk, front, event.card.card_id)
            case CardRefused():
                return self._refused(desk, front, event.trouble.value)
            case CodeScanned():
                return self._code(desk, front, event)
            case CardRemoved():
                return Seen()

    def _refused(self, desk: Desk, front: Sale | None, code: str) -> Seen:
        message = trouble(desk, code)
        if front is None or not allows(front.state, "card"):
            return Seen(message=message)
        return Seen(replace(front, notice=message), message)

    def _card(self, desk: Desk, front: Sale | None, card_id: str) -> Seen:
        holder: Holder | str = "card_untrusted"
        if self._trust.counts(card_id):
            holder = holder_of(self._replica, card_id)
        if isinstance(holder, Holder) and desk.is_too_often(holder):
            holder = "card_often"
        if not isinstance(holder, Holder):
            return self._refused(desk, front, holder)
        if front is None or not allows(front.state, "card"):
            return self._wait(desk, front, holder)
        before = desk.holder(front)
        # A card at the till's own reader is the later one: it counts before what the register read.
        sale = replace(front.moved("card"), card_id=card_id, outvoted_card_id=front.register_card_id)
        if isinstance(before, Holder) and before.body.member_id != holder.body.member_id:
            return Seen(sale, changed(desk, holder, before))
        told = front.told
        counts = told is not None and told.member is not None and told.member.member_id == holder.body.member_id
        # A card that was only named before says now what it remembers.
        counts = counts and told is not None and told.card_word in {"", "stay"}
        return Seen(sale, greeting(desk, f"checkout.{'card_read' if counts else 'card_read_quote_again'}", holder))

    def _wait(self, desk: Desk, front: Sale | None, holder: Holder) -> Seen:
        before = self.room.card(holder)
        if front is not None:
            return Seen(message=greeting(desk, "checkout.card_after_tender", holder))
        if before is not None and before.body.member_id != holder.body.member_id:
            return Seen(message=changed(desk, holder, before))
        return Seen(message=greeting(desk, "checkout.card_waiting", holder))

    def _code(self, desk: Desk, front: Sale | None, event: CodeScanned) -> Seen:
        for text in event.names:
            if desk.coupons.is_coupon(text):
                return self._coupon(desk, front, text)
            for technology in ("barcode", "magstripe"):
                if self._replica.card(f"{technology}:{text}") is not None:
                    return self._card(desk, front, f"{technology}:{text}")
        if is_receipt_id(event.text.strip()):
            return Seen(message=say(desk.language, "info", "checkout.receipt_scanned", receipt=event.text.strip()))
        sentence = words.text("checkout.code_unknown", desk.language, read=event.text.strip()[:CODE_SHOWN_MAX])
        return Seen(message=Message("code_unknown", "warning", sentence))

    def _coupon(self, desk: Desk, front: Sale | None, text: str) -> Seen:
        if front is None or not allows(front.state, "choice"):
            self.room.code(text)
            return Seen(message=say(desk.language, "info", "checkout.coupon_waiting"))
        codes = (*(c for c in front.scanned_codes if c != text), text)[-CODES_MAX:]
        sale = replace(front.moved("choice"), scanned_codes=codes)
        member = desk.holder(sale)
        member_id = member.body.member_id if isinstance(member, Holder) else ""
        rules = desk.rules_of(sale) or desk.rules.current()
        answer = desk.coupons.hand_over([text], member_id, desk.today(rules), desk.language).answers[0]
        return Seen(sale, Message(f"coupon_{answer.reason}", "good" if answer.accepted else "warning", answer.text))


def trouble(desk: Desk, code: str) -> Message:
    """Why a card does not count."""
    return say(desk.language, "warning", _FAULT_WORDS.get(code, code))


def greeting(desk: Desk, phrase: str, holder: Holder) -> Message:
    """A card that counts."""
    return say(desk.language, "good", phrase, name=_name(desk, holder))


def changed(desk: Desk, holder: Holder, before: Holder) -> Message:
    """Another customer counts now."""
    return say(desk.language, "warning", "checkout.card_changed", name=_name(desk, holder), before=_name(desk, before))


def _name(desk: Desk, holder: Holder) -> str:
    return holder.body.display_name or words.text("checkout.member_unnamed", desk.language)
