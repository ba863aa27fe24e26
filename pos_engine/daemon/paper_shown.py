"""A receipt as its customer gets it, read beside a till that may be running: files are opened for reading only."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from pos_engine.checkout.active_rules import compile_set
from pos_engine.checkout.paper import paper_of
from pos_engine.journal import prints, receipt_list, rule_sets
from pos_engine.journal.engine import Connection, open_database
from pos_engine.journal.identity import TillIdentity, load_identity
from pos_engine.journal.replica import Replica
from pos_engine.ports.document import Document
from pos_engine.receipts.explained import explained
from pos_engine.receipts.hints import mentioned_products
from pos_engine.receipts.receipt import with_hints
from pos_engine.wire.campaigns import load_set
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.sync import ReceiptDocument


def shown_paper(data: Path, key: bytes | None, receipt_id: str) -> tuple[str, Document] | None:
    """A receipt's id and paper, the newest one's when none is named; None when there is none.

    What was printed is shown as it was. What waits for a printer, or has none, is told its hints now. JournalError.
    """
    with closing(open_database(data / "journal.db", "FULL", key, read_only=True)) as journal:
        found = prints.receipt_paper(journal, receipt_id)
        if found is None or found.begun:
            return None if found is None else (found.receipt_id, found.document)
        till = load_identity(journal)
        receipt = None if till is None else receipt_list.find(journal, till, found.receipt_id)
        if till is None or receipt is None or receipt.kind != "sale":
            return found.receipt_id, found.document
        replica = Replica.look(data / "replica.db", key=key)
        if replica is None:
            return found.receipt_id, found.document
        with closing(replica):
            return found.receipt_id, _with_hints(found.document, journal, replica, till, receipt)


def _with_hints(
    document: Document, journal: Connection, replica: Replica, till: TillIdentity, receipt: ReceiptDocument
) -> Document:
    """The paper with what the customer could have had; as it is where the campaigns of then are gone."""
    raw = rule_sets.kept(journal, till, receipt.set_version)
    try:
        rules = None if raw is None else compile_set(load_set(raw))
        outcome = explained(receipt, None if rules is None else rules.ruleset)
    except (DocumentError, ValueError):
        return document
    names = {key: product.name for key, product in replica.products(mentioned_products(outcome)).items()}
    member = replica.member(receipt.member_id) if receipt.member_id else None
    return with_hints(document, paper_of(receipt, outcome, till, member, rules, names))
