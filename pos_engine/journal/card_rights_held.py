"""What customers' cards were told of rights, on this till's disk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pos_engine.journal import card_rights
from pos_engine.journal.card_rights import ChangeRow, ChangeState, fate
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import need_identity
from pos_engine.journal.journal import Journal
from pos_engine.ports.card_rights import CardMemory
from pos_engine.ports.clock import Clock
from pos_engine.wire.heartbeat import KnownRight


class CardRightsBook:
    """Thread-safe by the journal."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def begin(self, row: ChangeRow) -> None:
        """A change that the card is about to be told: durable on return."""
        now = self._clock.now()
        self._journal.write(lambda c: card_rights.begin(c, need_identity(c), row, now))

    def finish(self, change_id: str, state: ChangeState) -> None:
        """What the card said of it."""
        now = self._clock.now()
        self._journal.write(lambda c: card_rights.finish(c, need_identity(c), change_id, state, now))

    def settle(self, card_id: str, seen: CardMemory) -> tuple[ChangeRow, ...]:
        """Decide this card's pending changes by what it remembers; those that were decided."""

        def unsettled(connection: Connection) -> bool:
            till = self._journal.identity_in(connection)
            return till is not None and bool(card_rights.pending(connection, till, card_id))

        if not self._journal.read(unsettled):  # nearly always: no tap costs a write to the disk
            return ()
        now = self._clock.now()
        return self._journal.write(lambda c: _settle(c, card_id, seen, now))

    def booked(self, reference: str, card_id: str) -> dict[str, int]:
        """Units that a card has written down for a sale."""
        return self._journal.read(lambda c: card_rights.booked(c, need_identity(c), reference, card_id))

    def in_doubt(self, reference: str, card_id: str) -> bool:
        """Whether nobody knows yet what a card has written down for a sale."""
        return self._journal.read(lambda c: card_rights.in_doubt(c, need_identity(c), reference, card_id))

    def owed(self, card_id: str) -> dict[str, dict[str, int]]:
        """By sale that is over: what the card wrote down for it and gets back."""

        def step(connection: Connection) -> dict[str, dict[str, int]]:
            till = self._journal.identity_in(connection)
            return {} if till is None else card_rights.owed(connection, till, card_id)

        return self._journal.read(step)

    def news(self, asked: Collection[str] = ()) -> tuple[ChangeRow, ...]:
        """Changes that the back-office may have to hear of; `asked`: those it waits for."""
        return self._journal.read(lambda c: card_rights.news(c, need_identity(c), asked))

    def confirm_told(self, rows: Sequence[ChangeRow]) -> None:
        """The back-office has these changes as they are in `rows`."""
        self._journal.write(lambda c: card_rights.confirm_told(c, need_identity(c), rows))

    def take_over(self, known: Iterable[KnownRight]) -> None:
        """What the back-office knows better: what a person decided, and what an old copy of this disk has forgotten."""
        decided = [change for change in known if change.decision]
        said = [change for change in known if change.state in {"done", "undone"}]
        if not decided and not said:
            return

        def step(connection: Connection) -> None:
            till = need_identity(connection)
            for change in decided:
                card_rights.decide(connection, till, change.change_id, change.decision)
            for change in said:
                card_rights.learn(connection, till, change.change_id, change.state, kept=change.kept)

        self._journal.write(step)


def _settle(connection: Connection, card_id: str, seen: CardMemory, now: datetime) -> tuple[ChangeRow, ...]:
    till = need_identity(connection)
    decided = tuple(replace(row, state=fate(row, seen)) for row in card_rights.pending(connection, till, card_id))
    for row in decided:
        card_rights.finish(connection, till, row.change_id, row.state, now)
    return decided
