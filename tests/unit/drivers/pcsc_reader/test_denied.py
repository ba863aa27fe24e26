"""Polkit lets the till ask for readers and refuses it their cards: the reader is there, and the rule is missing.

The refusal is put in the place of pcsc-lite's answer: Debian 12 has a service (1.9.9) that does not ask polkit.
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


def test_a_refused_card_is_no_broken_cable(service: Service) -> None:
    with pytest.raises(DeviceError, match="polkit rule") as told, service.card("A reader 00 00"):
        pytest.fail("a card that polkit refuses was opened")
    assert told.value.code == "pcsc_denied"


def test_a_refused_service_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scard, "SCardEstablishContext", lambda _scope: (scard.SCARD_W_SECURITY_VIOLATION, 0))
    with pytest.raises(DeviceError, match="polkit rule") as told:
        Service("front desk")
    assert told.value.code == "pcsc_denied"
