"""What the till expects of hardware. Drivers implement these; a simulator is only another address.

Device laws: `open` claims the device or raises DeviceError; every blocking call takes a bounded timeout; a device that
goes away raises DeviceError from any call and may be opened again; `close` never raises. One thread per device.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from pos_engine.ports.card_rights import CardMemory
from pos_engine.ports.document import Document

DeviceCode = Literal[
    "reader_missing",
    "reader_gone",
    "reader_busy",
    "reader_denied",
    "reader_silent",
    "pcsc_not_installed",
    "pcsc_denied",
    "pcscd_missing",
    "printer_offline",
    "printer_cover_open",
    "printer_paper_out",
    "printer_paper_near_end",
    "printer_error",
    "print_queue_full",
    "document_unprintable",
    "pass_through_gone",
    "register_busy",
    "register_denied",
    "register_gone",
    "register_silent",
    "device_fault",
    "device_stuck",
]
"""Everything that can be the matter with a device. `pos_engine.words` has a sentence `device.<code>` for each."""


class DeviceError(Exception):
    """A device that cannot be used now. `code` is stable; the text (English, with the place) is for the log.

    `paper_used`: a printer had begun, so that a piece of the document may be on the paper and a repeat must be marked.
    """

    def __init__(self, code: DeviceCode, text: str, *, paper_used: bool = False) -> None:
        super().__init__(text)
        self.code: DeviceCode = code
        self.paper_used = paper_used


CardProof = Literal["none", "tap", "key"]
"""How a card showed that it is itself: not at all (a UID can be copied), by a fresh tap's MAC, by knowing its key."""


@dataclass(frozen=True)
class CardIdentity:
    """A card as every reader must name it.

    `technology`: the air interface or medium: iso14443a, iso14443b, em4100, magstripe, barcode. `uid_hex`: upper-case
    hex, most significant byte first (for magstripe and barcode: the number as read). `family` is what the answer to
    reset says (mifare_classic_1k, ultralight_ntag, desfire, …), never part of the identity. `proof`: what this tap
    showed; never part of it either, no more than `memory`: what the card remembers of rights that were used (None: it
    proved no key, or remembers nothing).
    """

    technology: str
    uid_hex: str
    family: str = ""
    proof: CardProof = "none"
    memory: CardMemory | None = None

    @property
    def card_id(self) -> str:
        """The canonical id: technology and UID, the same whichever reader saw the card."""
        return f"{self.technology}:{self.uid_hex}"


@dataclass(frozen=True)
class CardPresented:
    """A card was recognised."""

    card: CardIdentity


@dataclass(frozen=True)
class CardRemoved:
    """The card that was presented last is gone from the reader."""


class CardTrouble(Enum):
    """A tap that did not identify anybody. The value is the stable code of the cashier's sentence."""

    PHONE = "card_phone"
    TWO_CARDS = "card_two"
    FOREIGN = "card_foreign"
    UNREADABLE = "card_unreadable"
    NOT_GENUINE = "card_not_genuine"
    STALE_TAP = "card_tap_stale"


@dataclass(frozen=True)
class CardRefused:
    """Something was held to the reader that cannot be used as a card (T11)."""

    trouble: CardTrouble


@dataclass(frozen=True)
class CodeScanned:
    """A barcode scanner read something. `symbology`: ean, code128, gs1_128, qr, datamatrix, databar, unknown.

    `elements`: what a GS1 code holds, as application identifier and value, in order.
    """

    symbology: str
    text: str
    elements: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What a card or coupon may be known by: the text itself, and the numbers that GS1 has for people and coupons.

        8018 is the number of a person served (GSRN), 255 that of a coupon (GCN).
        """
        numbers = (value for identifier, value in self.elements if identifier in {"8018", "255"})
        return (self.text.strip(), *numbers)


ReaderEvent = CardPresented | CardRemoved | CardRefused | CodeScanned


class Reader(ABC):
    """A card reader or a scanner."""

    @abstractmethod
    def open(self) -> None:
        """Claim the device. DeviceError says why not."""

    @abstractmethod
    def next_event(self, timeout_s: float) -> ReaderEvent | None:
        """Wait at most that long for something to happen; None when nothing did. DeviceError when it went away."""

    @abstractmethod
    def close(self) -> None:
        """Give the device back. Never raises."""


@dataclass(frozen=True)
class PrinterStatus:
    """What the printer itself answered; no answer is `online=False`, never "fine"."""

    online: bool
    paper_out: bool = False
    paper_near_end: bool = False
    cover_open: bool = False
    error: bool = False

    @property
    def can_print(self) -> bool:
        """Whether a document can be sent now."""
        return self.online and not (self.paper_out or self.cover_open or self.error)


@dataclass(frozen=True)
class PrintedPart:
    """How much of a document is on paper: `blocks` counted from its beginning.

    `joined`: the last of them came out after the trouble, on the paper that is in the printer now, so that what follows
    is on the same piece.
    """

    blocks: int = 0
    joined: bool = False


class Printer(ABC):
    """A receipt printer."""

    @abstractmethod
    def open(self) -> None:
        """Claim the device. DeviceError says why not."""

    @abstractmethod
    def status(self) -> PrinterStatus:
        """Ask the device now."""

    @abstractmethod
    def print_document(self, document: Document) -> None:
        """Print and cut. Returns only when the device confirmed good status afterwards.

        DeviceError code printer_paper_out, printer_cover_open, printer_offline, printer_error: the document is not
        finished. If `paper_used`, `printed_part` says what the caller need not print again; else nothing came out.
        Code document_unprintable: the document itself is wrong and no repeat will help.
        """

    def use_logo(self, png: bytes) -> None:  # noqa: B027 - a printer without graphics has none
        """The shop's logo from now on, for Logo blocks; empty: none. ValueError: it is no picture.

        A printer that was given one of its own keeps that.
        """

    def printed_part(self) -> PrintedPart:
        """What of the document that failed last is known to be on paper.

        Asked when the printer is well again, for what it still held may have come out meanwhile; this waits for it.
        Nothing also where the printer cannot tell: a repeat must say that it is one. DeviceError when it went away.
        """
        return PrintedPart()

    @abstractmethod
    def close(self) -> None:
        """Give the device back. Never raises."""


DeviceState = Literal["starting", "ok", "trouble", "missing"]
DeviceKind = Literal["reader", "printer", "register"]


@dataclass(frozen=True)
class DeviceHealth:
    """How a device is, judged by its last good exchange and not by "open worked".

    `state`: starting until the first exchange; trouble after a miss, or when it answers that it cannot work (no paper);
    missing after three misses in a row. `code` and `text` (English, for the log) say what is wrong and
    what to do; code None and no text: all is well. `waiting`: printouts that wait for this printer.
    """

    name: str
    kind: DeviceKind
    state: DeviceState
    code: DeviceCode | None = None
    text: str = ""
    last_good_at: datetime | None = None
    waiting: int = 0
