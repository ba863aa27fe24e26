"""What a register asks of the checkout, in integers: whoever speaks to the register has parsed its decimals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pos_engine.core.basket import LineKind
from pos_engine.core.returns import ReturnedLine
from pos_engine.wire.sync import Tender

if TYPE_CHECKING:
    from pos_engine.checkout.answers import ClosedSale

LINES_MAX = 2_000
"""Lines of one sale. The longest real grocery receipt seen has 161; above this a register has gone wrong."""

QUANTITY_MAX = 9_999
"""Pieces of one line. Weighed and metered goods are one unit with their own price."""

UNIT_PRICE_MINOR_MAX = 100_000_000
"""One million in a currency with cents: above this a decimal point was lost."""


ALL_POINTS = 10**9
"""More points than anybody has: use all that may be used."""


@dataclass(frozen=True)
class RegisterLine:
    """One line as the register rang it up. Its price and quantity win over every catalogue.

    `product_id`: the number the shop's catalogue knows (EAN or own number). None or empty: ask the till's replica;
    an unknown product then has the organisation's stated VAT rate and no category.
    """

    line_id: str
    product_id: str
    unit_price_minor: int
    quantity: int = 1
    name: str = ""
    measure: str = ""
    vat_bp: int | None = None
    categories: tuple[str, ...] = ()
    line_kind: LineKind | None = None
    already_reduced: bool = False


@dataclass(frozen=True)
class QuoteRequest:
    """The whole basket of one sale, each time. The same `sale_ref` may be asked again and again.

    `coupon_codes`: paper codes or typed numbers that the register itself read. `card_id`: a card or number that the
    register itself read (canonical id); empty: what was tapped on the till's readers. `chosen_products`: per offer
    with several free products, the one that was taken. `at_register_price`: the customer has paid the
    register's own price while the till could not be asked; no offer applies, and a card read now is not its own.
    `points`: how many points the member wants to use as a discount; None: what was chosen on the screen stays.
    `tender`: how it will be settled, where the register knows already.
    """

    sale_ref: str
    lines: tuple[RegisterLine, ...]
    operator: str = ""
    coupon_codes: tuple[str, ...] = ()
    card_id: str = ""
    chosen_products: Mapping[str, str] = field(default_factory=dict)
    channel: str = "till"
    at_register_price: bool = False
    points: int | None = None
    tender: str = ""


@dataclass(frozen=True)
class ReturnRequest:
    """Goods come back. `return_ref`: the register's own number of this return, asked again it is the same return.

    `receipt_id`: the sale's receipt, `workstation:epoch:seq`, of any till. `lines`: what of it; empty: all that is
    left. `refund_tender`: how money is given back; what was paid with points or stored value goes back there first.
    """

    return_ref: str
    receipt_id: str
    lines: tuple[ReturnedLine, ...] = ()
    operator: str = ""
    refund_tender: str = "cash"


@dataclass(frozen=True)
class StoredAnswer:
    """The register's answer to keep under its duplicate key, in the same transaction as the receipt."""

    key: str
    request_sha256: str
    answer: bytes


@dataclass(frozen=True)
class CommitRequest:
    """The customer has settled. `tendered_minor`: what the register charged; it must equal the quote's total due.

    `answer`: builds the bytes the register will be told, so that they are stored durably with the receipt.
    """

    sale_ref: str
    tendered_minor: int
    tenders: tuple[Tender, ...] = ()
    operator: str = ""
    answer: Callable[[ClosedSale], StoredAnswer] | None = None
