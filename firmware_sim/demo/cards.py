"""A card of the demo that carries value: keys as after a ceremony, a blank card made ours, money put on by the till."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

from firmware_sim.cards.slot import CardSlot
from firmware_sim.demo.programs import Programs

ORGANISATION = "Bakery-café and garage"
KIND = "desfire"
UID = "04BA5E00000001"
"""Of the bakery's member 1."""
NUMBER = "1"
TOP_UP_MINOR = 2_000
COMMAND_WAIT_S = 60.0
TOP_UP_WAIT_S = 60.0
ANSWER_WAIT_S = 15.0


class DemoCards:
    """The keys, in a folder of the demo's. A real shop makes them on a machine without network, with several people."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def till_keys(self) -> Path:
        """What the till holds: it knows cards, takes value, and tops up."""
        return self._folder / "till-credit.keys"

    def make(self, programs: Programs, slot: CardSlot, reader: str, currency: str) -> None:
        """Keys, and one card out of a blank one on the reader, while no till uses that. DemoError."""
        issuer = str(self._folder / "issuer.keys")
        card = ["pos_engine", "card"]
        new = [*card, "keys", "new", "--organisation", ORGANISATION, "--shares", "2", "--out", str(self._folder)]
        programs.run("card-keys", new, COMMAND_WAIT_S)
        till = [*card, "keys", "till", issuer, "--with-credit", "--out", str(self.till_keys)]
        programs.run("card-keys-till", till, COMMAND_WAIT_S)
        issue = [*card, "issue", "--keys", issuer, "--reader", reader, "--number", NUMBER, "--currency", currency]
        slot.insert_kind(KIND, UID)
        try:
            programs.run("card-issue", [*issue, "--wait", str(int(COMMAND_WAIT_S))], COMMAND_WAIT_S)
        finally:
            slot.remove()

    def top_up(self, programs: Programs, slot: CardSlot, till_url: str) -> None:
        """Put money on the card, as a register asks its till to. DemoError."""
        slot.insert_kind(KIND, UID)
        try:
            programs.wait_until(lambda: _topped_up(till_url), "the card with value being topped up", TOP_UP_WAIT_S)
        finally:
            slot.remove()


def _topped_up(till_url: str) -> bool:
    """Whether the till has put the money on; asked again, it is told again and put on once."""
    asked = {"sale_ref": "demo-top-up", "card_id": f"iso14443a:{UID}", "amount_minor": TOP_UP_MINOR}
    headers = {"Content-Type": "application/json"}
    address = f"{till_url}/api/card-value/top-up"
    request = urllib.request.Request(address, json.dumps(asked).encode(), headers)  # noqa: S310 - our own till's address
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_WAIT_S):  # noqa: S310
            return True
    except (urllib.error.URLError, OSError):
        return False
