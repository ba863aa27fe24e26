"""What the checkout writes into the journal when a sale ends, and reads back afterwards."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from pos_engine.checkout.active_rules import CompiledSet
from pos_engine.checkout.answers import ClosedSale, ReceiptSummary, SaleStatus
from pos_engine.checkout.closing import booked_by, draft_of, issue_coupons, void_draft
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.machine import after
from pos_engine.checkout.paper import paper_of, prints_of
from pos_engine.checkout.priced import Priced
from pos_engine.checkout.requests import CommitRequest
from pos_engine.checkout.sale import Sale, row_of
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Outcome
from pos_engine.journal import actions, answers, prints, sales
from pos_engine.journal.actions import Act
from pos_engine.journal.engine import Connection
from pos_engine.journal.journal import Journal
from pos_engine.journal.outbox import receipt_id_of
from pos_engine.journal.prints import PrintJob
from pos_engine.journal.receipt_list import StoredReceipt
from pos_engine.journal.replica import Replica
from pos_engine.journal.sales import SaleRow
from pos_engine.ports.clock import Ids
from pos_engine.ports.document import Document
from pos_engine.receipts.explained import explained
from pos_engine.receipts.hints import mentioned_products
from pos_engine.receipts.plain import text_of
from pos_engine.receipts.receipt import ReceiptPaper, receipt_document, with_hints
from pos_engine.wire.documents import decode_outcome
from pos_engine.wire.sync import MemberBody, ReceiptDocument


def record_closed(
    journal: Journal, desk: Desk, sale: Sale, told: Priced, rules: CompiledSet, request: CommitRequest, ids: Ids
) -> ClosedSale:
    """One transaction: receipt, redemptions, limits, coupons given out, paper owed, the sale's state, the answer."""
    today = desk.today(rules)
    issued = issue_coupons(told, today, ids)
    draft = draft_of(sale, told, rules, request, today, issued, booked_by(told, rules, request, today))
    draft = replace(draft, card_came=sale.card_came(draft.member_id, desk.now()))
    member = None if told.holder is None else told.holder.body

    def also(connection: Connection, receipt: ReceiptDocument) -> None:
        receipt_id = receipt_id_of(receipt)
        requests = prints_of(paper_of(receipt, told.outcome, desk.till, member, rules), rules, copy=False)
        prints.add(connection, receipt.organisation_id, receipt_id, requests, receipt.closed_at)
        done = replace(sale.moved("recorded"), receipt_id=receipt_id, changed_at=receipt.closed_at)
        sales.save(connection, desk.till, row_of(done))
        if request.answer is not None:
            answer = request.answer(_closed(receipt, told.outcome))
            answers.store(
                connection,
                receipt.organisation_id,
                answer.key,
                answer.request_sha256,
                answer.answer,
                receipt.closed_at,
            )

    return _closed(journal.append_receipt(draft, also=[also]), told.outcome)


def closed_sale(receipt: ReceiptDocument, *, repeated: bool = False) -> ClosedSale:
    """A receipt as the register is told of it."""
    return _closed(receipt, msgspec.json.decode(receipt.outcome, type=Outcome), repeated=repeated)


def _closed(receipt: ReceiptDocument, outcome: Outcome, *, repeated: bool = False) -> ClosedSale:
    return ClosedSale(
        sale_ref=receipt.sale_ref,
        receipt_id=receipt_id_of(receipt),
        business_day=receipt.business_day,
        sequence_no=receipt.sequence_no,
        closed_at=receipt.closed_at,
        currency=msgspec.json.decode(receipt.tariff, type=Tariff).currency,
        total_value_minor=outcome.total_value_minor,
        total_discount_minor=outcome.total_discount_minor,
        total_due_minor=outcome.total_due_minor,
        member_id=receipt.member_id,
        issued_coupons=receipt.issued_coupons,
        outcome=outcome,
        repeated=repeated,
        balances=receipt.balances,
    )


