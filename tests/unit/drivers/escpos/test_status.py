import pytest

from drivers.escpos.status import is_buffered_answer, is_status_byte, parse_status
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


def test_answers_are_told_from_each_other_and_from_noise() -> None:
    assert all(is_status_byte(byte) for byte in bytes.fromhex("12161A1E32527E"))
    assert not any(is_status_byte(byte) for byte in bytes.fromhex("00030C0F104108FF92"))
    assert all(is_buffered_answer(byte) for byte in bytes.fromhex("00030C0F60"))
    assert not any(is_buffered_answer(byte) for byte in bytes.fromhex("12161A1E327EFF90"))
