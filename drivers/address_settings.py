"""The parts of a device address: its path and its settings, each checked. Every error names the part that is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote_to_bytes

from drivers.errors import AddressError

Word = TypeVar("Word", bound=str)

BAUD_RATES = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
MARK_BYTES_MAX = 8  # a scanner's prefix or suffix; longer ones are not programmable


def settings_of(url: str, parts: SplitResult, known: tuple[str, ...]) -> dict[str, bytes]:
    """The settings of an address by name, each at most once and known."""
    settings: dict[str, bytes] = {}
    # parsed as Latin-1 so that %02 or %80 stay the bytes they name
    for name, value in parse_qsl(parts.query, keep_blank_values=True, encoding="latin-1"):
        if name not in known:
            raise AddressError(f"{url!r}: unknown setting {name!r}; accepted: {listed(known)}")
        if name in settings:
            raise AddressError(f"{url!r}: {name}= is given twice")
        try:
            settings[name] = value.encode("latin-1")
        except UnicodeEncodeError:
            raise AddressError(f"{url!r}: {name}={value} has a character that is no byte; write it as %XX") from None
    return settings


def path_of(url: str, parts: SplitResult) -> str:
    """The absolute path of a device."""
    path = unquote_to_bytes(parts.path).decode("utf-8", "surrogateescape")
    if parts.netloc or not path.startswith("/") or "\0" in path:
        raise AddressError(f"{url!r}: the device path must be absolute: three slashes, as in serial:///dev/ttyUSB0")
    if path == "/":
        raise AddressError(f"{url!r}: the device path is missing, as in serial:///dev/ttyUSB0")
    return path


def baud_of(url: str, settings: dict[str, bytes], default: int) -> int:
    """The speed of a line; `default` when none is given."""
    baud = number_of(url, settings, "baud", default)
    if baud not in BAUD_RATES:
        raise AddressError(f"{url!r}: baud={baud} is not one of {listed(str(rate) for rate in BAUD_RATES)}")
    return baud


def number_of(url: str, settings: dict[str, bytes], name: str, default: int) -> int:
    """A whole number."""
    text = settings.get(name, b"").decode("latin-1")
    if name not in settings:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len("115200")):
        raise AddressError(f"{url!r}: {name}={text!r} must be a whole number")
    return int(text)


def choice_of(url: str, settings: dict[str, bytes], name: str, words: tuple[Word, ...], default: Word) -> Word:
    """One of a few words."""
    if name not in settings:
        return default
    text = settings[name].decode("latin-1")
    for word in words:
        if text == word:
            return word
    raise AddressError(f"{url!r}: {name}={text!r} must be one of {listed(words)}")


def mark_of(url: str, settings: dict[str, bytes], name: str, default: bytes) -> bytes:
    """Bytes that a device sends before or after what it says."""
    mark = settings.get(name, default)
    if len(mark) > MARK_BYTES_MAX:
        raise AddressError(f"{url!r}: {name}= may have {MARK_BYTES_MAX} bytes at most")
    return mark


def listed(words: Iterable[str]) -> str:
    """Words for a sentence."""
    return ", ".join(words)
