"""The PC/SC service as a few typed calls with every return code checked. No pyscard monitor threads.

A call never returns a code: it returns its value or raises DeviceError (service or reader gone: open again) or
CardLost (this card is gone, mute, or was reset by another program: look again).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from drivers.errors import reader_gone
from pos_engine.ports.devices import DeviceError

try:
    from smartcard import scard
except ImportError as error:  # the module loads libpcsclite when it is imported
    raise DeviceError(
        "pcsc_not_installed",
        f"The PC/SC library cannot be loaded ({error}). Install the Debian packages pcscd and libpcsclite1.",
    ) from error

PLUG_AND_PLAY = "\\\\?PnP?\\Notification"  # pseudo-reader whose state changes when a reader comes or goes
CARD_PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
ANSWER_BYTES_MIN = 2  # the status word

CARD_LOST = {
    scard.SCARD_E_NO_SMARTCARD,
    scard.SCARD_W_REMOVED_CARD,
    scard.SCARD_W_RESET_CARD,
    scard.SCARD_W_UNPOWERED_CARD,
    scard.SCARD_W_UNRESPONSIVE_CARD,
    scard.SCARD_W_UNSUPPORTED_CARD,
    scard.SCARD_E_PROTO_MISMATCH,
    scard.SCARD_E_NOT_TRANSACTED,  # the card did not answer this exchange
    scard.SCARD_E_SHARING_VIOLATION,  # another program holds the card for itself at this moment
}
SERVICE_ABSENT = {
    scard.SCARD_E_NO_SERVICE,
    scard.SCARD_E_SERVICE_STOPPED,
    scard.SCARD_F_COMM_ERROR,  # it ended while it was being asked ("RPC transport error")
    scard.SCARD_W_SECURITY_VIOLATION,  # it was killed before it read what it was asked ("Access denied")
}


class CardLost(Exception):  # noqa: N818 (not an error of ours: the card went, which is its right)
    """This exchange with this card came to nothing; the reader itself is well. Carries the code's name."""


@dataclass(frozen=True)
class SlotState:
    """What the service says about one reader.

    `changes` counts insertions and removals (the upper half of the event state), so that a card that was swapped
    between two looks shows up although one was there both times.
    """

    name: str
    raw: int
    atr: bytes

    @property
    def card_present(self) -> bool:
        """A card is in the field, mute or not."""
        return bool(self.raw & scard.SCARD_STATE_PRESENT)

    @property
    def card_mute(self) -> bool:
        """A card is there and does not answer."""
        return bool(self.raw & scard.SCARD_STATE_MUTE)

    @property
    def gone(self) -> bool:
        """The service does not know this reader any more."""
        return bool(self.raw & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE))

    @property
    def changes(self) -> int:
        """Insertions and removals since the reader came, modulo 65536."""
        return self.raw >> 16 & 0xFFFF


