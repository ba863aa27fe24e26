"""Card cryptography against the vectors that NXP, NIST and readers of real cards have published."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.cards.aes_cmac import aes_cmac, truncated
from drivers.cards.diversification import diversified_key
from drivers.cards.ntag424_sun import SunTap, encryption_session_key, mac_session_key, verify_sun
from tests.unit.drivers.vectors import vectors

SUN = vectors("SUN example 1")[0]


def unhex(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector["inputs"][name])


@pytest.mark.parametrize("vector", vectors("AES-CMAC"), ids=lambda vector: vector["name"])
def test_aes_cmac(vector: dict[str, Any]) -> None:
    assert aes_cmac(unhex(vector, "key"), unhex(vector, "msg")).hex() == vector["expected"]


@pytest.mark.parametrize("vector", vectors("AN10922 AES-128"), ids=lambda vector: vector["name"])
def test_diversification(vector: dict[str, Any]) -> None:
    assert diversified_key(unhex(vector, "master"), unhex(vector, "div_input")).hex() == vector["expected"]


def test_diversification_does_not_make_the_known_mistake() -> None:
    (vector,) = vectors("AN10922 short M wrong value")
    assert diversified_key(unhex(vector, "master"), unhex(vector, "div_input")).hex() != vector["expected"]


@pytest.mark.parametrize(("master", "given"), [(15, 7), (16, 0), (16, 32)])
def test_diversification_refuses_wrong_lengths(master: int, given: int) -> None:
    with pytest.raises(ValueError, match="bytes, not"):
        diversified_key(bytes(master), bytes(given))


def test_an_input_that_fills_both_blocks_is_not_padded() -> None:
    assert diversified_key(bytes(16), bytes(31)) == aes_cmac(bytes(16), b"\x01" + bytes(31))


def test_session_keys() -> None:
    for name, make in (("SDM session ENC key", encryption_session_key), ("SDM session MAC key", mac_session_key)):
        (vector,) = vectors(name)
        assert make(unhex(vector, "key"), unhex(vector, "uid"), vector["inputs"]["ctr"]).hex() == vector["expected"]


def test_a_genuine_tap() -> None:
    uid, counter, mac = SUN["expected"].split("/")
    tap = verify_sun(unhex(SUN, "meta_key"), unhex(SUN, "file_key"), unhex(SUN, "picc_data"), bytes.fromhex(mac))
    assert tap == SunTap(bytes.fromhex(uid), int(counter))


@pytest.mark.parametrize("bit", range(64))
def test_a_changed_mac_is_no_tap(bit: int) -> None:
    mac = bytearray.fromhex(SUN["expected"].split("/")[2])
    mac[bit // 8] ^= 1 << bit % 8
    assert verify_sun(unhex(SUN, "meta_key"), unhex(SUN, "file_key"), unhex(SUN, "picc_data"), bytes(mac)) is None


def test_other_keys_and_lengths_are_no_tap() -> None:
    picc_data, mac = unhex(SUN, "picc_data"), bytes.fromhex(SUN["expected"].split("/")[2])
    assert verify_sun(b"\x01" * 16, bytes(16), picc_data, mac) is None
    assert verify_sun(bytes(16), b"\x01" * 16, picc_data, mac) is None
    assert verify_sun(bytes(16), bytes(16), picc_data[:-1], mac) is None
    assert verify_sun(bytes(16), bytes(16), picc_data, mac[:-1]) is None


def test_command_macs_are_every_second_byte() -> None:
    (vector,) = vectors("GetFileSettings")
    inputs = vector["inputs"]
    message = bytes.fromhex(inputs["cmd"]) + inputs["ctr"].to_bytes(2, "little") + bytes.fromhex(inputs["ti"])
    mac = aes_cmac(unhex(vector, "k_mac"), message + unhex(vector, "header"))
    assert truncated(mac).hex() == vector["expected"]