def closed_before(journal: Journal, request: CommitRequest) -> ClosedSale:
    """The sale that an earlier commit closed. CheckoutError when there is none, or when it cost something else."""
    row = _finished(journal, request.sale_ref)
    if row.state != "closed":
        after(request.sale_ref, "voided", "tender")
    closed = closed_sale(_receipt(journal, row.receipt_id), repeated=True)
    if closed.total_due_minor != request.tendered_minor:
        after(request.sale_ref, "closed", "tender")
    return closed


def is_closed(journal: Journal, sale_ref: str) -> bool:
    """Whether the journal has this sale as closed."""
    row = journal.sale(sale_ref)
    return row is not None and row.state == "closed"


def status_of(journal: Journal, sale_ref: str) -> SaleStatus:
    """A sale that is not open any more, or never was."""
    row = journal.sale(sale_ref)
    if row is None:
        return SaleStatus(sale_ref, "unknown")
    receipt = journal.receipt(row.receipt_id)
    closed = None if receipt is None else closed_sale(receipt, repeated=True)
    return SaleStatus(sale_ref, "closed" if row.state == "closed" else "voided", closed=closed)


def record_given_up(journal: Journal, desk: Desk, voided: Sale, operator: str, *, by_pin: bool = False) -> None:
    """An open sale is given up: nothing was redeemed, there is no receipt; it is on record who did it."""
    now = desk.now()

    def step(connection: Connection) -> None:
        sales.save(connection, desk.till, row_of(voided))
        due_minor = 0 if voided.told is None else voided.told.outcome.total_due_minor
        act = Act(operator, "void_open", voided.sale_ref, due_minor, by_pin=by_pin)
        actions.record(connection, desk.till.organisation_id, now, act)

    journal.write(step)


def void_closed(journal: Journal, desk: Desk, sale_ref: str, operator: str, *, by_pin: bool = False) -> None:
    """Undo a closed sale by a receipt that mirrors it. A voided one stays voided. `by_pin`: the operator gave a PIN."""
    row = _finished(journal, sale_ref)
    if row.state == "voided":
        return
    undone = _receipt(journal, row.receipt_id)
    if undone.kind == "return":
        raise CheckoutError("sale_closed", f"{sale_ref!r} is a return. Sell the goods again instead.")
    if undone.kind == "account":
        raise CheckoutError("sale_closed", f"{sale_ref!r} was booked on an account. Correct the account instead.")
    if journal.returns_of(row.receipt_id):
        raise CheckoutError("sale_closed", f"Goods of sale {sale_ref!r} came back already. Take back the rest instead.")
    rules = desk.rules.pinned(undone.set_version)
    holder = desk.owner(undone.member_id, undone.card_id)
    purse = desk.pricing.purse(holder, rules or desk.rules.current())
    draft = void_draft(undone, desk.today(desk.rules.current()), operator, purse)
    member = None if holder is None else holder.body

    def also(connection: Connection, receipt: ReceiptDocument) -> None:
        outcome = decode_outcome(bytes(receipt.outcome))
        requests = prints_of(paper_of(receipt, outcome, desk.till, member, rules), rules, copy=False)
        prints.add(connection, receipt.organisation_id, receipt_id_of(receipt), requests, receipt.closed_at)
        sales.save(connection, desk.till, replace(row, state="voided", changed_at=receipt.closed_at))
        act = Act(
            *(operator, "void_closed", receipt_id_of(undone), -outcome.total_due_minor, undone.member_id),
            by_pin=by_pin,
        )
        actions.record(connection, receipt.organisation_id, receipt.closed_at, act)

    journal.append_receipt(draft, also=[also], undone_id=receipt_id_of(undone))


