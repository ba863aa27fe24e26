"""One sale in memory, and the document that brings it back after the till was killed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

import msgspec

from pos_engine.checkout.answers import Message, SaleState
from pos_engine.checkout.machine import SaleEvent, after
from pos_engine.checkout.priced import Priced, QuotedInputs
from pos_engine.checkout.requests import RegisterLine
from pos_engine.journal.sales import SaleRow
from pos_engine.wire.card_came import CardCame


class MemberCame(msgspec.Struct, frozen=True):
    """Since when a sale has its member, and how many lines it had before."""

    member_id: str
    after_lines: int
    at: datetime


class SaleDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal keeps of an open sale. Fields are only appended, with defaults."""

    lines: tuple[RegisterLine, ...]
    operator: str
    channel: str
    card_id: str
    register_card_id: str
    outvoted_card_id: str
    register_codes: tuple[str, ...]
    scanned_codes: tuple[str, ...]
    declined: tuple[str, ...]
    chosen_products: Mapping[str, str]
    told: QuotedInputs | None = None
    at_register_price: bool = False
    points_wanted: int = 0
    tender: str = ""
    member_came: MemberCame | None = None


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(SaleDocument)


@dataclass(frozen=True)
class Sale:
    """A sale as it is now. `told`: the price the register was given. `shown`: the price with what came since.

    `card_id` was tapped at the till's readers; `register_card_id` and `register_codes` came with the register's basket
    and go with it; `outvoted_card_id` is the register's card at the time of the tap. `set_version` is the campaign set
    the sale is pinned to. `points_wanted`: points to be used as a discount, as many of them as may be. `member_came`:
    since when the member is known whose card counts.
    """

    sale_ref: str
    set_version: int
    changed_at: datetime
    state: SaleState = "open"
    parked: bool = False
    operator: str = ""
    channel: str = "till"
    lines: tuple[RegisterLine, ...] = ()
    card_id: str = ""
    register_card_id: str = ""
    outvoted_card_id: str = ""
    register_codes: tuple[str, ...] = ()
    scanned_codes: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    chosen_products: Mapping[str, str] = field(default_factory=dict)
    told: Priced | None = None
    shown: Priced | None = None
    notice: Message | None = None
    receipt_id: str = ""
    at_register_price: bool = False
    points_wanted: int = 0
    tender: str = ""
    member_came: MemberCame | None = None

    def moved(self, event: SaleEvent) -> Self:
        """The sale after an event of the machine. CheckoutError when it is not possible."""
        return replace(self, state=after(self.sale_ref, self.state, event))

    @property
    def cards(self) -> tuple[str, ...]:
        """Cards of this sale, the one that counts first.

        A register repeats its card with each basket: a tap that came after it counts before it.
        """
        tapped_later = self.register_card_id == self.outvoted_card_id
        both = (self.card_id, self.register_card_id) if tapped_later else (self.register_card_id, self.card_id)
        return tuple(card_id for card_id in both if card_id)

    def with_member(self, member_id: str, lines_before: int, now: datetime) -> Self:
        """The sale with the note of when this member came; a card that does not count for a while changes nothing."""
        if not member_id or (self.member_came is not None and self.member_came.member_id == member_id):
            return self
        return replace(self, member_came=MemberCame(member_id, lines_before, now))

    def card_came(self, member_id: str, now: datetime) -> CardCame | None:
        """What the receipt says of it; None: nobody, or the register was done with the sale before the till saw it."""
        came = self.member_came
        if came is None or came.member_id != member_id or self.at_register_price:
            return None
        # A clock that was set back meanwhile says nothing: at most as late as can be.
        passed_ms = max(0, (now - came.at) // timedelta(milliseconds=1))
        return CardCame(after_lines=came.after_lines, before_end_ms=passed_ms)

    @property
    def codes(self) -> tuple[str, ...]:
        """All coupon codes handed over, each once, in the order they came."""
        return tuple(dict.fromkeys(self.scanned_codes + self.register_codes))


def row_of(sale: Sale) -> SaleRow:
    """The sale as the journal keeps it. Tendered is kept as quoted: what was not recorded did not happen."""
    told = sale.told
    document = SaleDocument(
        lines=sale.lines,
        operator=sale.operator,
        channel=sale.channel,
        card_id=sale.card_id,
        register_card_id=sale.register_card_id,
        outvoted_card_id=sale.outvoted_card_id,
        register_codes=sale.register_codes,
        scanned_codes=sale.scanned_codes,
        declined=sale.declined,
        chosen_products=sale.chosen_products,
        told=None if told is None else told.inputs(),
        at_register_price=sale.at_register_price,
        points_wanted=sale.points_wanted,
        tender=sale.tender,
        member_came=sale.member_came,
    )
    return SaleRow(
        sale_ref=sale.sale_ref,
        state="quoted" if sale.state == "tendered" else sale.state,
        parked=sale.parked,
        set_version=sale.set_version,
        receipt_id=sale.receipt_id,
        changed_at=sale.changed_at,
        document=_ENCODER.encode(document),
        promises=() if told is None or sale.state in {"closed", "voided"} else told.uses,
    )


def document_of(row: SaleRow) -> SaleDocument:
    """The document inside a journal row."""
    return _DECODER.decode(row.document)
