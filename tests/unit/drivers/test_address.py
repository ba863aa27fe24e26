import pytest

from drivers import AddressError, make_printer, open_reader
from drivers.address import (
    EscposSerialAddress,
    EscposTcpAddress,
    Paper,
    PcscAddress,
    SerialAddress,
    parse_printer,
    parse_reader,
)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("pcsc://", PcscAddress()),
        ("pcsc://ACR1252", PcscAddress("ACR1252")),
        ("pcsc://ACS ACR1252 [Reader PICC] 00", PcscAddress("ACS ACR1252 [Reader PICC] 00")),
        ("pcsc://Virtual%20PCD%2000%2001", PcscAddress("Virtual PCD 00 01")),
        ("serial:///dev/ttyUSB0?protocol=id12", SerialAddress("/dev/ttyUSB0", 9600, "id12")),
        ("serial:///dev/ttyUSB0?protocol=rdm6300&baud=19200", SerialAddress("/dev/ttyUSB0", 19200, "rdm6300")),
        (
            "serial:///dev/serial/by-id/usb-X%23-if00?protocol=scanner&prefix=%02&suffix=%0D%0A&aim=0",
            SerialAddress("/dev/serial/by-id/usb-X#-if00", 9600, "scanner", b"\x02", b"\r\n", aim=False),
        ),
        ("serial:///dev/pts/5?protocol=scanner&suffix=", SerialAddress("/dev/pts/5", 9600, "scanner", suffix=b"")),
    ],
)
def test_reader_addresses(url: str, address: object) -> None:
    assert parse_reader(url) == address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("escpos-serial:///dev/pts/6", EscposSerialAddress("/dev/pts/6", 38400, "none", Paper())),
        (
            "escpos-serial:///dev/ttyS0?baud=115200&width=48&codepage=cp852&flow=rts",
            EscposSerialAddress("/dev/ttyS0", 115200, "rts", Paper(48, "cp852")),
        ),
        ("escpos-tcp://printer.shop", EscposTcpAddress("printer.shop", 9100, Paper())),
        ("escpos-tcp://[::1]:9101?width=32", EscposTcpAddress("::1", 9101, Paper(32))),
    ],
)
def test_printer_addresses(url: str, address: object) -> None:
    assert parse_printer(url) == address


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "pcsc:// or serial://"),
        ("usb://x", "pcsc:// or serial://, not 'usb'"),
        ("pcsc://ACR?baud=9600", "takes no settings"),
        ("serial:///dev/ttyUSB0", "protocol= is missing; one of id12, rdm6300, scanner"),
        ("serial:///dev/ttyUSB0?protocol=id13", "must be one of id12"),
        ("serial:///dev/ttyUSB0?protocol=id12&bauds=9600", "unknown setting 'bauds'; accepted: baud, protocol"),
        ("serial:///dev/ttyUSB0?protocol=id12&baud=9601", "is not one of 1200"),
        ("serial:///dev/ttyUSB0?protocol=id12&baud=fast", "must be a whole number"),
        ("serial:///dev/ttyUSB0?protocol=id12&baud=9600&baud=9600", "given twice"),
        ("serial:///dev/ttyUSB0?protocol=id12&suffix=%0D", "is for protocol=scanner only"),
        ("serial:///dev/ttyUSB0?protocol=scanner&prefix=123456789", "8 bytes at most"),
        ("serial://dev/ttyUSB0?protocol=id12", "three slashes"),
        ("serial:///?protocol=id12", "path is missing"),
        ("serial:///dev/a#b?protocol=id12", "written as %23"),
        ("serial://[?protocol=id12", "not an address"),
    ],
)
def test_wrong_reader_addresses_are_told_what_is_wrong(url: str, says: str) -> None:
    with pytest.raises(AddressError) as wrong:
        open_reader(url)
    assert says in str(wrong.value)
    assert repr(url) in str(wrong.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("pcsc://", "escpos-serial://, escpos-usb:// or escpos-tcp://, not 'pcsc'"),
        ("escpos-tcp://", "host is missing"),
        ("escpos-tcp://h:99999", "1 to 65535"),
        ("escpos-tcp://h?baud=9600", "accepted: width, codepage"),
        ("escpos-serial:///dev/x?width=8", "from 24 to 64"),
        ("escpos-serial:///dev/x?codepage=latin1", "must be one of cp437"),
        ("escpos-usb:///dev/usb/lp0?baud=9600", "accepted: width, codepage, logo, confirm"),
        ("escpos-usb://dev/usb/lp0", "three slashes"),
        ("escpos-usb:///dev/usb/lp0?logo=logo.png", "absolute path of a PNG"),
        ("escpos-tcp://h?confirm=yes", "must be one of gs-r, process-id"),
        ("escpos-serial:///dev/x?flow=hard", "must be one of none, rts, xon, dsr"),
    ],
)
def test_wrong_printer_addresses_are_told_what_is_wrong(url: str, says: str) -> None:
    with pytest.raises(AddressError) as wrong:
        make_printer(url)
    assert says in str(wrong.value)
