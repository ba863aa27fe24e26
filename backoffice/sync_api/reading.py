"""Reading one uploaded item: whose it is, whether it arrived unharmed, and the few facts that reports need.

Nothing here touches the database. An item that cannot be read is rejected with a code and a sentence; the caller keeps
its bytes and tells the till. Unknown fields are ignored on purpose: a newer till's receipts must not wait for us.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from backoffice.sync_api.tills import Till
from pos_engine.core.bookings import POINTS
from pos_engine.wire.sync import WIRE_VERSION, Amount, Count, ReceiptDocument, UploadItem

UNIT_LENGTH_MAX = 80
"""Characters of an account's unit; the column's length."""

_Key = Annotated[str, msgspec.Meta(max_length=64)]
"""Ids that become a part of a primary key."""


# The collector need not watch what holds no cycles: a batch is fifty thousand of these.
class _Line(msgspec.Struct, frozen=True, gc=False):
    line_id: _Key
    product_id: str
    quantity: Amount = 1
    name: str = ""
    vat_bp: Count | None = None


class _Basket(msgspec.Struct, frozen=True, gc=False):
    lines: tuple[_Line, ...] = ()


class _LineTotal(msgspec.Struct, frozen=True, gc=False):
    line_id: _Key
    value_minor: Amount
    discount_minor: Amount
    due_minor: Amount


class _Applied(msgspec.Struct, frozen=True, gc=False):
    campaign_id: _Key
    campaign_version: Count
    offer_id: _Key
    uses: Amount
    discount_minor: Amount
    redeemed_coupon_ids: tuple[_Key, ...] = ()


class _Share(msgspec.Struct, frozen=True, gc=False):
    line_id: str
    campaign_id: str
    offer_id: str
    role: str


class _Grant(msgspec.Struct, frozen=True, gc=False):
    points: Amount = 0


class _Outcome(msgspec.Struct, frozen=True, gc=False):
    total_value_minor: Amount
    total_discount_minor: Amount
    total_due_minor: Amount
    lines: tuple[_LineTotal, ...]
    applied: tuple[_Applied, ...] = ()
    shares: tuple[_Share, ...] = ()
    points: tuple[_Grant, ...] = ()


class _Left(msgspec.Struct, frozen=True):
    per_period: tuple[object, ...] = ()


class _Usage(msgspec.Struct, frozen=True):
    offers: Mapping[_Key, _Left] = {}


_PERIODS: Final = b'"per_period":[{'
"""What the usage of a receipt says when one of its offers is limited per day, week or month: most have none."""


class _Version(msgspec.Struct, frozen=True):
    wire_version: int


class ReadDocument(ReceiptDocument, frozen=True, kw_only=True, gc=False):
    """A receipt's document with what is needed of its basket and outcome, read in one pass over the bytes."""

    basket: _Basket  # type: ignore[assignment]  # the same bytes, read instead of kept
    outcome: _Outcome  # type: ignore[assignment]


_VERSION = msgspec.json.Decoder(_Version)
_DOCUMENT = msgspec.json.Decoder(ReadDocument)
_USAGE = msgspec.json.Decoder(_Usage)


class ReadReceipt(msgspec.Struct, frozen=True, gc=False):
    """A receipt that can be applied, with its bytes."""

    item: UploadItem
    raw: bytes
    document: ReadDocument
    totals: tuple[_LineTotal, ...] = ()
    """What the outcome says of each line of the basket, in the basket's order."""
    limited_by_period: frozenset[str] = frozenset()
    """Ids of the offers whose uses are limited per day, week or month."""

    @property
    def basket(self) -> _Basket:
        """Its lines as they were rung up."""
        return self.document.basket

    @property
    def outcome(self) -> _Outcome:
        """What its offers gave."""
        return self.document.outcome

    @property
    def key(self) -> tuple[int, int]:
        """Its number at the till: epoch and seq."""
        return self.item.epoch, self.item.seq

    @property
    def receipt_id(self) -> str:
        """How coupons and people name it."""
        return f"{self.document.workstation_id}:{self.item.epoch}:{self.item.seq}"


@dataclass(frozen=True)
class Rejected:
    """An item that goes into quarantine. Codes: see `docs/sync.md`."""

    item: UploadItem
    raw: bytes
    code: str
    text: str


