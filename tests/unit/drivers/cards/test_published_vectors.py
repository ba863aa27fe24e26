"""Card cryptography against the vectors that NXP, NIST and readers of real cards have published; no simulator here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.cards.aes_cmac import aes_cmac
from drivers.cards.block_chain import BlockChain
from drivers.cards.diversification import diversified_key
from drivers.cards.ev1 import Ev1Session, authenticate_aes
from drivers.cards.ev2 import Ev2Session, authenticate_ev2, session_keys
from drivers.cards.exchange import CardGoneError, Wire
from drivers.cards.ntag424_sun import SunTap, encryption_session_key, mac_session_key, verify_sun
from drivers.cards.session import desfire_crc
from drivers.pcsc_reader.atr import parse_atr
from tests.support.published import EV1_CHAIN, Vector, card_entries


class Script:
    """A card that knows what it will be asked and what it will say: commands and answers of a published trace."""

    def __init__(self, *steps: tuple[str, str]) -> None:
        self.steps = [(bytes.fromhex(asked), bytes.fromhex(said)) for asked, said in steps]

    def __call__(self, command: bytes) -> bytes:
        asked, said = self.steps.pop(0)
        assert command.hex() == asked.hex()
        return said


def deaf(command: bytes) -> bytes:
    raise AssertionError(command.hex())


def cmac(vector: Vector) -> None:
    assert aes_cmac(vector.bytes("key"), vector.bytes("msg")).hex() == vector.expected
    chain = BlockChain(vector.bytes("key"))
    assert chain.mac(vector.bytes("msg")).hex() == vector.expected[:16]
    assert chain.vector.hex() == vector.expected


def diversification(vector: Vector) -> None:
    assert diversified_key(vector.bytes("master"), vector.bytes("div_input")).hex() == vector.expected


def known_mistake(vector: Vector) -> None:
    assert diversified_key(vector.bytes("master"), vector.bytes("div_input")).hex() != vector.expected


def sun_tap(vector: Vector) -> None:
    uid, counter, mac = vector.expected.split("/")
    keys = vector.bytes("meta_key"), vector.bytes("file_key")
    tap = verify_sun(*keys, vector.bytes("picc_data"), bytes.fromhex(mac))
    assert tap == SunTap(bytes.fromhex(uid), int(counter))


def sun_enc(vector: Vector) -> None:
    assert encryption_session_key(vector.bytes("key"), vector.bytes("uid"), 1).hex() == vector.expected


def sun_mac(vector: Vector) -> None:
    assert mac_session_key(vector.bytes("key"), vector.bytes("uid"), 1).hex() == vector.expected


def ev2_first(vector: Vector) -> None:
    message, identifier, enc_key, mac_key = vector.expected.split("/")
    card = Script(
        ("9071000002000000", vector.inputs["E_RndB"] + "91AF"),
        ("90AF000020" + message + "00", vector.inputs["card_response"] + "9100"),
    )
    session = authenticate_ev2(Wire(card), 0, vector.bytes("key"), lambda _count: vector.bytes("RndA"))
    assert session._identifier.hex() == identifier
    assert (session._enc_key.hex(), session._mac_key.hex()) == (enc_key, mac_key)


def ev2_keys_only(vector: Vector) -> None:
    found = session_keys(vector.bytes("key"), vector.bytes("RndA"), vector.bytes("RndB"))
    assert "/".join(key.hex() for key in found) == vector.expected


def ev2_mac(vector: Vector) -> None:
    session = Ev2Session(Wire(deaf), 0, (bytes(16), vector.bytes("k_mac")), vector.bytes("ti"))
    session._counter = vector.number("ctr")
    code = vector.bytes("cmd" if "cmd" in vector.inputs else "cmd_or_status")[0]
    data = vector.bytes("header" if "header" in vector.inputs else "data")
    assert session.mac(code, data).hex() == vector.expected


def transaction_mac(vector: Vector) -> None:
    """Our application has no transaction MAC file; the primitive that it would stand on gives its keys."""
    after = (vector.number("tmc_before") + 1).to_bytes(4, "little")
    tail = bytes.fromhex("00010080") + after + vector.bytes("uid")
    found = [aes_cmac(vector.bytes("app_tmac_key"), label + tail).hex() for label in (b"\x5a", b"\xa5")]
    assert "/".join(found) == vector.expected


def ev1_handshake(vector: Vector) -> None:
    message, session_key = vector.expected.split("/")
    card = Script(
        ("90AA0000010000", vector.inputs["E_RndB"] + "91AF"),
        ("90AF000020" + message + "00", vector.inputs["E_RndA_rot"] + "9100"),
    )
    session = authenticate_aes(Wire(card), 0, vector.bytes("key"), lambda _count: vector.bytes("RndA"))
    assert session._chain.mac(b"x") == BlockChain(bytes.fromhex(session_key)).mac(b"x")


def ev1_session(vector: Vector, *steps: tuple[str, str]) -> Ev1Session:
    return Ev1Session(Wire(Script(*steps)), 0, BlockChain(vector.bytes("session_key")))


def ev1_key_version(vector: Vector) -> None:
    """Command and answer of one exchange; each entry publishes one of the two MACs."""
    session = ev1_session(vector, ("90640000010000", "108a8fa36f55cd210d9100"))
    assert session.ask(0x64, b"\x00") == b"\x10"
    assert session._chain.vector.hex() == "8a8fa36f55cd210dd8054658ac70d99a"
    session._chain.vector = bytes.fromhex(vector.inputs["iv"])
    session._chain.mac(vector.bytes("msg"))
    assert session._chain.vector.hex() == vector.expected


def ev1_crc(vector: Vector) -> None:
    assert desfire_crc(vector.bytes("data"))[::-1].hex() == vector.expected


def ev1_change_key(vector: Vector) -> None:
    session = ev1_session(vector, ("90C400002100" + vector.expected + "00", "9100"))
    session._chain.vector = vector.bytes("iv")
    session.change_key(0, bytes(16), 0, bytes(16))


def ev1_chain(vector: Vector) -> None:
    session = ev1_session(vector)
    found = {}
    for command, data, answer in EV1_CHAIN:
        session._chain.mac(bytes.fromhex(command + data))
        found[command + data] = session._chain.vector.hex()
        mac = session._chain.mac(bytes.fromhex(answer))
        found[answer] = session._chain.vector.hex()
        assert mac.hex() == found[answer][:16]
    assert found[vector.inputs["msg"]] == vector.expected
    assert session.wire is not None


def answer_to_reset(vector: Vector) -> None:
    family = {"Classic": "mifare_classic_1k", "Ultralight": "ultralight_ntag", "DESFire": "desfire"}
    expected = next(name for word, name in family.items() if word in vector.name)
    assert parse_atr(vector.bytes("atr")).family == expected
    broken = vector.bytes("atr")[:-1] + bytes([vector.bytes("atr")[-1] ^ 1])
    assert parse_atr(broken).technology == ""


CHECKS: dict[str, Callable[[Vector], None]] = {
    "AES-CMAC len 0": cmac,
    "AES-CMAC len 16": cmac,
    "AES-CMAC len 64": cmac,
    "AN10922 AES-128 key diversification": diversification,
    "AN10922 AES-128 short M": diversification,
    "AN10922 short M wrong value (libfreefare issue 91 bug)": known_mistake,
    "SUN example 1 (PICCData mirror + CMAC)": sun_tap,
    "SDM session ENC key": sun_enc,
    "SDM session MAC key": sun_mac,
    "AuthenticateEV2First s6.6 p28 key 0": ev2_first,
    "DESFire Light EV2 session keys": ev2_keys_only,
    "EV2 CommMode.MAC command MAC (GetFileSettings)": ev2_mac,
    "EV2 MAC WriteData tx": ev2_mac,
    "EV2 MAC WriteData rx": ev2_mac,
    "DESFire TransactionMAC session keys": transaction_mac,
    "DESFire EV1 AuthenticateAES (AA) zero key": ev1_handshake,
    "EV1 TX CMAC GetKeyVersion": ev1_key_version,
    "EV1 RX CMAC GetKeyVersion (data 10 | status 00)": ev1_key_version,
    "EV1 CRC32 of ChangeKey cryptogram": ev1_crc,
    "EV1 ChangeKey cryptogram": ev1_change_key,
    "EV1 CMAC chain tx CreateStdDataFile": ev1_chain,
    "EV1 CMAC chain rx": ev1_chain,
    "ATR MIFARE Classic 1K": answer_to_reset,
    "ATR MIFARE Ultralight/NTAG": answer_to_reset,
    "ATR DESFire (no hist bytes but 80)": answer_to_reset,
}


@pytest.mark.parametrize("vector", card_entries(), ids=lambda vector: vector.name)
def test_each_published_entry(vector: Vector) -> None:
    CHECKS[vector.name](vector)


def the(name: str) -> Vector:
    return next(vector for vector in card_entries() if name in vector.name)


@pytest.mark.parametrize(("master", "given"), [(15, 7), (16, 0), (16, 32)])
def test_diversification_refuses_wrong_lengths(master: int, given: int) -> None:
    with pytest.raises(ValueError, match="bytes, not"):
        diversified_key(bytes(master), bytes(given))


def test_an_input_that_fills_both_blocks_is_not_padded() -> None:
    assert diversified_key(bytes(16), bytes(31)) == aes_cmac(bytes(16), b"\x01" + bytes(31))


@pytest.mark.parametrize("bit", range(64))
def test_a_changed_mac_is_no_tap(bit: int) -> None:
    sun = the("SUN example 1")
    mac = bytearray.fromhex(sun.expected.split("/")[2])
    mac[bit // 8] ^= 1 << bit % 8
    assert verify_sun(sun.bytes("meta_key"), sun.bytes("file_key"), sun.bytes("picc_data"), bytes(mac)) is None


def test_other_keys_and_lengths_are_no_tap() -> None:
    sun = the("SUN example 1")
    picc_data, mac = sun.bytes("picc_data"), bytes.fromhex(sun.expected.split("/")[2])
    assert verify_sun(b"\x01" * 16, bytes(16), picc_data, mac) is None
    assert verify_sun(bytes(16), b"\x01" * 16, picc_data, mac) is None
    assert verify_sun(bytes(16), bytes(16), picc_data[:-1], mac) is None
    assert verify_sun(bytes(16), bytes(16), picc_data, mac[:-1]) is None


@pytest.mark.parametrize("bit", range(72))
def test_an_answer_with_any_bit_changed_is_not_believed(bit: int) -> None:
    answer = bytearray.fromhex("108a8fa36f55cd210d")
    answer[bit // 8] ^= 1 << bit % 8
    session = ev1_session(the("EV1 TX CMAC"), ("90640000010000", answer.hex() + "9100"))
    with pytest.raises(CardGoneError):
        session.ask(0x64, b"\x00")
