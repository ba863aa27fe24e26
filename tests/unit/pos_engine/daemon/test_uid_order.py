"""The doctor's look at the order of UIDs."""

from __future__ import annotations

import pytest

from pos_engine.daemon.uid_order import WrongEnd, has_setting, trouble
from pos_engine.ports.devices import CardIdentity

MODULE = "serial:///dev/ttyUSB0?protocol=jmy"
TURNED = CardIdentity("iso14443a", "F6E5D4C3B2A104")


@pytest.mark.parametrize("protocol", ["jmy", "sm130", "pn532"])
def test_a_uid_whose_maker_stands_at_the_end_is_told(protocol: str) -> None:
    found = trouble(f"serial:///dev/ttyUSB0?baud=9600&protocol={protocol}", TURNED)
    assert found == WrongEnd("uid_add_reversed", "F6E5D4C3B2A104", "04A1B2C3D4E5F6")


def test_a_setting_that_makes_it_wrong_is_told() -> None:
    found = trouble(f"{MODULE}&uid=reversed", TURNED)
    assert found is not None
    assert found.code == "uid_remove_reversed"


@pytest.mark.parametrize(
    "card",
    [
        CardIdentity("iso14443a", "04A1B2C3D4E504"),
        CardIdentity("iso14443a", "05A1B2C3D4E504"),
        CardIdentity("iso14443a", "F6E5D4C3B2A105"),
        CardIdentity("iso14443a", "DEADBE04"),
        CardIdentity("em4100", "0030CE7504"),
    ],
)
def test_what_does_not_tell_is_no_trouble(card: CardIdentity) -> None:
    assert trouble(MODULE, card) is None


@pytest.mark.parametrize(
    "address", ["pcsc://", "serial:///dev/ttyUSB0?protocol=id12", "serial:///dev/jmy?protocol=scanner"]
)
def test_readers_without_the_setting_are_left_alone(address: str) -> None:
    assert trouble(address, TURNED) is None
    assert not has_setting(address)
    assert has_setting(MODULE)