def read_item(till: Till, item: UploadItem) -> ReadReceipt | Rejected:
    """Check and read one item of a batch."""
    raw = item.raw.encode(errors="surrogatepass")
    if hashlib.sha256(raw).hexdigest() != item.sha256:
        return Rejected(item, raw, "hash_mismatch", "The receipt's bytes do not have the SHA-256 sent with them.")
    try:
        document = _DOCUMENT.decode(raw)
        if document.wire_version > WIRE_VERSION:
            return _too_new(item, raw, document.wire_version)
        limited = _limited_by_period(document.usage)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        version = _version_of(raw)
        if version > WIRE_VERSION:
            return _too_new(item, raw, version)
        return Rejected(item, raw, "unreadable", f"The receipt cannot be read: {error}")
    return _whose(till, item, raw, document) or _sound(ReadReceipt(item, raw, document, _totals(document), limited))


def _too_new(item: UploadItem, raw: bytes, version: int) -> Rejected:
    text = f"The receipt has wire version {version}; up to {WIRE_VERSION} is read."
    return Rejected(item, raw, "unknown_version", text)


def _version_of(raw: bytes) -> int:
    """The version of a document that cannot be read whole; 0 when not even that can be read."""
    try:
        return _VERSION.decode(raw).wire_version
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return 0


def _limited_by_period(usage: msgspec.Raw) -> frozenset[str]:
    if _PERIODS not in bytes(usage):
        return frozenset()
    offers = _USAGE.decode(usage).offers
    return frozenset(offer_id for offer_id, left in offers.items() if left.per_period)


def _whose(till: Till, item: UploadItem, raw: bytes, document: ReadDocument) -> Rejected | None:
    claimed = (document.organisation_id, document.store_id, document.workstation_id)
    if claimed != (till.organisation_id, till.store_id, till.workstation_id):
        text = f"The receipt belongs to till {document.workstation_id} of store {document.store_id}, not to this one."
        return Rejected(item, raw, "foreign", text)
    if (document.epoch, document.seq) != (item.epoch, item.seq):
        text = (
            f"The receipt says it is number {document.epoch}:{document.seq}, "
            f"its envelope says {(item.epoch, item.seq)}."
        )
        return Rejected(item, raw, "number_mismatch", text)
    return None


def _totals(document: ReadDocument) -> tuple[_LineTotal, ...]:
    """What each line came to, in the basket's order; empty when the two do not list the same lines, each once."""
    totals = document.outcome.lines
    ids = [line.line_id for line in document.basket.lines]
    if [total.line_id for total in totals] != ids:
        by_id = {total.line_id: total for total in totals}
        if len(totals) != len(ids) or by_id.keys() != set(ids):
            return ()
        totals = tuple(by_id[line_id] for line_id in ids)
    return totals if len(set(ids)) == len(ids) else ()


def _sound(read: ReadReceipt) -> ReadReceipt | Rejected:
    if len(read.totals) != max(len(read.basket.lines), len(read.outcome.lines)):
        text = "The lines of the basket and of the outcome are not the same lines, each once."
        return Rejected(read.item, read.raw, "lines_differ", text)
    offers = [(applied.campaign_id, applied.offer_id) for applied in read.outcome.applied]
    if len(set(offers)) != len(offers):
        return Rejected(read.item, read.raw, "offer_twice", "An offer is listed twice among those that applied.")
    if not _books_what_it_earned(read):
        text = "What the receipt books on the member's accounts is not what its offers gave."
        return Rejected(read.item, read.raw, "bookings_differ", text)
    if (read.document.kind == "return") != (read.document.returned is not None):
        text = "A return must say which units of which sale come back, and nothing else may."
        return Rejected(read.item, read.raw, "unreadable", text)
    issued = [coupon.coupon_id for coupon in read.document.issued_coupons]
    if any(len(coupon_id) > 64 for coupon_id in issued):  # noqa: PLR2004 - the column's length
        return Rejected(read.item, read.raw, "unreadable", "A coupon number is longer than 64 characters.")
    return read


def _books_what_it_earned(read: ReadReceipt) -> bool:
    """Whether points are booked as the outcome gave them, and every booking has an account to go to."""
    bookings = read.document.bookings
    if not bookings:
        return True
    accounts_known = all(one.unit and len(one.unit) <= UNIT_LENGTH_MAX for one in bookings)
    if not read.document.member_id or not accounts_known:
        return False
    booked = sum(one.amount for one in bookings if (one.unit, one.kind) == (POINTS, "accrual"))
    return read.document.kind != "sale" or booked == sum(grant.points for grant in read.outcome.points)
