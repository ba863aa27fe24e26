"""What the back-office kept aside is named to it now and then: an older copy of it that was put back may not have it.

Its own marks do not tell, because another receipt may stand there under the same number.
"""

from __future__ import annotations

from typing import Final

from pos_engine.journal.journal import Journal
from pos_engine.ports.clock import Clock
from pos_engine.wire.heartbeat import ASIDE_TOLD_MAX, AsideReceipt, HeartbeatAnswer

TOLD_AGAIN_MS: Final = 15 * 60_000
"""How long after all were named they are named once more; at each start of the program at once."""


class AsideRound:
    """Which of them the next heartbeat names. Used by one thread at a time."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._after = 0, 0
        self._done_ms: int | None = None
        self._due = True

    def next_ones(self) -> tuple[AsideReceipt, ...]:
        """Some of them; none while all were named lately."""
        self._due = self._done_ms is None or self._clock.monotonic_ms() - self._done_ms >= TOLD_AGAIN_MS
        return self._journal.aside_after(*self._after, ASIDE_TOLD_MAX) if self._due else ()

    def answered(self, named: tuple[AsideReceipt, ...], answer: HeartbeatAnswer) -> bool:
        """The back-office has looked for these; whether they, and all since, are handed over again."""
        if len(named) == ASIDE_TOLD_MAX:
            self._after, self._done_ms = (named[-1].epoch, named[-1].seq), None
        elif self._due:
            self._after, self._done_ms = (0, 0), self._clock.monotonic_ms()
        return answer.aside_lost and self._journal.hand_over_aside_again()
