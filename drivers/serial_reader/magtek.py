"""MagTek and compatible RS-232 swipe readers: 9600 baud; optional 02, `%…?` `;…?` `+…?`, optional 0D and 03.

Tracks 1, 2 and 3 begin with a sentinel of their own and end with `?` (ISO/IEC 7811-6); a track that was swiped but not
read is the letter E. The check character (LRC) stays in the reader unless it was told to send it. Readers can be told
to send no sentinels; then what comes up to 0D or 03 is the one track that is wanted.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

from typing_extensions import override

from drivers.serial_reader.frames import BrokenFrame, Frame, FrameCodec, SwipeFrame, TroubleFrame
from pos_engine.ports.devices import CardTrouble

STX, ETX, CR = 0x02, 0x03, 0x0D
END = ord("?")
SENTINELS = b"%;+"
UNREAD = "E"
# ISO/IEC 7811-6: 79 characters on track 1, 40 on track 2, 107 on track 3; sentinels included
TRACK_BYTES_MAX = 110
# A whole card takes 0.25 s at 9600 baud, without a pause; USB adapters hold bytes back for 16 ms
SWIPE_SILENCE_S = 0.2

LOW_BITS = {1: 0x20, 2: 0x30, 3: 0x30}
"""The character that is zero on the stripe: 6 bits from the blank on track 1, 4 bits from the digit 0 on 2 and 3."""

# ISO/IEC 7813: number of 12 to 19 digits, expiry, service code. Loyalty cards lack the code, or begin with 0, 1, 7 to 9
PAYMENT_CARDS = (
    re.compile(r"B(?P<number>[2-6][\d ]{11,22})\^[^^]*\^\d{4}\d{3}"),  # track 1; some write the number in groups
    re.compile(r"(?P<number>[2-6]\d{11,18})=\d{4}\d{3}"),  # track 2
)


def check_character(track: int, text: str) -> str:
    """The LRC over a track with its sentinels, as a reader that is told to sends it; empty for what no track holds."""
    low = LOW_BITS[track]
    codes = [ord(character) - low for character in text]
    return chr(reduce(xor, codes) + low) if min(codes) >= 0 else ""


def card_number(track: int, text: str) -> str:
    """The number on a track without its sentinels: up to the first separator; empty when there is none."""
    if track == 1:
        number, _, _ = text.removeprefix("B").partition("^") if "^" in text else (text, "", "")
    else:
        number, _, _ = text.partition("=")
    return number.strip()


def is_payment_card(text: str) -> bool:
    """Whether this is track 1 or 2 of a bank's card. Its number must not be kept anywhere."""
    found = (pattern.match(text) for pattern in PAYMENT_CARDS)
    return any(card is not None and _luhn_holds(card["number"].replace(" ", "")) for card in found)


class MagtekCodec(FrameCodec):
    """One card for each swipe: the number on the wanted track."""

    silence_s = SWIPE_SILENCE_S

    def __init__(self, track: int = 2, sentinels: bytes = SENTINELS, *, lrc: bool = False) -> None:
        """`track`: where the shop's cards have their number. `sentinels`: empty for readers that send none."""
        self._wanted = track
        self._sentinels = sentinels
        self._lrc = lrc
        self._buffer = bytearray()
        self._inside = 0
        self._await_lrc = False
        self._tracks: dict[int, str] = {}

    @override
    def feed(self, data: bytes) -> tuple[Frame, ...]:
        frames: list[Frame] = []
        for byte in data:
            if byte in (STX, ETX):
                frames.extend(self._finish())
            elif self._sentinels:
                frames.extend(self._take_marked(byte))
            else:
                frames.extend(self._take_bare(byte))
        return tuple(frames)

    @override
    def timeout(self) -> tuple[Frame, ...]:
        if not self._sentinels and self._buffer:
            self._reset()  # without sentinels nothing tells half a number from a whole one
            return (BrokenFrame("the swipe stopped in the middle"),)
        return self._finish()

    def _take_bare(self, byte: int) -> tuple[Frame, ...]:
        if byte == CR:
            return self._finish()
        self._buffer.append(byte)
        return self._flooded()

    def _take_marked(self, byte: int) -> tuple[Frame, ...]:
        if self._await_lrc:
            self._await_lrc = False
            return self._close_track(chr(byte))
        if self._inside:
            self._buffer.append(byte)
            if byte != END:
                return self._flooded()
            if self._lrc and self._buffer[1:-1] != UNREAD.encode():
                self._await_lrc = True
                return ()
            return self._close_track("")
        track = self._sentinels.find(byte) + 1
        if not track:
            return ()  # line ends between the tracks, and noise
        frames = self._finish() if any(known >= track for known in self._tracks) else ()
        self._inside = track
        self._buffer.append(byte)
        return frames

    def _close_track(self, lrc: str) -> tuple[Frame, ...]:
        raw = self._buffer.decode("latin-1")
        track, self._inside = self._inside, 0
        self._buffer.clear()
        good = not lrc or check_character(track, SENTINELS.decode()[track - 1] + raw[1:]) == lrc
        self._tracks[track] = raw[1:-1] if good else UNREAD
        return self._finish() if track == len(self._sentinels) else ()

    def _flooded(self) -> tuple[Frame, ...]:
        if len(self._buffer) <= TRACK_BYTES_MAX:
            return ()
        self._reset()
        return (BrokenFrame("the track does not end"),)

    def _finish(self) -> tuple[Frame, ...]:
        """The swipe is over: what the wanted track says."""
        half = bool(self._inside)
        tracks = dict(self._tracks)
        if not self._sentinels and self._buffer:
            tracks[self._wanted] = self._buffer.decode("latin-1").strip()
        self._reset()
        text = tracks.get(self._wanted)
        if any(is_payment_card(content) for content in tracks.values()):
            return (TroubleFrame(CardTrouble.FOREIGN),)
        if text is None:
            return (BrokenFrame(f"track {self._wanted} is missing"),) if half or tracks else ()
        number = card_number(self._wanted, text)
        if text == UNREAD or not number or not (number.isascii() and number.isprintable()):
            return (BrokenFrame(f"track {self._wanted} could not be read"),)
        return (SwipeFrame(number),)

    def _reset(self) -> None:
        self._buffer.clear()
        self._tracks.clear()
        self._inside = 0
        self._await_lrc = False


def _luhn_holds(number: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    digits = [int(digit) for digit in reversed(number)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0
