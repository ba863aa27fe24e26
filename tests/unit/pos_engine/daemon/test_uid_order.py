"""The doctor's look at the order of UIDs."""

from __future__ import annotations

import pytest

from pos_engine.daemon.uid_order import advice, trouble
from pos_engine.ports.devices import CardIdentity, CardPresented, CardRefused, CardTrouble, ReaderEvent

MODULE = "serial:///dev/ttyUSB0?protocol=jmy"
TURNED = CardPresented(CardIdentity("iso14443a", "F6E5D4C3B2A104"))


@pytest.mark.parametrize("protocol", ["jmy", "sm130", "pn532"])
def test_a_uid_whose_maker_stands_at_the_end_is_told(protocol: str) -> None:
    said = trouble(f"serial:///dev/ttyUSB0?baud=9600&protocol={protocol}", TURNED)
    assert "is F6E5D4C3B2A104 here and 04A1B2C3D4E5F6 at other readers" in said
    assert "add uid=reversed" in said


def test_a_setting_that_makes_it_wrong_is_told() -> None:
    assert "take uid=reversed out" in trouble(f"{MODULE}&uid=reversed", TURNED)


@pytest.mark.parametrize(
    "event",
    [
        None,
        CardRefused(CardTrouble.PHONE),
        CardPresented(CardIdentity("iso14443a", "04A1B2C3D4E504")),
        CardPresented(CardIdentity("iso14443a", "05A1B2C3D4E504")),
        CardPresented(CardIdentity("iso14443a", "F6E5D4C3B2A105")),
        CardPresented(CardIdentity("iso14443a", "DEADBE04")),
        CardPresented(CardIdentity("em4100", "0030CE7504")),
    ],
)
def test_what_does_not_tell_is_no_trouble(event: ReaderEvent | None) -> None:
    assert trouble(MODULE, event) == ""


@pytest.mark.parametrize(
    "address", ["pcsc://", "serial:///dev/ttyUSB0?protocol=id12", "serial:///dev/jmy?protocol=scanner"]
)
def test_readers_without_the_setting_are_left_alone(address: str) -> None:
    assert trouble(address, TURNED) == advice(address, None) == ""


def test_an_empty_module_is_told_how_to_check() -> None:
    assert "Lay a member's card on it" in advice(MODULE, None)
    assert advice(MODULE, TURNED) == ""
