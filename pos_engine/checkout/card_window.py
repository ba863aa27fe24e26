"""Value on cards as the cashier sees it: whatever the register asks of a card, the screen says what came of it.

A move that is in doubt stays on the screen until its card, or somebody in the office, has decided it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog

from pos_engine import words
from pos_engine.checkout.answers import Message, Severity
from pos_engine.checkout.card_value import CardPayError, CardValueDesk, Moved
from pos_engine.checkout.phrases import say
from pos_engine.journal.card_moves import MoveRow
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from pos_engine.ports.stored_value import CardValue

T = TypeVar("T")

_log = structlog.get_logger(__name__)

LANGUAGE_BEFORE_ENROLMENT: Final = "en"
CARD_END: Final = 6
"""So much of a card's number tells it from the others at a counter, and no more of it need stand on a screen."""
DOUBTS_SHOWN_MAX: Final = 3
SEVERITIES: Final[dict[str, Severity]] = {"card_in_doubt": "error", "card_not_genuine": "error"}


@dataclass(frozen=True)
class CardNews:
    """For the screen: what just came of a card (None: nothing new) and what is not known yet, in words."""

    message: Message | None
    doubts: tuple[str, ...]


Tell = Callable[[CardNews], None]


class CardWindow:
    """The requests of `CardValueDesk`, each told to the cashier. Thread-safe."""

    def __init__(
        self,
        desk: CardValueDesk,
        journal: Journal,
        tell: Tell,
        card_with_key: Callable[[], str],
        training: Callable[[], bool] = lambda: False,
    ) -> None:
        """`card_with_key`: the card that proved its key last, for requests that name none.

        `training`: whether nothing is real now; then no card is read or written.
        """
        self._training = training
        self._desk = desk
        self._journal = journal
        self._tell = tell
        self._card_with_key = card_with_key
        self._in_doubt: frozenset[str] = frozenset()
        self._settling = threading.Lock()
        self._say(None)

    def look(self, card_id: str = "") -> tuple[CardValue, tuple[MoveRow, ...]]:
        """See `CardValueDesk.look`. CardPayError."""
        seen, decided = self._told(self._desk.look, card_id)
        balance = self._money(seen.balance_minor, seen.currency)
        self._say(say(self.language, "info", "card_value.screen_balance", balance=balance))
        return seen, decided

    def pay(self, sale_ref: str, card_id: str, amount_minor: int, operator: str = "") -> Moved:
        """See `CardValueDesk.pay`. CardPayError."""
        return self._moved(
            "paid", card_id, lambda card: self._desk.pay(sale_ref, card, amount_minor, self.currency, operator)
        )

    def top_up(self, reference: str, card_id: str, amount_minor: int, operator: str = "") -> Moved:
        """See `CardValueDesk.top_up`. CardPayError."""
        return self._moved(
            "topped_up", card_id, lambda card: self._desk.top_up(reference, card, amount_minor, self.currency, operator)
        )

    def give_back(self, sale_ref: str, operator: str = "") -> Moved:
        """See `CardValueDesk.give_back`. CardPayError."""
        return self._moved("given_back", "", lambda _card: self._desk.give_back(sale_ref, operator))

    def tapped(self, card_id: str) -> None:
        """A card proved its key just now. If something is not known about it, it is asked, on a thread of its own."""
        if card_id in self._in_doubt:
            threading.Thread(target=self._settle, args=(card_id,), name="card doubt", daemon=True).start()

    def look_again(self) -> None:
        """Moves were decided elsewhere: the screen shows what is left."""
        self._say(None)

    def _settle(self, card_id: str) -> None:
        if not self._settling.acquire(blocking=False):
            return  # a tap before this one is being worked at
        try:
            self.look(card_id)
        except (CardPayError, JournalError) as error:
            _log.warning("card_doubt_stays", code=error.code)
        finally:
            self._settling.release()

    @property
    def language(self) -> str:
        """The till's."""
        till = self._journal.identity()
        return LANGUAGE_BEFORE_ENROLMENT if till is None else till.language

    @property
    def currency(self) -> str:
        """The shop's; empty before the till belongs to one."""
        till = self._journal.identity()
        return "" if till is None else till.tariff.currency

    def card(self, card_id: str) -> str:
        """The card a request is about. CardPayError: none was named and none has proved itself; or this is training."""
        if self._training():
            raise CardPayError("card_training", "This is training: no card is read or written.")
        found = card_id or self._card_with_key()
        if not self.currency or not found:
            raise CardPayError("card_absent", "No card has proved its key yet.")
        return found

    def _moved(self, what: str, card_id: str, move: Callable[[str], Moved]) -> Moved:
        moved = self._told(move, card_id)
        amount = self._money(moved.amount_minor, self.currency)
        if moved.balance_minor is None:
            self._say(say(self.language, "good", f"card_value.screen_{what}_before", amount=amount))
        else:
            balance = self._money(moved.balance_minor, self.currency)
            self._say(say(self.language, "good", f"card_value.screen_{what}", amount=amount, balance=balance))
        return moved

    def _told(self, ask: Callable[[str], T], card_id: str) -> T:
        try:
            return ask(self.card(card_id))
        except CardPayError as error:
            self._say(say(self.language, SEVERITIES.get(error.code, "warning"), f"card_value.{error.code}"))
            raise

    def _say(self, message: Message | None) -> None:
        rows = self._journal.undecided_card_moves() if self.currency else ()
        self._in_doubt = self._journal.cards_to_ask() if self.currency else frozenset()
        self._tell(CardNews(message, tuple(map(self._doubt, rows[:DOUBTS_SHOWN_MAX]))))

    def _doubt(self, row: MoveRow) -> str:
        return words.text(
            f"card_value.screen_{row.state}",
            self.language,
            card=f"…{row.card_id[-CARD_END:]}",
            amount=self._money(row.amount_minor, row.currency),
            sale=row.reference.partition("@")[0],
        )

    def _money(self, minor: int, currency: str) -> str:
        return words.money_text(minor, currency, self.language)
