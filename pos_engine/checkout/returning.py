"""Goods come back: from this till or another, today or later, with the card or without it; each unit once.

Laws: a receipt of another till is believed only as the back-office tells it; while nobody can be asked, own receipts
come back within a bound for all returns that wait, which is the most that can be lost; the same reference asked again
is answered again.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from pos_engine import words
from pos_engine.checkout.active_rules import CompiledSet
from pos_engine.checkout.answers import ClosedReturn
from pos_engine.checkout.cards import Holder
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.originals import Originals, OriginalsUnreachableError
from pos_engine.checkout.paper import paper_of, prints_of
from pos_engine.checkout.requests import ReturnRequest
from pos_engine.checkout.return_draft import ComingBack, return_draft, sold_with
from pos_engine.checkout.spending import Purse
from pos_engine.core.basket import Basket
from pos_engine.core.money import Tariff
from pos_engine.core.returns import ReturnRefusedError, Reversal
from pos_engine.journal import actions, prints, sales
from pos_engine.journal.actions import Act
from pos_engine.journal.engine import Connection
from pos_engine.journal.journal import Journal
from pos_engine.journal.outbox import receipt_id_of
from pos_engine.journal.sales import SaleRow
from pos_engine.wire import documents
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.returns import OriginalAnswer, ReturnedBefore
from pos_engine.wire.sync import ReceiptDocument


@dataclass(frozen=True)
class Told:
    """What the back-office said of a receipt. `checked`: it was reached at all."""

    answer: OriginalAnswer | None
    checked: bool


def ask(originals: Originals, receipt_id: str) -> Told:
    """Ask the back-office, outside of any lock: no sale waits for a line."""
    try:
        return Told(originals.ask(receipt_id), checked=True)
    except OriginalsUnreachableError:
        return Told(None, checked=False)


def made_before(journal: Journal, return_ref: str) -> ClosedReturn | None:
    """The return that this reference was used for; CheckoutError when it was a sale's."""
    row = journal.sale(return_ref)
    if row is None:
        return None
    receipt = journal.receipt(row.receipt_id)
    if receipt is None or receipt.kind != "return":
        raise CheckoutError("sale_closed", f"{return_ref!r} is the number of a sale. Give the return its own number.")
    return _closed(receipt, repeated=True)


@dataclass(frozen=True)
class Prepared:
    """A return that could be recorded. `purse`, `holder`: of who bought, where that is known here."""

    coming: ComingBack
    undone: Reversal
    purse: Purse | None
    holder: Holder | None


def coming_back(journal: Journal, desk: Desk, request: ReturnRequest, told: Told) -> ComingBack:
    """The sale with what came back of it. CheckoutError: there is none, or nothing of it can come back."""
    original = _original(journal, desk, request.receipt_id, told)
    return _coming_back(journal, request, original, told, desk.rules.pinned(original.set_version))


def prepare(journal: Journal, desk: Desk, request: ReturnRequest, told: Told) -> Prepared:
    """What the return would undo. CheckoutError for units that are not there (any more)."""
    coming = coming_back(journal, desk, request, told)
    now_rules = desk.rules.current()
    holder = desk.owner(coming.original.member_id, coming.original.card_id)
    purse = desk.pricing.purse(holder, now_rules)
    try:
        undone = coming.reversal(purse, desk.today(now_rules))
    except ReturnRefusedError as error:
        raise CheckoutError("return_refused", f"Receipt {request.receipt_id}: {error}.") from error
    return Prepared(coming, undone, purse, holder)


def take_back(journal: Journal, desk: Desk, request: ReturnRequest, told: Told, bound_minor: int) -> ClosedReturn:
    """Record the return, with its paper. `bound_minor`: what may be refunded in all while nobody can be asked."""
    prepared = prepare(journal, desk, request, told)
    coming, undone = prepared.coming, prepared.undone
    rules, now_rules = desk.rules.pinned(coming.original.set_version), desk.rules.current()
    if not told.checked:
        _within_bound(journal, desk, undone.refund_minor, bound_minor)
    draft = return_draft(
        coming,
        undone,
        (request.return_ref, request.operator, desk.today(now_rules)),
        prepared.purse,
        now_rules.programme,
        refund_tender=request.refund_tender,
        checked=told.checked,
    )
    member = None if prepared.holder is None else prepared.holder.body

    def also(connection: Connection, receipt: ReceiptDocument) -> None:
        outcome = documents.decode_outcome(bytes(receipt.outcome))
        requests = prints_of(paper_of(receipt, outcome, desk.till, member, rules), rules, copy=False)
        prints.add(connection, receipt.organisation_id, receipt_id_of(receipt), requests, receipt.closed_at)
        done = SaleRow(
            sale_ref=request.return_ref,
            state="closed",
            parked=False,
            set_version=receipt.set_version,
            receipt_id=receipt_id_of(receipt),
            changed_at=receipt.closed_at,
            document=b"{}",
        )
        sales.save(connection, desk.till, done)
        refunded = -outcome.total_due_minor
        act = Act(request.operator, "return", request.receipt_id, refunded, receipt.member_id)
        actions.record(connection, receipt.organisation_id, receipt.closed_at, act)

    undone_id = request.receipt_id if undone.complete else ""
    return _closed(journal.append_receipt(draft, also=[also], undone_id=undone_id))


