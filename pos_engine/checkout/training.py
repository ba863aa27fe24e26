"""Training: the counter works as always, and nothing of it is real.

Laws: it begins and ends between sales only; it writes into a journal that is thrown away; it wishes for no rights,
takes over no campaign set, and moves no value on a card; screen and paper say so.
"""

from __future__ import annotations

from dataclasses import replace

from typing_extensions import override

from pos_engine import words
from pos_engine.checkout.counter_side import CounterSide
from pos_engine.checkout.errors import CheckoutError
from pos_engine.journal.counter_journal import CounterJournal
from pos_engine.journal.journal import Journal


class Training(CounterSide):
    """Thread-safe. Every refusal is a CheckoutError."""

    @property
    def training(self) -> bool:
        """Whether what happens at the counter is practice."""
        return _is_training(self._journal)

    def training_said(self) -> str:
        """What a register must know of training, in the till's language; empty while everything is real."""
        if not self.training:
            return ""
        with self._lock:
            return words.text("training.screen", self._need().language)

    def begin_training(self) -> None:
        """Everything is practice from now on. CheckoutError training_refused: sales are open or parked."""
        with self._lock:
            desk = self._need()
            journal = self._journal
            if not isinstance(journal, CounterJournal):
                raise CheckoutError("training_refused", "This till was started without a place to practise in.")
            if journal.training:
                raise CheckoutError("training_refused", words.text("training.already", desk.language))
            if self._shelf.all():
                raise CheckoutError("training_refused", words.text("training.sales_open", desk.language))
            active = self._replica.active_set()
            journal.begin_training(None if active is None else active.raw)
            self._begin_anew(training=True)
            self._say(desk, "warning", "training.begun")
        self._publish()

    def end_training(self) -> None:
        """Everything is real again; what was practised is gone, also what is still open."""
        with self._lock:
            desk = self._need()
            journal = self._journal
            if not isinstance(journal, CounterJournal) or not journal.training:
                raise CheckoutError("training_refused", words.text("training.not_on", desk.language))
            self._shelf.forget_all()
            journal.end_training()
            self._begin_anew(training=False)
            self._say(desk, "good", "training.ended")
        # A set that came meanwhile, which practice did not take over.
        self.refresh()

    def _begin_anew(self, *, training: bool) -> None:
        """No card, code or last sale of one side is seen on the other."""
        self._readers.room.take(has_card=False)
        self._teller.last = None
        self._teller.alarm = None
        self._at_hand.wish_for_nothing(still=training)
        self._surroundings = replace(self._surroundings, training=training, scanned_receipt="")

    @override
    def refresh(self) -> bool:
        return False if self.training else super().refresh()


def _is_training(journal: Journal) -> bool:
    return isinstance(journal, CounterJournal) and journal.training
