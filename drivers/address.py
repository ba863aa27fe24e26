"""Device addresses: URLs of the configuration as typed, checked values. Nothing is opened here.

    pcsc://                       any PC/SC reader          pcsc://ACR1252   readers whose name contains that
    serial:///dev/serial/by-id/X?baud=9600&protocol=id12    a tag reader on a serial line
    serial:///dev/pts/5?protocol=scanner&prefix=%02&suffix=%0D&aim=1
    serial:///dev/ttyS0?protocol=magtek&track=2             serial:///dev/ttyUSB1?protocol=pn532
    escpos-serial:///dev/ttyUSB0?baud=38400&width=42&codepage=cp858&flow=rts
    escpos-tcp://192.168.1.50:9100?width=48
    escpos-usb:///dev/usb/lp0?width=32&logo=/etc/pos-engine/logo.png&confirm=process-id
    nexo-serial:///dev/ttyUSB2?baud=115200&framing=dle      a cash register on a serial line
    nexo-tcp://127.0.0.1:9600    nexo-tls://0.0.0.0:9601    a port for cash registers

A setting that is unknown, missing or out of range is an AddressError that names it: a typing mistake must not become a
reader that is silently set up differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal, get_args
from urllib.parse import SplitResult, unquote, urlsplit

from drivers.address_settings import baud_of, choice_of, listed, mark_of, number_of, path_of, settings_of
from drivers.errors import AddressError

SerialProtocol = Literal["id12", "rdm6300", "scanner", "magtek", "sm130", "jmy", "pn532"]
RegisterFraming = Literal["dle", "marked"]
Flow = Literal["none", "rts", "xon", "dsr"]
CodePage = Literal["cp437", "cp850", "cp852", "cp858", "cp866", "cp1250", "cp1252", "gb18030"]
Confirm = Literal["gs-r", "process-id"]

DEFAULT_BAUD: dict[str, int] = {
    "id12": 9600,
    "rdm6300": 9600,
    "scanner": 9600,
    "magtek": 9600,
    "sm130": 19200,
    "jmy": 19200,
    "pn532": 115200,
    "nexo": 115200,
    "escpos": 38400,
}
_ASKED = frozenset({"sm130", "jmy", "pn532"})
SETTINGS_OF: dict[str, frozenset[str]] = {
    "prefix": frozenset({"scanner"}),
    "suffix": frozenset({"scanner"}),
    "aim": frozenset({"scanner"}),
    "track": frozenset({"magtek"}),
    "sentinels": frozenset({"magtek"}),
    "lrc": frozenset({"magtek"}),
    "uid": _ASKED,
}
"""Settings that only some protocols have."""
TRACKS = 3  # of a magnetic stripe, and so many sentinels
RAW_TCP_PORT = 9100  # the port of raw printing that network receipt printers listen on
COLUMNS_MIN, COLUMNS_MAX = 24, 64  # 58 mm paper with a wide font to 80 mm paper with a narrow one


@dataclass(frozen=True)
class PcscAddress:
    """PC/SC readers whose name contains `name_part` (any case); empty means every reader."""

    name_part: str = ""


@dataclass(frozen=True)
class SerialAddress:
    """A reader or scanner on a serial line. The marks and `aim` are the scanner's.

    `track`, `sentinels` (of tracks 1 to 3; empty: none are sent) and `lrc` are the swipe reader's; `uid_reversed` is of
    readers that are asked.
    """

    path: str
    baud: int
    protocol: SerialProtocol
    prefix: bytes = b""
    suffix: bytes = b"\r"
    aim: bool = True
    track: int = 2
    sentinels: bytes = b"%;+"
    lrc: bool = False
    uid_reversed: bool = False


@dataclass(frozen=True)
class Paper:
    """What the printer prints on and how it tells that it did.

    `columns`: characters in a line of its standard font; `codepage`: for languages that are at home in no other;
    `logo`: path of a PNG, empty for none; `confirm`: the question that is asked after each block.
    """

    columns: int = 42
    codepage: CodePage = "cp858"
    logo: str = ""
    confirm: Confirm = "gs-r"


@dataclass(frozen=True)
class EscposSerialAddress:
    """A receipt printer on a serial line."""

    path: str
    baud: int
    flow: Flow
    paper: Paper


@dataclass(frozen=True)
class EscposTcpAddress:
    """A receipt printer on the network."""

    host: str
    port: int
    paper: Paper


@dataclass(frozen=True)
class EscposUsbAddress:
    """A receipt printer that the kernel's printer class driver has, as /dev/usb/lp0."""

    path: str
    paper: Paper


@dataclass(frozen=True)
class RegisterSerialAddress:
    """A cash register on a serial line. `sale_id`: the only register that may speak there; empty: any."""

    path: str
    baud: int
    framing: RegisterFraming
    stop_bits: int
    sale_id: str


@dataclass(frozen=True)
class RegisterTcpAddress:
    """A port on which cash registers speak over TCP; with `tls`, each connection begins with its token."""

    host: str
    port: int
    tls: bool


ReaderAddress = PcscAddress | SerialAddress
PrinterAddress = EscposSerialAddress | EscposTcpAddress | EscposUsbAddress
RegisterAddress = RegisterSerialAddress | RegisterTcpAddress
PAPER_SETTINGS = ("width", "codepage", "logo", "confirm")


