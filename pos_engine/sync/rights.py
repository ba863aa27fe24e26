"""Fetching rights that sales wish for, and giving back what the lender recalls: one request at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from pos_engine.journal.journal import Journal
from pos_engine.journal.rights_held import HeldRights
from pos_engine.ports.clock import Clock
from pos_engine.rights.wished import Wishes
from pos_engine.sync.client import LinkDownError, RefusedError
from pos_engine.sync.protocol import Link
from pos_engine.wire.rights import RightAnswer, RightAsk

POLL_MS = 5_000
"""How often a till that holds something asks whether it is recalled."""

RightsReport = Literal["idle", "waiting", "off_line", "refused", "heard"]
"""idle: nothing to say. waiting: the last try failed and the next is not due. heard: the lender answered."""

Lender = Callable[[RightAsk], RightAnswer]
"""One request to whoever lends to this till. LinkDownError, RefusedError."""


class RightsService:
    """Thread-safe: requests take turns. A sale never waits for it."""

    def __init__(
        self,
        journal: Journal,
        held: HeldRights,
        wishes: Wishes,
        lender: Lender,
        clock: Clock,
        on_change: Callable[[], object] = lambda: None,
    ) -> None:
        """`on_change` is called when something can be used that could not before."""
        self._journal = journal
        self._held = held
        self._wishes = wishes
        self._lender = lender
        self._clock = clock
        self._on_change = on_change
        self._turn = threading.Lock()
        self._link = Link()
        self._polled_ms: int | None = None

    def tick(self) -> RightsReport:
        """One request, when there is something to say and the line may be tried. A bad line raises nothing."""
        with self._turn:
            now_ms = self._clock.monotonic_ms()
            if self._journal.identity() is None:
                return "idle"
            if not self._link.may_try(now_ms):
                return "waiting"
            wishes = self._wishes.next_round()
            due = self._polled_ms is None or now_ms - self._polled_ms >= POLL_MS
            ask = self._held.ask(wishes, poll=due)
            if ask is None:
                return "idle"
            try:
                answer = self._lender(ask)
            except LinkDownError:
                self._link.failed(self._clock.monotonic_ms())
                return "off_line"
            except RefusedError:
                self._link.failed(self._clock.monotonic_ms())
                return "refused"
            self._link.answered()
            self._polled_ms = now_ms
            before = {want.right_id: want.known for want in ask.wants}
            for grant in answer.grants:
                if grant.granted > before.get(grant.right_id, grant.granted):
                    self._wishes.fulfilled(grant.right_id)
            changed = self._held.hear(ask, answer)
        if changed:
            self._on_change()
        return "heard"
