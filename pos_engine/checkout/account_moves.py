"""Booking on a member's account at the counter without goods: a top-up that is paid for, a correction.

Laws: it is a receipt of its own kind, numbered like any other, so that the back-office books it once; it sells nothing
and its amounts are zero; the same reference asked twice is one booking; only a cashier with a PIN may do it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pos_engine import words
from pos_engine.checkout.active_rules import CompiledSet
from pos_engine.checkout.booking import booked
from pos_engine.checkout.cards import Holder
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.goods_back import GoodsBack
from pos_engine.checkout.spending import Purse
from pos_engine.core.basket import Basket
from pos_engine.core.bookings import POINTS, VALUE, Booking
from pos_engine.core.moment import moment_at
from pos_engine.core.outcome import Certificate, Outcome
from pos_engine.core.usage import Usage
from pos_engine.journal import actions, prints, sales
from pos_engine.journal.actions import Act
from pos_engine.journal.engine import Connection
from pos_engine.journal.outbox import ReceiptDraft, receipt_id_of
from pos_engine.journal.prints import PrintRequest
from pos_engine.journal.sales import SaleRow
from pos_engine.receipts.account_slip import AccountSlip, account_document
from pos_engine.wire import documents
from pos_engine.wire.sync import ReceiptDocument, Tender

AMOUNT_MINOR_MAX: Final = 100_000
"""A thousand in a currency with cents at once: more is a slip of the finger."""
POINTS_MAX: Final = 1_000_000
_REF_PREFIX: Final = "account/"


@dataclass(frozen=True)
class AccountRequest:
    """`reference`: the number of this booking, taken once (`new_account_ref`).

    top_up: `amount` minor units of stored value, above zero, paid with `tender`. correction: so much more or less of
    `unit` (points, or minor units of stored value).
    """

    reference: str
    kind: Literal["top_up", "correction"]
    amount: int
    unit: str = VALUE
    tender: str = "cash"


@dataclass(frozen=True)
class AccountBooked:
    """What was booked, and the balance after it as this till knows it."""

    receipt_id: str
    unit: str
    amount: int
    balance: int
    repeated: bool = False


class AccountMoves(GoodsBack):
    """Thread-safe. Every refusal is a CheckoutError; a failing disk is a JournalError."""

    def new_account_ref(self) -> str:
        """A number for a booking, asked for when its page is opened."""
        return f"{_REF_PREFIX}{self._ids.new_id()}"

    def book_on_account(self, request: AccountRequest, operator: str) -> AccountBooked:
        """Book it for the customer whose card is at the till. Durable on return; asked again, it is told again."""
        with self._lock:
            desk = self._need()
            row = self._journal.sale(request.reference)
            if row is not None:
                return _booked_before(self._journal.receipt(row.receipt_id), request)
            holder = self._holder_at_hand()
            rules = desk.rules.current()
            purse = desk.pricing.purse(holder, rules)
            if holder is None or purse is None:
                raise CheckoutError("account_refused", words.text("checkout.top_up_needs_card", desk.language))
            _check(desk, request, purse)
            receipt = self._record(desk, request, operator, holder, purse)
            done = _told(receipt)
            self._say(desk, "good", f"account.{request.kind}_done", balance=_in_words(desk, request.unit, done.balance))
        self._publish()
        return done

    def _record(
        self, desk: Desk, request: AccountRequest, operator: str, holder: Holder, purse: Purse
    ) -> ReceiptDocument:
        rules = desk.rules.current()
        booking = Booking(request.unit, "top_up" if request.kind == "top_up" else "adjustment", request.amount)
        draft = _draft(desk, rules, request, operator, holder)
        done = booked(purse, [booking])
        draft = replace(draft, bookings=done.bookings, balances=done.balances)

        def also(connection: Connection, receipt: ReceiptDocument) -> None:
            slip = AccountSlip(
                receipt,
                request.kind == "top_up",
                rules.tariff.currency,
                desk.till.organisation_name,
                desk.till.store_name,
                desk.till.zone,
                holder.body.language,
            )
            receipt_id = receipt_id_of(receipt)
            paper = (PrintRequest("receipt", account_document(slip)),)
            prints.add(connection, receipt.organisation_id, receipt_id, paper, receipt.closed_at)
            row = SaleRow(
                sale_ref=request.reference,
                state="closed",
                parked=False,
                set_version=receipt.set_version,
                receipt_id=receipt_id,
                changed_at=receipt.closed_at,
                document=b"{}",
            )
            sales.save(connection, desk.till, row)
            act = Act(operator, request.kind, receipt_id, request.amount, holder.body.member_id, by_pin=True)
            actions.record(connection, receipt.organisation_id, receipt.closed_at, act)

        return self._journal.append_receipt(draft, also=[also])


def _check(desk: Desk, request: AccountRequest, purse: Purse) -> None:
    most = POINTS_MAX if request.unit == POINTS else AMOUNT_MINOR_MAX
    wrong = request.unit not in {POINTS, VALUE} or not 0 < abs(request.amount) <= most
    if wrong or (request.kind == "top_up" and (request.amount < 0 or request.unit != VALUE)):
        text = words.text("account.amount_wrong", desk.language, most=_in_words(desk, request.unit, most))
        raise CheckoutError("account_refused", text)
    has = purse.accounts[request.unit].balance if request.unit in purse.accounts else 0
    if request.amount < 0 and has + request.amount < 0:
        text = words.text("account.below_zero", desk.language, balance=_in_words(desk, request.unit, has))
        raise CheckoutError("account_refused", text)


def _draft(desk: Desk, rules: CompiledSet, request: AccountRequest, operator: str, holder: Holder) -> ReceiptDraft:
    moment = moment_at(desk.now(), ZoneInfo(rules.zone or desk.till.zone))
    basket = Basket(store_id=desk.till.store_id, workstation_id=desk.till.workstation_id)
    tenders = (Tender(kind=request.tender, amount_minor=request.amount),) if request.kind == "top_up" else ()
    return ReceiptDraft(
        business_day=moment.local_date,
        sale_ref=request.reference,
        set_version=rules.set_version,
        campaign_hashes={},
        tariff=documents.encode(rules.tariff),
        basket=documents.encode(basket),
        member=documents.encode(None),
        usage=documents.encode(Usage()),
        moment=documents.encode(moment),
        outcome=documents.encode(_nothing_sold(rules.set_version)),
        kind="account",
        operator=operator,
        member_id=holder.body.member_id,
        card_id=holder.card_id,
        tenders=tenders,
    )


def _nothing_sold(ruleset_version: int) -> Outcome:
    proven = Certificate(optimal=True, gap_minor=0, effort_used=0)
    return Outcome(0, 0, 0, (), (), (), (), (), (), proven, ruleset_version)


def _told(receipt: ReceiptDocument, *, repeated: bool = False) -> AccountBooked:
    booking = receipt.bookings[0]
    balance = next(told.balance for told in receipt.balances if told.unit == booking.unit)
    return AccountBooked(receipt_id_of(receipt), booking.unit, booking.amount, balance, repeated)


def _booked_before(receipt: ReceiptDocument | None, request: AccountRequest) -> AccountBooked:
    """The booking of that reference. CheckoutError: the reference was used for something else."""
    if receipt is None or receipt.kind != "account":
        raise CheckoutError("account_refused", f"{request.reference!r} is the number of something else.")
    before = receipt.bookings[0]
    if (before.unit, before.amount) != (request.unit, request.amount):
        raise CheckoutError("account_refused", f"{request.reference!r} was booked with another amount already.")
    return _told(receipt, repeated=True)


def _in_words(desk: Desk, unit: str, amount: int) -> str:
    if unit == VALUE:
        return desk.money(amount)
    return words.text("checkout.points_count", desk.language, points=amount)
