"""A person decides what became of a move whose card does not come back; and what the receipt of its sale says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.sync_api.card_move_list import CARD
from backoffice.sync_api.card_moves import SUBJECT, subject_of
from backoffice.sync_api.models import CardMove, CardRight, Receipt
from pos_engine.wire.sync import ReceiptDocument

Decision = Literal["done", "undone"]
DECIDED: Final = "card_move_decided"
NOTE_LENGTH_MAX: Final = 300
CARD_TENDER: Final = "card_value"
"""How a receipt names what was paid with value on a card."""


@dataclass(frozen=True)
class MoveKey:
    """A move's till and number."""

    workstation_id: str
    move_id: str


@dataclass(frozen=True)
class OnReceipt:
    """The receipt of the sale that a card was asked for. `by_card_minor`: what of it the card paid with its value."""

    workstation_id: str
    epoch: int
    seq: int
    number: int
    by_card_minor: int
    due_minor: int
    voided: bool


def move_of(session: Session, organisation_id: str, key: MoveKey) -> CardMove | None:
    """One move of this organisation."""
    return session.get(CardMove, (organisation_id, key.workstation_id, key.move_id))


def decide(session: Session, doing: Doing, key: MoveKey, decision: str, note: str) -> None:
    """Write down what became of a move, for its till to take over. InputError: the card has said it, or no reason."""
    row = move_of(session, doing.organisation_id, key)
    if row is None:
        raise InputError(_("There is no such move."))
    if row.settled_by == CARD:
        raise InputError(_("The card has said meanwhile what became of it."))
    said = reason_given(note)
    if decision not in ("done", "undone"):
        raise InputError(_("Choose what became of it."))
    row.decision, row.decided_by, row.decided_at, row.note = decision, doing.actor, doing.clock.now(), said
    doing.note(session, DECIDED, SUBJECT, subject_of(row), f"{row.kind} {row.amount_minor} {decision}: {said}")


def reason_given(note: str) -> str:
    """How a person says to know it, in one line. InputError: nothing is said, or too much."""
    said = " ".join(note.split())
    if not said or len(said) > NOTE_LENGTH_MAX:
        raise InputError(_("Say in 1 to %(most)s characters how you know.", most=NOTE_LENGTH_MAX))
    return said


def receipt_of(session: Session, row: CardMove | CardRight) -> OnReceipt | None:
    """The receipt of the sale that a move or a right belongs to; None: there is none, or it has not arrived."""
    rows = session.scalars(
        select(Receipt)
        .where(
            Receipt.organisation_id == row.organisation_id,
            Receipt.workstation_id == row.workstation_id,
            Receipt.sale_ref == row.reference,
        )
        .order_by(Receipt.epoch, Receipt.seq)
    ).all()
    sale = next((receipt for receipt in rows if receipt.kind == "sale"), None)
    if sale is None:
        return None
    tenders = msgspec.json.decode(sale.raw, type=ReceiptDocument).tenders
    return OnReceipt(
        sale.workstation_id,
        sale.epoch,
        sale.seq,
        sale.sequence_no,
        sum(tender.amount_minor for tender in tenders if tender.kind == CARD_TENDER),
        sale.total_due_minor,
        any(receipt.kind == "void" for receipt in rows),
    )