class Service:
    """One context with the PC/SC service, for one thread."""

    def __init__(self, where: str) -> None:
        """Connect. DeviceError pcscd_missing when the service is not running, pcsc_denied when it refuses us."""
        self._where = where
        code, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        if code == scard.SCARD_W_SECURITY_VIOLATION:
            raise _denied()
        if code != scard.SCARD_S_SUCCESS:
            raise DeviceError(
                "pcscd_missing",
                f"The PC/SC service does not answer ({_words(code)}). Start it: systemctl start pcscd.socket",
            )

    def reader_names(self) -> tuple[str, ...]:
        """Every reader the service knows now."""
        code, names = scard.SCardListReaders(self._context, [])
        if code == scard.SCARD_E_NO_READERS_AVAILABLE:
            return ()
        self._check(code)
        return tuple(names)

    def wait(self, known: Sequence[tuple[str, int]], timeout_s: float) -> tuple[SlotState, ...]:
        """Each reader's state once one differs from what is known, or empty after the timeout.

        `known`: name and raw state; 0 is "not known yet" and answers at once.
        """
        code, states = scard.SCardGetStatusChange(self._context, max(0, round(timeout_s * 1000)), list(known))
        if code == scard.SCARD_E_TIMEOUT:
            return ()
        if code == scard.SCARD_E_UNKNOWN_READER:
            raise reader_gone(self._where, "it was unplugged")
        self._check(code)
        return tuple(SlotState(name, raw, bytes(atr)) for name, raw, atr in states)

    @contextmanager
    def card(self, reader: str) -> Iterator[Card]:
        """The card in that reader, ours alone until the block ends. It stays powered and is not reset."""
        code, handle, protocol = scard.SCardConnect(self._context, reader, scard.SCARD_SHARE_SHARED, CARD_PROTOCOLS)
        if code == scard.SCARD_W_SECURITY_VIOLATION and self._answers():
            raise _denied()
        self._check(code)
        try:
            # a card that another program has just reset must be claimed anew once
            code = scard.SCardBeginTransaction(handle)
            if code == scard.SCARD_W_RESET_CARD:
                code, protocol = scard.SCardReconnect(
                    handle, scard.SCARD_SHARE_SHARED, CARD_PROTOCOLS, scard.SCARD_LEAVE_CARD
                )
                self._check(code)
                code = scard.SCardBeginTransaction(handle)
            self._check(code)
            yield Card(self, handle, protocol)
            self._check(scard.SCardEndTransaction(handle, scard.SCARD_LEAVE_CARD))
        finally:
            # gives up the transaction too, if an exchange failed in the middle; a dead service answers with a code
            # that tells nothing new
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)

    def release(self) -> None:
        """Give the context back; never raises, for the service may be gone already."""
        scard.SCardReleaseContext(self._context)

    def _answers(self) -> bool:
        """Whether the service still does: one that was killed leaves the same code as one that refuses a card."""
        code, _names = scard.SCardListReaders(self._context, [])
        return code in (scard.SCARD_S_SUCCESS, scard.SCARD_E_NO_READERS_AVAILABLE)

    def _check(self, code: int) -> None:
        if code == scard.SCARD_S_SUCCESS:
            return
        if code in CARD_LOST:
            raise CardLost(_words(code))
        if code in SERVICE_ABSENT:
            raise DeviceError(
                "pcscd_missing", f"The PC/SC service went away ({_words(code)}). Start it: systemctl start pcscd.socket"
            )
        raise reader_gone(self._where, _words(code))


class Card:
    """One card, connected, inside a transaction."""

    def __init__(self, service: Service, handle: int, protocol: int) -> None:
        self._service = service
        self._handle = handle
        self._header = {
            scard.SCARD_PROTOCOL_T0: scard.SCARD_PCI_T0,
            scard.SCARD_PROTOCOL_T1: scard.SCARD_PCI_T1,
        }.get(protocol, scard.SCARD_PCI_RAW)

    def atr(self) -> bytes:
        """The answer to reset of the card that is connected now."""
        code, _reader, _state, _protocol, atr = scard.SCardStatus(self._handle)
        self._service._check(code)  # noqa: SLF001 (two halves of one adapter)
        return bytes(atr)

    def exchange(self, command: bytes) -> bytes:
        """The card's answer, status word included. CardLost when there is none."""
        code, answer = scard.SCardTransmit(self._handle, self._header, list(command))
        self._service._check(code)  # noqa: SLF001
        if len(answer) < ANSWER_BYTES_MIN:
            raise CardLost("the answer has no status word")
        return bytes(byte & 0xFF for byte in answer)


def _denied() -> DeviceError:
    """From pcsc-lite 2.0.1 polkit may refuse the service, and what lies on a reader apart from it."""
    return DeviceError(
        "pcsc_denied", "The PC/SC service refuses this user. Install the polkit rule that comes with the till."
    )


def _words(code: int) -> str:
    return str(scard.SCardGetErrorMessage(code)).strip().rstrip(".")