def reprint(
    journal: Journal, replica: Replica, desk: Desk, receipt_id: str, operator: str, *, by_pin: bool = False
) -> int:
    """Owe a marked copy; the receipt's number on paper. `by_pin`: the operator gave a PIN."""
    receipt = _receipt(journal, receipt_id)
    if receipt.kind == "account":
        raise CheckoutError("receipt_unknown", f"Receipt {receipt_id!r} sold nothing; its slip is printed once.")
    rules = desk.rules.pinned(receipt.set_version)
    requests = prints_of(_explained_paper(replica, desk, receipt, rules), rules, copy=True)
    now = desk.now()
    due_minor = decode_outcome(bytes(receipt.outcome)).total_due_minor
    act = Act(operator, "reprint", receipt_id, due_minor, receipt.member_id, by_pin=by_pin)

    def step(connection: Connection) -> None:
        prints.add(connection, receipt.organisation_id, receipt_id, requests, now)
        actions.record(connection, receipt.organisation_id, now, act)

    journal.write(step)
    return receipt.sequence_no


def receipt_text(journal: Journal, replica: Replica, desk: Desk, receipt_id: str, width: int) -> str:
    """The receipt as it was printed, as text."""
    receipt = _receipt(journal, receipt_id)
    paper = _explained_paper(replica, desk, receipt, desk.rules.pinned(receipt.set_version))
    return text_of(receipt_document(paper), width)


def complete(journal: Journal, replica: Replica, desk: Desk, job: PrintJob) -> Document:
    """A printout as it goes to the printer: a receipt is told its hints only now, when no register waits for them.

    One that was begun before has them already, and so has one that an earlier program laid out with its reasons.
    """
    receipt = journal.receipt(job.receipt_id) if job.kind == "receipt" and not job.attempts else None
    if receipt is None or receipt.kind != "sale" or decode_outcome(bytes(receipt.outcome)).reasons:
        return job.document
    return with_hints(job.document, _explained_paper(replica, desk, receipt, desk.rules.pinned(receipt.set_version)))


def recent(journal: Journal, limit: int) -> tuple[ReceiptSummary, ...]:
    """Newest first."""
    return tuple(map(_summary, journal.recent_receipts(limit)))


def sales_found(journal: Journal, member_id: str, sequence_no: int, limit: int) -> tuple[ReceiptSummary, ...]:
    """Sales of a member, with a number on paper, or (both empty) any; newest first."""
    return tuple(map(_summary, journal.sales_found(member_id, sequence_no, limit)))


def _summary(head: StoredReceipt) -> ReceiptSummary:
    return ReceiptSummary(
        receipt_id=head.receipt_id,
        business_day=head.business_day,
        sequence_no=head.sequence_no,
        kind=head.kind,
        sale_ref=head.sale_ref,
        closed_at=head.closed_at,
        operator=head.operator,
        member_id=head.member_id,
        total_value_minor=head.value_minor,
        total_discount_minor=head.discount_minor,
        total_due_minor=head.due_minor,
        uploaded=head.acknowledged,
    )


def _finished(journal: Journal, sale_ref: str) -> SaleRow:
    row = journal.sale(sale_ref)
    if row is None:
        raise CheckoutError("sale_unknown", f"No sale {sale_ref!r} is known here. Send its basket first.")
    return row


def _receipt(journal: Journal, receipt_id: str) -> ReceiptDocument:
    receipt = journal.receipt(receipt_id)
    if receipt is None:
        raise CheckoutError("receipt_unknown", f"Receipt {receipt_id!r} is not in this till's journal (any more).")
    return receipt


def _explained_paper(replica: Replica, desk: Desk, receipt: ReceiptDocument, rules: CompiledSet | None) -> ReceiptPaper:
    """The receipt as paper, with the reasons for what the customer could have had."""
    outcome = explained(receipt, None if rules is None else rules.ruleset)
    names = {key: product.name for key, product in replica.products(mentioned_products(outcome)).items()}
    return paper_of(receipt, outcome, desk.till, _member(replica, receipt), rules, names)


def _member(replica: Replica, receipt: ReceiptDocument) -> MemberBody | None:
    return replica.member(receipt.member_id) if receipt.member_id else None
