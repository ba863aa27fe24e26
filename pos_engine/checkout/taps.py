"""What was held to a reader while no sale was in front: it waits a bounded time for the next one."""

from __future__ import annotations

from dataclasses import dataclass

from pos_engine.checkout.cards import Holder
from pos_engine.ports.clock import Clock

WAIT_MS_MAX = 120_000
"""A card tapped this long ago belongs to a customer who has left. Two minutes cover the goods being unpacked."""

CODES_MAX = 20
"""Coupon codes that may wait, and that one sale may have (docs/nexo-profile.md, C6)."""


@dataclass(frozen=True)
class Waiting:
    """A card and coupons that wait. `since_ms`: monotonic time of the last of them."""

    holder: Holder | None = None
    codes: tuple[str, ...] = ()
    since_ms: int = 0


class WaitingRoom:
    """Holds what waits; forgets it in time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting = Waiting()

    def look(self) -> Waiting:
        """What waits now."""
        if self._clock.monotonic_ms() - self._waiting.since_ms > WAIT_MS_MAX:
            self._waiting = Waiting()
        return self._waiting

    def card(self, holder: Holder) -> Holder | None:
        """A card waits from now on; the one it takes the place of."""
        before = self.look()
        self._waiting = Waiting(holder, before.codes, self._clock.monotonic_ms())
        return before.holder

    def code(self, code: str) -> None:
        """A coupon waits from now on. The oldest gives way when there are too many."""
        before = self.look()
        codes = (*(c for c in before.codes if c != code), code)[-CODES_MAX:]
        self._waiting = Waiting(before.holder, codes, self._clock.monotonic_ms())

    def take(self, *, has_card: bool) -> Waiting:
        """Hand over what waits to a sale. One that has a card already leaves a waiting card and its coupons behind."""
        found = self.look()
        if has_card and found.holder is not None:
            return Waiting()
        self._waiting = Waiting()
        return found
