"""Not this customer: the card that waits goes, or the customer is taken off the sale in front.

Laws: what waited goes with its customer, coupons too. Of the coupons scanned for a sale those bound to the customer
go, the others were laid down by whoever stands there, and stay. What a register named only the register takes off. The
sale closes at the price without the customer, so nobody's points rest on who had left, and rights that only the old
price rested on are free again at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pos_engine import words
from pos_engine.checkout.answers import Message
from pos_engine.checkout.cards import Holder
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.machine import allows
from pos_engine.checkout.phrases import say
from pos_engine.checkout.readers import changed, greeting
from pos_engine.checkout.sale import Sale
from pos_engine.checkout.taps import Waiting


@dataclass(frozen=True)
class Gone:
    """`card_id`: whose card went. `sale`: without its customer, to be told anew; None: only what waited is gone."""

    message: Message
    card_id: str = ""
    sale: Sale | None = None


@dataclass(frozen=True)
class _TakenOff:
    """`after`: who counts now, because the register named another customer."""

    before: Holder
    after: Holder | None
    sale: Sale


def can_be_taken_off(desk: Desk, sale: Sale) -> bool:
    """Whether the customer of a sale can be taken off it at the till."""
    return _taken_off(desk, sale) is not None


def send_away(desk: Desk, front: Sale | None, waiting: Waiting) -> Gone:
    """Decide who goes. CheckoutError member_unknown: nobody is there; card_of_register: the register named the card."""
    off = None if front is None else _taken_off(desk, front)
    if off is not None:
        message = greeting(desk, "checkout.card_off_sale", off.before)
        message = message if off.after is None else changed(desk, off.after, off.before)
        return Gone(message, off.before.card_id, off.sale)
    if waiting.holder is not None:
        return Gone(greeting(desk, "checkout.card_sent_away", waiting.holder), waiting.holder.card_id)
    if waiting.codes:
        return Gone(say(desk.language, "info", "checkout.coupon_sent_away"))
    if front is not None and front.register_card_id and isinstance(desk.holder(front), Holder):
        raise CheckoutError("card_of_register", words.text("checkout.card_of_register", desk.language))
    raise CheckoutError("member_unknown", words.text("find.nobody_at_hand", desk.language))


def _taken_off(desk: Desk, sale: Sale) -> _TakenOff | None:
    """None: no reader read the customer's card, the sale is settled, or the register names the same customer."""
    before = desk.holder(sale)
    if not isinstance(before, Holder) or not sale.card_id or not allows(sale.state, "card"):
        return None
    codes = desk.coupons.without_those_of(before.body.member_id, sale.scanned_codes)
    bare = replace(sale, card_id="", outvoted_card_id="", scanned_codes=codes, points_wanted=0, changed_at=desk.now())
    after = desk.holder(bare)
    if not isinstance(after, Holder):
        return _TakenOff(before, None, bare)
    return None if after.body.member_id == before.body.member_id else _TakenOff(before, after, bare)
