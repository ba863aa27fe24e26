"""What goes wrong with a card's next commands, ordered at run time or drawn from a seed.

Laws: the reader waits for ever for an answer, so a card that is silent is taken away after `SILENT_S`; the same seed
gives the same misfortunes in the same order.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Sequence

from firmware_sim.cards.card import NO_INFORMATION, SimulatedCard
from firmware_sim.line.orders import OrderError

KINDS = ("tear", "error", "corrupt", "repeat")
"""What may be drawn. `tear`: the card is gone instead of an answer; `repeat`: the answer before comes again."""
DELAY_S_MAX = 10.0
SILENT_S = 10.0
WORDS = (
    "none, tear N, pull N [before|after], pull at HEX [before|after], error N, corrupt N, repeat N, delay SECONDS, "
    "silent, chance 0..1, seed N"
)
_HEX = re.compile("(?:[0-9a-fA-F]{2}){1,16}")


class CardFaults:
    """The faults of one slot. What lies on it changes; they stay until ordered otherwise."""

    def __init__(self, seed: int = 0) -> None:
        """`seed`: of what is drawn."""
        self._random = random.Random(seed)
        self._clear()

    def _clear(self) -> None:
        self._left: dict[str, int] = {}
        self._pull_in = 0
        self._pull_at = b""
        self._pull_after = False
        self._delay_s = 0.0
        self._chance = 0.0
        self._silent = False
        self._last_answer = b""

    def order(self, words: Sequence[str]) -> str:
        """Set a fault; what is set then. OrderError when it is not understood."""
        match list(words):
            case ["none"]:
                self._clear()
            case ["silent"]:
                self._silent = True
            case ["pull", count, *when] if count.isdecimal() and when in ([], ["before"], ["after"]):
                # A card may be on the reader: the count comes last.
                self._pull_after = when == ["after"]
                self._pull_in = int(count)
            case ["pull", "at", begins, *when] if _HEX.fullmatch(begins) and when in ([], ["before"], ["after"]):
                # What is asked in between (who is there?) does not count.
                self._pull_after = when == ["after"]
                self._pull_at = bytes.fromhex(begins)
            case ["seed", seed] if seed.isdecimal():
                self._random = random.Random(int(seed))
            case ["delay", seconds] if seconds.replace(".", "", 1).isdecimal():
                self._delay_s = min(float(seconds), DELAY_S_MAX)
            case ["chance", share] if share.replace(".", "", 1).isdecimal() and float(share) <= 1:
                self._chance = float(share)
            case [kind] if kind in KINDS:
                self._left[kind] = 1
            case [kind, count] if kind in KINDS and count.isdecimal():
                self._left[kind] = int(count)
            case _:
                raise OrderError(f"card faults: {WORDS}")
        return self.describe()

    def describe(self) -> str:
        """What is set now, in words."""
        parts = ["silent"] if self._silent else []
        parts += [f"{kind} {count}" for kind, count in self._left.items() if count]
        if self._pull_in:
            parts.append(f"pull {self._pull_in} {'after' if self._pull_after else 'before'}")
        if self._pull_at:
            parts.append(f"pull at {self._pull_at.hex().upper()} {'after' if self._pull_after else 'before'}")
        if self._delay_s:
            parts.append(f"delay {self._delay_s}")
        if self._chance:
            parts.append(f"chance {self._chance}")
        return ", ".join(parts) or "no faults"

    def answer(self, card: SimulatedCard, command: bytes, gone: threading.Event) -> bytes | None:
        """The card's answer as it reaches the reader; None: it is taken away now. `gone`: ends a wait."""
        if self._pulled_at(command):
            if self._pull_after:
                card.answer(command)
            return None
        if self._silent:
            gone.wait(SILENT_S)
            return None
        if self._delay_s:
            gone.wait(self._delay_s)
        kind = self._next_kind()
        if kind == "tear":
            return None
        if kind == "error":
            return NO_INFORMATION
        given = card.answer(command)
        before, self._last_answer = self._last_answer, given
        if kind == "repeat" and before:
            return before
        return self._damaged(given) if kind == "corrupt" else given

    def _pulled_at(self, command: bytes) -> bool:
        """Whether the card is taken away at this command, once."""
        if self._pull_at and command.startswith(self._pull_at):
            self._pull_at = b""
            return True
        if not self._pull_in:
            return False
        self._pull_in -= 1
        return not self._pull_in

    def _next_kind(self) -> str:
        for kind in KINDS:
            if self._left.get(kind):
                self._left[kind] -= 1
                return kind
        if self._chance and self._random.random() < self._chance:
            return self._random.choice(KINDS)
        return ""

    def _damaged(self, answer: bytes) -> bytes:
        """One bit is another."""
        place = self._random.randrange(len(answer))
        return answer[:place] + bytes([answer[place] ^ (1 << self._random.randrange(8))]) + answer[place + 1 :]
