"""The drivers' side of a simulated card without a reader between, and pulling the card at a chosen command."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TypeVar

from drivers.cards.calls import CardAbsentError, OnCard
from drivers.cards.exchange import CardGoneError, Wire
from firmware_sim.cards.card import SimulatedCard, make_card

T = TypeVar("T")

UID = bytes.fromhex("04A1B2C3D4E5F6")


@dataclass
class SimField:
    """A reader's field with one card in it. `commands`: how many it got since `put_down`."""

    card: SimulatedCard
    pull_at: int = 0
    pull_after: bool = False
    commands: int = 0
    gone: bool = False
    log: list[bytes] = field(default_factory=list)

    def put_down(self, pull_at: int = 0, *, after: bool = False) -> None:
        """A fresh tap. The card is pulled at that command from now (0: never), before or after it carried it out."""
        self.card.power_off()
        self.pull_at, self.pull_after = pull_at, after
        self.commands, self.gone = 0, False

    def exchange(self, command: bytes) -> bytes:
        """One command; CardGoneError once the card is gone."""
        if self.gone:
            raise CardGoneError("no card")
        self.commands += 1
        self.log.append(command)
        if self.commands == self.pull_at:
            if self.pull_after:
                self.card.answer(command)
            self.gone = True
            self.card.power_off()
            raise CardGoneError("pulled away")
        return self.card.answer(command)


def sim_card(kind: str = "desfire", uid: bytes = UID, seed: int = 1) -> SimField:
    """A blank simulated card in the field."""
    return SimField(make_card(kind, uid.hex(), random.Random(seed)))


class OneReader:
    """Finds the card that is in the field; a fresh tap for each call. `away`: nobody holds it there."""

    def __init__(self, field: SimField) -> None:
        self.field = field
        self.pulls: list[tuple[int, bool]] = []
        self.away = False

    def __call__(self, card_id: str, work: OnCard[T]) -> T:
        if self.away or card_id != f"iso14443a:{self.field.card.uid.hex().upper()}":
            raise CardAbsentError("another card")
        at, after = self.pulls.pop(0) if self.pulls else (0, False)
        self.field.put_down(at, after=after)
        return work(Wire(self.field.exchange), self.field.card.uid)
