"""Paying and topping up with value that lies on the card itself.

Laws: the journal knows a move before the card is told; only the card decides what became of it; nothing is granted on
a timeout; the same sale is never charged twice; what was taken for a sale that came to nothing is given back on demand.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

import structlog

from pos_engine.checkout.requests import CommitRequest
from pos_engine.journal.card_moves import MoveReason, MoveRow
from pos_engine.journal.journal import Journal
from pos_engine.ports.clock import Ids
from pos_engine.ports.stored_value import CardMove, CardValue, CardValueCode, CardValueError, StoredValueCard

TENDER_KIND = "card_value"
"""How value on a card is named among a sale's tenders."""

_log = structlog.get_logger(__name__)

PayCode = CardValueCode | Literal["amount_wrong", "already_taken", "nothing_taken", "tender_differs", "card_training"]


class CardPayError(Exception):
    """Why nothing was moved, or why it is not known yet. `code` has a sentence `card_value.<code>` in the catalogue."""

    def __init__(self, code: PayCode, text: str) -> None:
        super().__init__(text)
        self.code: PayCode = code
        self.text = text


class _FoundDone(Exception):  # noqa: N818 (no error: leaves the card's session, for the move was made before)
    def __init__(self, row: MoveRow) -> None:
        super().__init__(row.move_id)
        self.row = row


@dataclass(frozen=True)
class Moved:
    """A move that the card confirmed. `balance_minor`: None when it was found done at a later tap."""

    move_id: str
    amount_minor: int
    balance_minor: int | None


class CardValueDesk:
    """Thread-safe: one move at a time on one till."""

    def __init__(self, journal: Journal, card: StoredValueCard, ids: Ids) -> None:
        self._journal = journal
        self._card = card
        self._ids = ids
        self._lock = threading.Lock()

    def look(self, card_id: str) -> tuple[CardValue, tuple[MoveRow, ...]]:
        """What lies on the card, and what was in doubt about it and is now decided. CardPayError."""
        with self._lock:
            try:
                seen = self._card.look(card_id)
            except CardValueError as error:
                raise CardPayError(error.code, error.text) from error
            return seen, self._journal.settle_card(seen)

    def pay(self, sale_ref: str, card_id: str, amount_minor: int, currency: str, operator: str = "") -> Moved:
        """Take an amount for a sale, once. Asked again, it is told again. CardPayError."""
        return self._move("sale", sale_ref, CardMove("", card_id, "debit", amount_minor, currency), operator)

    def top_up(self, reference: str, card_id: str, amount_minor: int, currency: str, operator: str = "") -> Moved:
        """Put an amount on the card, once for each reference. CardPayError."""
        move = CardMove("", card_id, "credit", amount_minor, currency)
        return self._move("top_up", reference, move, operator)

    def give_back(self, sale_ref: str, operator: str = "") -> Moved:
        """Put back what a sale took from the card that paid it. Needs a till that may credit. CardPayError."""
        taken = [row for row in self._journal.card_moves_of(sale_ref) if row.state == "done"]
        paid = next((row for row in taken if row.reason == "sale"), None)
        if paid is None:
            raise CardPayError("nothing_taken", f"No card has paid for sale {sale_ref}.")
        move = CardMove("", paid.card_id, "credit", paid.amount_minor, paid.currency)
        return self._move("give_back", sale_ref, move, operator)

    def paid_minor(self, sale_ref: str) -> int:
        """What cards have paid for a sale and not been given back."""
        done = [row for row in self._journal.card_moves_of(sale_ref) if row.state == "done"]
        return sum(row.amount_minor * {"sale": 1, "give_back": -1, "top_up": 0}[row.reason] for row in done)

    def _move(self, reason: MoveReason, reference: str, move: CardMove, operator: str) -> Moved:
        if move.amount_minor <= 0:
            raise CardPayError("amount_wrong", f"The amount must be above 0, not {move.amount_minor}.")
        with self._lock:
            found = self._done_before(reason, reference, move)
            if found is not None:
                return found
            return self._make(reason, reference, move, operator)

    def _done_before(self, reason: MoveReason, reference: str, move: CardMove) -> Moved | None:
        for row in self._journal.card_moves_of(reference):
            if row.reason != reason or row.state == "undone":
                continue
            if row.state != "done":
                if row.state == "unclear" or row.card_id != move.card_id:
                    text = (
                        f"It is not known yet whether {row.card_id} was charged for {reference}. Tap that card first."
                    )
                    raise CardPayError("card_in_doubt", text)
                continue  # the card itself will say, before anything is moved
            if (row.card_id, row.amount_minor) != (move.card_id, move.amount_minor):
                text = f"{row.amount_minor} was taken for {reference} already; give it back before another amount."
                raise CardPayError("already_taken", text)
            return Moved(row.move_id, row.amount_minor, None)
        return None

    def _make(self, reason: MoveReason, reference: str, wanted: CardMove, operator: str) -> Moved:
        move = CardMove(self._ids.new_id().hex, wanted.card_id, wanted.kind, wanted.amount_minor, wanted.currency)

        def about_to_commit(seen: CardValue) -> None:
            for row in self._journal.settle_card(seen):
                if (row.reason, row.reference) != (reason, reference) or row.state == "undone":
                    continue
                if row.state == "done":
                    raise _FoundDone(row)
                raise CardValueError("card_in_doubt", f"The card no longer tells what became of {row.move_id}.")
            row = MoveRow(
                *(move.move_id, move.card_id, move.kind, reason, reference, move.amount_minor, move.currency),
                *(seen.balance_minor, seen.sequence + 1, operator),
            )
            self._journal.begin_card_move(row)
            begun.append(move.move_id)

        begun: list[str] = []
        try:
            after = self._card.move(move, about_to_commit)
        except _FoundDone as found:
            return self._found(found.row, move)
        except CardValueError as error:
            _log.warning("card_value_not_moved", code=error.code, reason=reason)
            if begun and error.code != "card_in_doubt":
                self._journal.finish_card_move(move.move_id, "undone")
            raise CardPayError(error.code, error.text) from error
        self._journal.finish_card_move(move.move_id, "done")
        return Moved(move.move_id, move.amount_minor, after.balance_minor)

    def _found(self, row: MoveRow, move: CardMove) -> Moved:
        """A move that was in doubt had happened. It counts if it is the one that is asked for now."""
        if row.amount_minor != move.amount_minor:
            text = f"{row.amount_minor} was taken for {row.reference} already; give it back before another amount."
            raise CardPayError("already_taken", text)
        return Moved(row.move_id, row.amount_minor, None)


def check_tenders(desk: CardValueDesk | None, request: CommitRequest) -> None:
    """CardPayError: the register settles with value of a card that no card has given, or leaves out what one has.

    `desk`: None where this till holds no keys of cards.
    """
    tendered = sum(tender.amount_minor for tender in request.tenders if tender.kind == TENDER_KIND)
    if desk is None:
        if tendered:
            raise CardPayError("card_keys_missing", "This till holds no keys of cards.")
        return
    paid = desk.paid_minor(request.sale_ref)
    if tendered != paid:
        text = f"Cards have paid {paid} for sale {request.sale_ref}, the register says {tendered} (minor units)."
        raise CardPayError("tender_differs", text)