def _original(journal: Journal, desk: Desk, receipt_id: str, told: Told) -> ReceiptDocument:
    """The sale: as this till wrote it, else as the back-office received it."""
    own = journal.receipt(receipt_id)
    if own is None and told.answer is None:
        if told.checked:
            raise CheckoutError("receipt_unknown", f"No receipt {receipt_id!r} is known, here or in the back-office.")
        text = f"Receipt {receipt_id!r} is of another till, and the back-office cannot be asked now. Try again later."
        raise CheckoutError("return_unreachable", text)
    original = own
    if original is None and told.answer is not None:
        try:
            original = msgspec.json.decode(told.answer.raw, type=ReceiptDocument)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise CheckoutError("return_refused", f"Receipt {receipt_id!r} cannot be read here: {error}") from error
    assert original is not None  # noqa: S101 - one of the two is there
    voided = told.answer is not None and told.answer.voided
    if own is not None and own.kind == "sale":
        row = journal.sale(own.sale_ref)
        voided = voided or (row is not None and row.state == "voided")
    if original.kind != "sale" or voided or original.organisation_id != desk.till.organisation_id:
        what = "was cancelled" if voided else "is no sale of this shop"
        raise CheckoutError("return_refused", f"Receipt {receipt_id} {what}; nothing of it can come back.")
    return original


def _coming_back(
    journal: Journal, request: ReturnRequest, original: ReceiptDocument, told: Told, rules: CompiledSet | None
) -> ComingBack:
    before = {row.receipt_id: row for row in journal.returns_of(request.receipt_id)}
    if told.answer is not None:
        before |= {row.receipt_id: row for row in told.answer.returns}
    try:
        outcome = documents.decode_original(bytes(original.outcome))
    except DocumentError as error:
        raise CheckoutError("return_refused", f"Receipt {request.receipt_id} does not add up: {error}.") from error
    _refuse_money_on_cards(request, original, rules)
    returns: tuple[ReturnedBefore, ...] = tuple(before[key] for key in sorted(before))
    sold = sold_with(original, outcome, rules)
    return ComingBack(request.receipt_id, original, outcome, returns, request.lines, sold)


def _refuse_money_on_cards(request: ReturnRequest, original: ReceiptDocument, rules: CompiledSet | None) -> None:
    """Money put onto a card is no goods: it is on an account, and may be spent already."""
    top_up = "" if rules is None else rules.programme.top_up_product_id
    asked = {line.line_id for line in request.lines}
    for line in msgspec.json.decode(original.basket, type=Basket).lines:
        if top_up and line.product_id == top_up and (not asked or line.line_id in asked):
            raise CheckoutError("return_refused", f"Line {line.line_id} put money onto a card; that cannot come back.")


def _within_bound(journal: Journal, desk: Desk, refund_minor: int, bound_minor: int) -> None:
    waiting = journal.returns_waiting_minor()
    if waiting + refund_minor <= bound_minor:
        return
    currency = desk.till.tariff.currency
    left = words.money_text(max(0, bound_minor - waiting), currency, "en")
    text = (
        f"The back-office cannot be asked whether these goods came back elsewhere. Until it can, this till may refund "
        f"{left} more. Try again when the till is on line."
    )
    raise CheckoutError("return_unreachable", text)


def _closed(receipt: ReceiptDocument, *, repeated: bool = False) -> ClosedReturn:
    assert receipt.returned is not None  # noqa: S101 - asked by the caller: it is a return
    return ClosedReturn(
        return_ref=receipt.sale_ref,
        receipt_id=receipt_id_of(receipt),
        original_id=receipt.returned.original_id,
        refund_minor=receipt.returned.refund_minor,
        tenders=tuple(msgspec.structs.replace(t, amount_minor=-t.amount_minor) for t in receipt.tenders),
        units=receipt.returned.units,
        checked=receipt.returned.checked,
        currency=msgspec.json.decode(receipt.tariff, type=Tariff).currency,
        repeated=repeated,
    )
