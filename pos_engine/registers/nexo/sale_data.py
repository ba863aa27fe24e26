"""The sale's name, its cards and coupons, and the entries of SaleToPOIData (sections 2, 5 and 8 of the profile)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

from pos_engine.checkout.answers import Quote
from pos_engine.checkout.requests import ALL_POINTS
from pos_engine.core.money import cash_rounding
from pos_engine.registers.nexo.amounts import to_minor
from pos_engine.registers.nexo.faults import NexoError, wrong
from pos_engine.registers.nexo.messages import LoyaltyAccountID, LoyaltyData, SaleData
from pos_engine.wire.sync import Tender

ID_LENGTH_MAX = 40
CODE_LENGTH_MAX = 128
COUPON_CODES_MAX = 20
"""C6. Nobody hands over more paper than that; bounds the look-ups of one quote."""
CHOICES_MAX = 50
TENDERS_MAX = 20
POINTS_DIGITS_MAX = 9

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TENDER_KIND = re.compile(r"[A-Za-z_]{1,20}")
_SALE_DATA = "LoyaltyRequest.SaleData"
_ACCOUNTS = "LoyaltyRequest.LoyaltyData"


@dataclass(frozen=True)
class SaleEntries:
    """What SaleToPOIData says. `chosen_products`: offer → product (D3). `offline`: T4. `points`: P1."""

    parked: bool = False
    tenders: tuple[tuple[str, str], ...] = ()
    chosen_products: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False
    points: int | None = None


@dataclass(frozen=True)
class Presented:
    """What the register itself read: one card at most, and coupon codes in their order."""

    card: LoyaltyAccountID | None = None
    card_id: str = ""
    coupon_codes: tuple[str, ...] = ()


def sale_ref_of(sale_data: SaleData, register: str, path: str = _SALE_DATA) -> str:
    """The sale's name (I6): the register's SaleID, TransactionID and the date of TimeStamp."""
    identification = sale_data.sale_transaction_id
    name = checked_id(identification.transaction_id, f"{path}.SaleTransactionID.TransactionID")
    day = identification.time_stamp[:10]
    if not _DATE.fullmatch(day):
        where = f"{path}.SaleTransactionID.TimeStamp"
        raise wrong("message_invalid", where, "needs a date and time such as 2026-11-20T10:15:00+01:00")
    # The first / ends the register and the last eleven characters are the day, so no two sales have one name.
    return f"{register.replace('%', '%25').replace('/', '%2F')}/{name}@{day}"


def checked_id(text: str, path: str) -> str:
    """1 to 40 printable characters without spaces around (I2), or NexoError."""
    if not text or len(text) > ID_LENGTH_MAX or not text.isprintable() or text != text.strip():
        raise wrong("message_invalid", path, f"needs 1 to {ID_LENGTH_MAX} printable characters")
    return text


def sale_entries(sale_data: SaleData) -> SaleEntries:
    """Read SaleToPOIData; entries that the profile does not name are ignored."""
    pairs = parse_qsl(sale_data.sale_to_poi_data or "", keep_blank_values=True)
    tenders = tuple(_two_parts(value, key) for key, value in pairs if key == "Tender")
    chosen = dict(_two_parts(value, key) for key, value in pairs if key == "Choose")
    if len(tenders) > TENDERS_MAX or len(chosen) > CHOICES_MAX:
        raise wrong("message_invalid", f"{_SALE_DATA}.SaleToPOIData", "has too many entries")
    marks = {key for key, value in pairs if value == "1"}
    points = [value for key, value in pairs if key == "Points"]
    return SaleEntries("Park" in marks, tenders, chosen, "Offline" in marks, _points(points[-1]) if points else None)


def _points(text: str) -> int:
    """P1: a number of points, or `all`."""
    if text == "all":
        return ALL_POINTS
    if not text.isdecimal() or len(text) > POINTS_DIGITS_MAX:
        where = f"{_SALE_DATA}.SaleToPOIData"
        raise wrong("message_invalid", where, f"Points={text[:20]} is neither a number of points nor `all`")
    return int(text)


def points_to_redeem(entries: Sequence[LoyaltyData]) -> int:
    """S11: the points that a Redemption names, in any of its entries."""
    where = f"{_ACCOUNTS}.LoyaltyAmount"
    amounts = [entry.loyalty_amount for entry in entries if entry.loyalty_amount is not None]
    if len(amounts) != 1:
        raise wrong("message_invalid", where, "a Redemption says once how many points are used")
    value = amounts[0].amount_value
    if amounts[0].loyalty_unit != "Point":
        raise wrong("message_invalid", where, "LoyaltyUnit must be Point; money is paid as a tender (D2)")
    if not value.is_finite() or value < 0 or value != int(value) or value >= 10**POINTS_DIGITS_MAX:
        raise wrong("message_invalid", where, f"AmountValue {str(value)[:20]} is no number of points")
    return int(value)


def tenders_of(entries: SaleEntries, currency: str) -> tuple[Tender, ...]:
    """D2: how the customer paid; empty when the register does not say."""
    path = f"{_SALE_DATA}.SaleToPOIData"
    tenders: list[Tender] = []
    for kind, amount_text in entries.tenders:
        if not _TENDER_KIND.fullmatch(kind):
            raise wrong("tender_invalid", path, f"{kind[:20]!r} is no kind of tender: 1 to 20 letters")
        try:
            amount = Decimal(amount_text)
        except InvalidOperation:
            raise wrong("tender_invalid", path, f"{amount_text[:20]!r} is no amount") from None
        tenders.append(Tender(kind=kind, amount_minor=to_minor(amount, currency, path)))
    return tuple(tenders)


def settled(tenders: tuple[Tender, ...], quote: Quote) -> tuple[Tender, ...]:
    """D2: the tenders, enough for what is paid; one of kind `other` over all that is due when there are none."""
    if not tenders:
        return (Tender(kind="other", amount_minor=quote.total_due_minor),)
    amounts = [(tender.kind, tender.amount_minor) for tender in tenders]
    rounded_down_minor = min(0, cash_rounding(quote.total_due_minor, amounts, quote.cash_step_minor))
    if sum(amount_minor for _, amount_minor in amounts) < quote.price_minor + rounded_down_minor:
        raise wrong("tender_invalid", f"{_SALE_DATA}.SaleToPOIData", "the tenders are less than TotalAmount")
    return tenders


def presented(entries: Sequence[LoyaltyData], is_coupon: Callable[[str], bool]) -> Presented:
    """Sort what the register read into card and coupons (C2). `is_coupon`: whether there is a coupon of that code."""
    card: LoyaltyAccountID | None = None
    codes: list[str] = []
    for index, entry in enumerate(entries):
        account = entry.loyalty_account_id
        if account is None or not account.loyalty_id:
            continue
        if len(account.loyalty_id) > CODE_LENGTH_MAX or not account.loyalty_id.isprintable():
            where = f"{_ACCOUNTS}[{index}].LoyaltyAccountID.LoyaltyID"
            raise wrong("message_invalid", where, f"needs 1 to {CODE_LENGTH_MAX} printable characters")
        if _reads_as_coupon(account, is_coupon):
            codes.append(account.loyalty_id)
        else:
            card = account
    if len(codes) > COUPON_CODES_MAX:
        raise wrong("basket_too_large", _ACCOUNTS, f"{len(codes)} coupon codes; at most {COUPON_CODES_MAX}")
    return Presented(card, _card_id(card) if card is not None else "", tuple(dict.fromkeys(codes)))


def _reads_as_coupon(account: LoyaltyAccountID, is_coupon: Callable[[str], bool]) -> bool:
    if account.identification_support == "NoCard":
        return True
    if account.identification_support == "LoyaltyCard" or account.identification_type != "BarCode":
        return False
    return is_coupon(account.loyalty_id or "")


def _card_id(account: LoyaltyAccountID) -> str:
    """C3: the canonical id; a bare number is a barcode or, when swiped, a magstripe."""
    number = (account.loyalty_id or "").strip()
    if ":" in number:
        return number
    technology = "magstripe" if "MagStripe" in account.entry_mode else "barcode"
    return f"{technology}:{number}"


def _two_parts(value: str, key: str) -> tuple[str, str]:
    first, colon, second = value.rpartition(":")
    if not colon or not first or not second:
        code = "tender_invalid" if key == "Tender" else "message_invalid"
        raise NexoError(
            "MessageFormat", code, f"{_SALE_DATA}.SaleToPOIData: {key}={value[:40]} needs two parts and a colon"
        )
    return first, second
