import pytest

from drivers.escpos.status import parse_automatic, parse_status
from pos_engine.ports.devices import PrinterStatus


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ("12121212", PrinterStatus(online=True)),
        ("1212121E", PrinterStatus(online=True, paper_near_end=True)),
        ("1A32127E", PrinterStatus(online=True, paper_out=True, paper_near_end=True)),
        ("1A161212", PrinterStatus(online=True, cover_open=True)),
        ("16121212", PrinterStatus(online=True)),  # bit 2 of the first: the drawer, which is no trouble
        ("1A521A12", PrinterStatus(online=True, error=True)),
        ("12123212", PrinterStatus(online=True, error=True)),
        ("1A121212", PrinterStatus(online=True, error=True)),  # off line and gives no reason
    ],
)
def test_real_time_status(answers: str, status: PrinterStatus) -> None:
    first, second, third, fourth = bytes.fromhex(answers)
    assert parse_status((first, second, third, fourth)) == status


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("10000000", PrinterStatus(online=True)),
        ("14000000", PrinterStatus(online=True)),  # the drawer is no trouble
        ("10000300", PrinterStatus(online=True, paper_near_end=True)),
        ("18000F00", PrinterStatus(online=True, paper_out=True, paper_near_end=True)),
        ("38000000", PrinterStatus(online=True, cover_open=True)),
        ("18080000", PrinterStatus(online=True, error=True)),
        ("18000000", PrinterStatus(online=True, error=True)),  # off line and gives no reason
    ],
)
def test_automatic_status(status: str, meaning: PrinterStatus) -> None:
    assert parse_automatic(bytes.fromhex(status)) == meaning
