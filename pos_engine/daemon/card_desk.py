"""The desk where cards are made and looked at: one reader, one card after the other, nothing of a till's sale."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from drivers.address import PcscAddress, parse_reader
from drivers.cards.exchange import CardError, CardGoneError, CardRefusalError, Wire
from drivers.cards.issue import CardOrder, IssueError, issue_card
from drivers.cards.keys import KeySet, Role
from drivers.cards.ntag424 import issue_tag
from drivers.errors import AddressError
from drivers.pcsc_reader.desk import OnDesk, ReaderDesk
from pos_engine.daemon.card_batch import Batch, BatchRow
from pos_engine.daemon.card_report import report
from pos_engine.daemon.clock import SystemClock
from pos_engine.ports.devices import CardTrouble, DeviceError

TRIES_MAX = 3
"""A card that is pulled away too soon is asked for again so often."""
MAKEABLE_FAMILIES = ("desfire", "iso14443_4")
"""What DESFire and NTAG 424 DNA look like to a reader; others (MIFARE Classic, Ultralight …) can never be made one."""

TROUBLES = {
    CardTrouble.PHONE: "That is a phone. Take it away, and put the card down.",
    CardTrouble.TWO_CARDS: "More than one card lies there. Leave one.",
    CardTrouble.FOREIGN: "This card cannot be used here. Take another one.",
    CardTrouble.UNREADABLE: "This card cannot be read. Put it down again, or take another one.",
}

Say = Callable[[str], None]


class DeskError(Exception):
    """Why the desk cannot go on; the text says what to do."""


@dataclass(frozen=True)
class Maker:
    """What all cards of a run have in common."""

    keys: KeySet
    currency: str
    limit_minor: int
    address: str

    def make(self, wire: Wire, uid: bytes, number: str, kind: str) -> None:
        """One card. CardError, ValueError."""
        if kind == "ntag424":
            issue_tag(wire, uid, self.keys, self.address)
        else:
            issue_card(wire, uid, self.keys, CardOrder(number, self.currency, self.limit_minor))

    def check(self, kinds: set[str]) -> None:
        """DeskError for what is missing before the first card is asked for."""
        if not self.keys.has(Role.MANAGE):
            raise DeskError("These are a till's keys. Cards are made with issuer.keys of the key ceremony.")
        if "desfire" in kinds and not self.currency:
            raise DeskError("A DESFire card carries value: say in which currency (--currency EUR).")
        if "ntag424" in kinds and not self.address:
            raise DeskError("An NTAG 424 tag carries an address: say which (--address https://shop.example/t).")


def make_one(reader: str, maker: Maker, number: str, kind: str, wait_s: float, say: Say) -> None:
    """Make one card. DeskError."""
    maker.check({kind})
    with _desk(reader) as desk:
        card = _make(desk, maker, BatchRow(number, kind, {}), wait_s, "", say)
        say(f"{number}: {card.card.card_id}")


def make_all(reader: str, maker: Maker, batch: Batch, wait_s: float, say: Say) -> None:
    """Make what is left of a list. DeskError when no card comes in time; what is made is in the result file."""
    maker.check({row.kind for row in batch.left()})
    clock, before = SystemClock(), ""
    with _desk(reader) as desk:
        for row in batch.left():
            card = _make(desk, maker, row, wait_s, before, say, batch)
            before = card.card.card_id
            batch.done(row, before, maker.keys.version, clock.now())
            say(f"{row.number}: {before}  ({batch.made} of {batch.total})")
    say(f"All {batch.total} cards are made: {batch.result_path}")


def describe(reader: str, key_sets: Sequence[KeySet], wait_s: float, say: Say) -> Iterator[str]:
    """What is on the reader, line by line; `say` is told what cannot be one. DeskError."""
    with _desk(reader) as desk:
        there = _wait(desk, wait_s, "", say)
        yield f"{there.card.card_id}  {there.card.family}"
        if not key_sets or there.card.family != "desfire":
            return
        uid = bytes.fromhex(there.card.uid_hex)
        try:
            yield from desk.work(there, lambda wire: report(wire, uid, key_sets))
        except CardError as error:
            raise DeskError(f"{there.card.card_id}: {error}.") from error


def _make(
    desk: ReaderDesk, maker: Maker, row: BatchRow, wait_s: float, before: str, say: Say, batch: Batch | None = None
) -> OnDesk:
    failures = 0
    while True:
        say(f"Put the card for {row.number} on the reader ({row.kind}).")
        there = _wait(desk, wait_s, before, say)
        known = None if batch is None else batch.number_of(there.card.card_id)
        if known is not None:
            say(f"This card is number {known} already. Take another one.")
            before = there.card.card_id
            continue
        if there.card.family not in MAKEABLE_FAMILIES:
            say(f"This card is of another kind ({there.card.family or 'unknown'}). Take a {row.kind}.")
            before = there.card.card_id
            continue
        uid = bytes.fromhex(there.card.uid_hex)
        try:
            desk.work(there, lambda wire, uid=uid: maker.make(wire, uid, row.number, row.kind))  # type: ignore[misc]
        except CardGoneError:
            failures += 1
            if failures == TRIES_MAX:
                raise DeskError(f"{row.number}: the card was taken away {TRIES_MAX} times. Leave it lying.") from None
            say("The card was taken away too soon. Put the same one down again.")
        except IssueError as error:
            say(f"{error}")
            before = there.card.card_id
        except (CardRefusalError, ValueError) as error:
            raise DeskError(f"{row.number}: {error}.") from error
        else:
            return there


def _wait(desk: ReaderDesk, wait_s: float, other_than: str, say: Say) -> OnDesk:
    there = desk.wait_card(wait_s, other_than, lambda trouble: say(TROUBLES[trouble]))
    if there is None:
        raise DeskError(f"No card came in {wait_s:g} s. Start again: it goes on where it stopped.")
    return there


@contextmanager
def _desk(reader: str) -> Iterator[ReaderDesk]:
    try:
        address = parse_reader(reader)
    except AddressError as error:
        raise DeskError(str(error)) from error
    if not isinstance(address, PcscAddress):
        raise DeskError(f"{reader} is no PC/SC reader; cards are made on one (pcsc://).")
    try:
        desk = ReaderDesk(address)
    except DeviceError as error:
        raise DeskError(str(error)) from error
    try:
        yield desk
    except DeviceError as error:
        raise DeskError(str(error)) from error
    finally:
        desk.close()
