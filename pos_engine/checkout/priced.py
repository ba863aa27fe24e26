"""One evaluation of a sale: what it was made from and what came out, in memory and as the documents that are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec

from pos_engine.checkout.answers import CouponAnswer
from pos_engine.checkout.card_memory import CardWord
from pos_engine.checkout.cards import Holder
from pos_engine.checkout.spending import Purse
from pos_engine.core.basket import Basket
from pos_engine.core.evaluate import reasons_for
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.outcome import Outcome
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire import documents
from pos_engine.wire.sync import RightUse


class QuotedInputs(msgspec.Struct, frozen=True, kw_only=True):
    """The core's documents of a price that was told to the register: evaluated again they give the same bytes."""

    card_id: str
    basket: msgspec.Raw
    member: msgspec.Raw
    usage: msgspec.Raw
    moment: msgspec.Raw
    uses: tuple[RightUse, ...] = ()


@dataclass(frozen=True)
class Priced:
    """One evaluation: all it was made from, and what came out.

    `outcome` is without reasons: a register that waits for its price asks for none, and with a thousand campaigns they
    cost more than the price. `explained` has them, for the screen. `purse`: what the member could
    settle with at that moment; None without a member. `uses`: the rights that the price rests on. `card_word`: what the
    cashier has to know of the card, where it decides about rights.
    """

    card_id: str
    holder: Holder | None
    ruleset: Ruleset
    basket: Basket
    member: Member | None
    usage: Usage
    moment: Moment
    outcome: Outcome
    names_of: Callable[[Outcome], Mapping[str, str]]
    coupons: tuple[CouponAnswer, ...] = ()
    purse: Purse | None = None
    uses: tuple[RightUse, ...] = ()
    card_word: CardWord = ""

    @cached_property
    def explained(self) -> Outcome:
        """The outcome with a reason for every offer, made when it is first asked for."""
        reasons = reasons_for(self.ruleset, self.basket, self.member, self.usage, self.moment)
        return replace(self.outcome, reasons=reasons)

    @cached_property
    def product_names(self) -> Mapping[str, str]:
        """Names of the products that the reasons speak of."""
        return self.names_of(self.explained)

    def inputs(self) -> QuotedInputs:
        """The inputs as documents, to be evaluated again after a restart."""
        return QuotedInputs(
            card_id=self.card_id,
            basket=msgspec.Raw(documents.encode(self.basket)),
            member=msgspec.Raw(documents.encode(self.member)),
            usage=msgspec.Raw(documents.encode(self.usage)),
            moment=msgspec.Raw(documents.encode(self.moment)),
            uses=self.uses,
        )
