"""Hardware behind the till's ports, by address: `open_reader`, `make_printer` and `make_register_line`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.address import (
    EscposSerialAddress,
    EscposTcpAddress,
    EscposUsbAddress,
    PcscAddress,
    PrinterAddress,
    ReaderAddress,
    RegisterSerialAddress,
    RegisterTcpAddress,
    SerialAddress,
    parse_printer,
    parse_reader,
    parse_register,
)
from drivers.cards.calls import CardCalls
from drivers.cards.card_rights import DesfireRights
from drivers.cards.key_files import KeyFileError, read_till_keys
from drivers.cards.keys import Role
from drivers.cards.prover import Prover
from drivers.cards.stored_value import DesfireValue
from drivers.errors import AddressError
from pos_engine.ports.card_proof import TapCounters
from pos_engine.ports.card_rights import CardRights
from pos_engine.ports.devices import Printer, Reader
from pos_engine.ports.pass_through import PassThrough
from pos_engine.ports.register_line import Admission, RegisterLine, TlsFiles
from pos_engine.ports.stored_value import StoredValueCard

__all__ = [
    "AddressError",
    "CardProofs",
    "KeyFileError",
    "Prover",
    "make_card_proofs",
    "make_pass_through",
    "make_printer",
    "make_register_line",
    "open_reader",
    "parse_printer",
    "printed_text",
]


@dataclass(frozen=True)
class CardProofs:
    """What a till with card keys can do beyond reading UIDs.

    `value`, `rights`: what lies on cards, and what cards remember; None without a debit key or a PC/SC reader.
    """

    prover: Prover
    value: StoredValueCard | None
    rights: CardRights | None = None


def make_card_proofs(
    key_files: Sequence[str], readers: Sequence[ReaderAddress | str], counters: TapCounters
) -> CardProofs | None:
    """Out of the till's key files; None when it has none. KeyFileError says which cannot be used."""
    if not key_files:
        return None
    key_sets = read_till_keys([Path(path) for path in key_files])
    addresses = [parse_reader(reader) if isinstance(reader, str) else reader for reader in readers]
    pcsc = [address for address in addresses if isinstance(address, PcscAddress)]
    if pcsc and any(keys.has(Role.DEBIT) for keys in key_sets):
        from drivers.pcsc_reader.value_finder import PcscFinder  # noqa: PLC0415 (needs the PC/SC library)

        calls = CardCalls(PcscFinder(pcsc))
        return CardProofs(Prover(key_sets, counters), DesfireValue(calls, key_sets), DesfireRights(calls, key_sets))
    return CardProofs(Prover(key_sets, counters), None)


def open_reader(address: str | ReaderAddress, prover: Prover | None = None) -> Reader:
    """The reader at this address, not yet opened: its `open` claims the device. AddressError if it is no address.

    `prover`: what asks cards for a proof, where this till holds keys and the reader can speak to chips.
    """
    match parse_reader(address) if isinstance(address, str) else address:
        case PcscAddress() as pcsc:
            # only here: the PC/SC library is a Debian package that a shop with serial readers need not have
            from drivers.pcsc_reader.reader import PcscReader  # noqa: PLC0415

            return PcscReader(pcsc, prover=prover)
        case SerialAddress() as serial:
            from drivers.serial_reader.reader import SerialReader  # noqa: PLC0415

            return SerialReader(serial)


def make_printer(address: str | PrinterAddress) -> Printer:
    """The printer at this address, not yet opened. AddressError if it is no address."""
    from drivers.escpos.printer import EscposPrinter  # noqa: PLC0415
    from drivers.escpos.transport import FileTransport, SerialTransport, TcpTransport  # noqa: PLC0415

    parsed = parse_printer(address) if isinstance(address, str) else address
    match parsed:
        case EscposSerialAddress():
            return EscposPrinter(SerialTransport(parsed.path, parsed.baud, parsed.flow), parsed.paper)
        case EscposTcpAddress():
            return EscposPrinter(TcpTransport(parsed.host, parsed.port), parsed.paper)
        case EscposUsbAddress():
            return EscposPrinter(FileTransport(parsed.path), parsed.paper)


def make_register_line(address: str, tls: TlsFiles | None, admission: Admission) -> RegisterLine:
    """The line to registers at this address, not yet opened. AddressError if it is no address.

    `tls` and `admission`: who proves what on nexo-tls://; without files such an address is refused.
    """
    match parse_register(address):
        case RegisterSerialAddress() as serial:
            from drivers.register_line.serial_line import SerialRegisterLine  # noqa: PLC0415

            return SerialRegisterLine(serial)
        case RegisterTcpAddress() as tcp:
            from drivers.register_line.tcp_line import TcpRegisterLine  # noqa: PLC0415

            if tcp.tls and tls is None:
                raise AddressError(f"{address!r} needs tls_certificate and tls_key in [register]")
            return TcpRegisterLine(tcp, tls if tcp.tls else None, admission)


def make_pass_through(register_path: str, printer: str, encoding: str) -> PassThrough:
    """The cable between a register and its printer, not yet opened. AddressError if it cannot be one."""
    parsed = parse_printer(printer)
    if not isinstance(parsed, EscposSerialAddress):
        raise AddressError(f"{printer!r}: a printer behind a pass-through is on a serial line: escpos-serial://")
    from drivers.pass_through.process import PassThroughProcess  # noqa: PLC0415

    return PassThroughProcess(register_path, printer, parsed, encoding)


def printed_text(data: bytes, encoding: str) -> list[tuple[str, ...]]:
    """The lines of each piece of paper in what a register has sent to its printer."""
    from drivers.pass_through.paper_text import papers  # noqa: PLC0415

    return papers(data, encoding)