def parse_reader(url: str) -> ReaderAddress:
    """The address of a reader. AddressError says which part is wrong."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() == "pcsc":  # not a URL with a host: reader names hold spaces and brackets
        if "?" in rest:
            raise AddressError(f"{url!r}: pcsc:// takes no settings, only a part of the reader's name")
        return PcscAddress(name_part=unquote(rest).strip("/ "))
    parts = _split(url)
    if parts.scheme == "serial":
        return _parse_serial(url, parts)
    raise AddressError(f"{url!r}: a reader's address begins with pcsc:// or serial://, not {parts.scheme!r}")


def parse_printer(url: str) -> PrinterAddress:
    """The address of a printer. AddressError says which part is wrong."""
    parts = _split(url)
    if parts.scheme == "escpos-serial":
        settings = settings_of(url, parts, ("baud", "flow", *PAPER_SETTINGS))
        return EscposSerialAddress(
            path=path_of(url, parts),
            baud=baud_of(url, settings, DEFAULT_BAUD["escpos"]),
            flow=choice_of(url, settings, "flow", get_args(Flow), "none"),
            paper=_paper(url, settings),
        )
    if parts.scheme == "escpos-tcp":
        settings = settings_of(url, parts, PAPER_SETTINGS)
        if not parts.hostname:
            raise AddressError(f"{url!r}: the printer's host is missing, as in escpos-tcp://192.168.1.50:9100")
        try:
            port = parts.port or RAW_TCP_PORT
        except ValueError:
            raise AddressError(f"{url!r}: the port must be a number from 1 to 65535") from None
        return EscposTcpAddress(host=parts.hostname, port=port, paper=_paper(url, settings))
    if parts.scheme == "escpos-usb":
        return EscposUsbAddress(path_of(url, parts), _paper(url, settings_of(url, parts, PAPER_SETTINGS)))
    raise AddressError(
        f"{url!r}: a printer's address begins with escpos-serial://, escpos-usb:// or escpos-tcp://,"
        f" not {parts.scheme!r}"
    )


def parse_register(url: str) -> RegisterAddress:
    """The address of a line to cash registers. AddressError says which part is wrong."""
    parts = _split(url)
    if parts.scheme == "nexo-serial":
        settings = settings_of(url, parts, ("baud", "framing", "stop_bits", "sale_id"))
        return RegisterSerialAddress(
            path=path_of(url, parts),
            baud=baud_of(url, settings, DEFAULT_BAUD["nexo"]),
            framing=choice_of(url, settings, "framing", get_args(RegisterFraming), "dle"),
            stop_bits=int(choice_of(url, settings, "stop_bits", ("1", "2"), "1")),
            sale_id=settings.get("sale_id", b"").decode("latin-1"),
        )
    if parts.scheme in ("nexo-tcp", "nexo-tls"):
        settings_of(url, parts, ())
        try:
            host, port = ip_address(parts.hostname or ""), parts.port
        except ValueError as error:
            raise AddressError(f"{url!r}: {error}; write for example {parts.scheme}://127.0.0.1:9600") from None
        if port is None:
            raise AddressError(f"{url!r}: the port is missing, as in {parts.scheme}://127.0.0.1:9600")
        if parts.scheme == "nexo-tcp" and not host.is_loopback:
            raise AddressError(f"{url!r}: on the network registers speak with TLS and a token: nexo-tls://")
        return RegisterTcpAddress(str(host), port, tls=parts.scheme == "nexo-tls")
    raise AddressError(
        f"{url!r}: a line to registers begins with nexo-serial://, nexo-tcp:// or nexo-tls://, not {parts.scheme!r}"
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise AddressError(f"{url!r}: not an address: {error}") from None
    if parts.fragment:
        raise AddressError(f"{url!r}: a # must be written as %23")
    return parts


def _parse_serial(url: str, parts: SplitResult) -> SerialAddress:
    settings = settings_of(url, parts, ("baud", "protocol", *SETTINGS_OF))
    if "protocol" not in settings:
        raise AddressError(f"{url!r}: protocol= is missing; one of {listed(get_args(SerialProtocol))}")
    protocol = choice_of(url, settings, "protocol", get_args(SerialProtocol), "id12")
    for name in settings:
        of = SETTINGS_OF.get(name, frozenset({protocol}))
        if protocol not in of:
            raise AddressError(f"{url!r}: {name} is for protocol={' or '.join(sorted(of))} only")
    sentinels = mark_of(url, settings, "sentinels", b"%;+")
    if len(sentinels) not in (0, TRACKS) or len(set(sentinels)) != len(sentinels):
        raise AddressError(f"{url!r}: sentinels= needs three different bytes, for tracks 1 to 3, or none at all")
    return SerialAddress(
        path=path_of(url, parts),
        baud=baud_of(url, settings, DEFAULT_BAUD[protocol]),
        protocol=protocol,
        prefix=mark_of(url, settings, "prefix", b""),
        suffix=mark_of(url, settings, "suffix", b"\r"),
        aim=choice_of(url, settings, "aim", ("0", "1"), "1") == "1",
        track=int(choice_of(url, settings, "track", ("1", "2", "3"), "2")),
        sentinels=sentinels,
        lrc=choice_of(url, settings, "lrc", ("0", "1"), "0") == "1",
        uid_reversed=choice_of(url, settings, "uid", ("plain", "reversed"), "plain") == "reversed",
    )


def _paper(url: str, settings: dict[str, bytes]) -> Paper:
    columns = number_of(url, settings, "width", 42)
    if not COLUMNS_MIN <= columns <= COLUMNS_MAX:
        raise AddressError(f"{url!r}: width={columns} must be from {COLUMNS_MIN} to {COLUMNS_MAX} characters")
    logo = settings.get("logo", b"").decode("utf-8", "surrogateescape")
    if "logo" in settings and (not logo.startswith("/") or "\0" in logo):
        raise AddressError(f"{url!r}: logo= must be the absolute path of a PNG file")
    return Paper(
        columns=columns,
        codepage=choice_of(url, settings, "codepage", get_args(CodePage), "cp858"),
        logo=logo,
        confirm=choice_of(url, settings, "confirm", get_args(Confirm), "gs-r"),
    )
