"""Polkit lets the till ask for readers and refuses it their cards: the reader is there, and the rule is missing.

The same code comes from a service that was killed before it read a question. The refusal is put in the place of
pcsc-lite's answer: Debian 12 has a service (1.9.9) that does not ask polkit.
"""

import pytest
from smartcard import scard

from drivers.pcsc_reader.service import Service
from pos_engine.ports.devices import DeviceError


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """A service that gives out a context, and no card."""
    monkeypatch.setattr(scard, "SCardEstablishContext", lambda _scope: (scard.SCARD_S_SUCCESS, 1))
    refused = (scard.SCARD_W_SECURITY_VIOLATION, 0, 0)
    monkeypatch.setattr(scard, "SCardConnect", lambda _context, _reader, _share, _protocols: refused)
    return Service("front desk")


@pytest.mark.parametrize(
    ("after_it", "told", "words"),
    [
        (scard.SCARD_S_SUCCESS, "pcsc_denied", "polkit rule"),
        (scard.SCARD_E_NO_READERS_AVAILABLE, "pcsc_denied", "polkit rule"),
        (scard.SCARD_F_COMM_ERROR, "pcscd_missing", "went away"),
        (scard.SCARD_W_SECURITY_VIOLATION, "pcscd_missing", "went away"),
    ],
)
def test_a_refused_card_is_no_broken_cable_and_a_killed_service_no_refusal(
    service: Service, monkeypatch: pytest.MonkeyPatch, after_it: int, told: str, words: str
) -> None:
    monkeypatch.setattr(scard, "SCardListReaders", lambda _context, _groups: (after_it, []))
    with pytest.raises(DeviceError, match=words) as error, service.card("A reader 00 00"):
        pytest.fail("a card that was refused was opened")
    assert error.value.code == told


def test_a_refused_service_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scard, "SCardEstablishContext", lambda _scope: (scard.SCARD_W_SECURITY_VIOLATION, 0))
    with pytest.raises(DeviceError, match="polkit rule") as told:
        Service("front desk")
    assert told.value.code == "pcsc_denied"


def test_a_service_that_was_killed_in_the_middle_of_a_question_is_started_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scard, "SCardListReaders", lambda _context, _groups: (scard.SCARD_W_SECURITY_VIOLATION, []))
    with pytest.raises(DeviceError, match="Start it") as told:
        service.reader_names()
    assert told.value.code == "pcscd_missing"
