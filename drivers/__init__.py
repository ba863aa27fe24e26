"""Hardware behind the till's ports, by address: `open_reader`, `make_printer` and `make_register_line`."""

from __future__ import annotations

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
from drivers.cards.prover import Prover
from drivers.errors import AddressError
from pos_engine.ports.devices import Printer, Reader
from pos_engine.ports.register_line import Admission, RegisterLine, TlsFiles

__all__ = ["AddressError", "make_printer", "make_register_line", "open_reader", "parse_printer"]


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
