"""The simulated cards against what NXP, NIST and readers of real cards have published; no driver takes part."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import reduce
from operator import xor

import pytest
from typing_extensions import override

from firmware_sim.cards.card import make_card
from firmware_sim.cards.card_crypto import BlockCipher, card_crc, diversify, ev2_keys, sun_keys
from firmware_sim.cards.desfire.chip import DesfireChip
from firmware_sim.cards.desfire.sessions import Ev1Session, Ev2Session
from firmware_sim.cards.ntag424 import Mirror, Ntag424Chip
from tests.support.published import EV1_CHAIN, Vector, card_entries

UID = bytes.fromhex("04063F72633480")


class Draws(random.Random):
    """Gives these bytes where a card would draw random ones."""

    def __init__(self, *drawn: bytes) -> None:
        super().__init__(0)
        self._drawn = list(drawn)

    @override
    def randbytes(self, n: int) -> bytes:
        drawn = self._drawn.pop(0)
        assert len(drawn) == n
        return drawn


def cmac(vector: Vector) -> None:
    assert BlockCipher(vector.bytes("key")).cmac(vector.bytes("msg")).hex() == vector.expected


def diversification(vector: Vector) -> None:
    assert diversify(vector.bytes("master"), vector.bytes("div_input")).hex() == vector.expected


def known_mistake(vector: Vector) -> None:
    assert diversify(vector.bytes("master"), vector.bytes("div_input")).hex() != vector.expected


def sun_tap(vector: Vector) -> None:
    uid, counter, mac = vector.expected.split("/")
    tail = BlockCipher(bytes(16)).decrypt(bytes(16), vector.bytes("picc_data"))[11:]
    chip = Ntag424Chip(bytes.fromhex(uid), Draws(tail))
    chip.counter = int(counter) - 1
    chip._files[2].mirror = Mirror(0, 0, 10, 50, 50)
    chip.command(bytes.fromhex("00A4040C07D2760000850101"))
    chip.command(bytes.fromhex("00A4000C02E104"))
    shown = chip.command(bytes.fromhex("00B0000000"))
    assert shown[10:42].decode().lower() == vector.bytes("picc_data").hex()
    assert shown[50:66].decode().lower() == mac


def sun_enc(vector: Vector) -> None:
    assert sun_keys(vector.bytes("key"), vector.bytes("uid"), vector.number("ctr"))[0].hex() == vector.expected


def sun_mac(vector: Vector) -> None:
    assert sun_keys(vector.bytes("key"), vector.bytes("uid"), vector.number("ctr"))[1].hex() == vector.expected


def ev2_first(vector: Vector) -> None:
    message, identifier, enc_key, mac_key = (bytes.fromhex(part) for part in vector.expected.split("/"))
    chip = Ntag424Chip(UID, Draws(vector.bytes("RndB_derived"), identifier))
    assert chip.command(bytes.fromhex("9071000002000000")) == vector.bytes("E_RndB") + b"\x91\xaf"
    answer = chip.command(bytes.fromhex("90AF000020") + message + b"\x00")
    assert answer == vector.bytes("card_response") + b"\x91\x00"
    assert ev2_keys(vector.bytes("key"), vector.bytes("RndA"), vector.bytes("RndB_derived")) == (enc_key, mac_key)


def ev2_keys_only(vector: Vector) -> None:
    found = ev2_keys(vector.bytes("key"), vector.bytes("RndA"), vector.bytes("RndB"))
    assert "/".join(key.hex() for key in found) == vector.expected


def ev2_command_mac(vector: Vector) -> None:
    session = Ev2Session(0, bytes(16), vector.bytes("k_mac"), vector.bytes("ti"))
    given = vector.bytes("header") if "header" in vector.inputs else vector.bytes("data")
    code = vector.bytes("cmd" if "cmd" in vector.inputs else "cmd_or_status")[0]
    # the card accepts the command with this MAC and refuses it with any other
    assert session.open(code, given + bytes.fromhex(vector.expected), "manage", 0, 0, -1) == given
    with pytest.raises(Exception, match="1E"):
        session.open(code, given + bytes(8), "manage", 0, 0, -1)


def ev2_answer_mac(vector: Vector) -> None:
    session = Ev2Session(0, bytes(16), vector.bytes("k_mac"), vector.bytes("ti"))
    assert session.close(b"", "manage", 0).hex() == vector.expected  # counter 0 becomes 1 with the answer


def transaction_mac(vector: Vector) -> None:
    """The simulated cards have no transaction MAC file; the primitive that it would stand on gives its keys."""
    after = (vector.number("tmc_before") + 1).to_bytes(4, "little")
    key = BlockCipher(vector.bytes("app_tmac_key"))
    found = [key.cmac(bytes([label, 0, 1, 0, 0x80]) + after + vector.bytes("uid")).hex() for label in (0x5A, 0xA5)]
    assert "/".join(found) == vector.expected


def ev1_handshake(vector: Vector) -> None:
    message, session_key = (bytes.fromhex(part) for part in vector.expected.split("/"))
    challenge = BlockCipher(bytes(16)).decrypt(bytes(16), vector.bytes("E_RndB"))
    chip = DesfireChip(UID, 1, Draws(challenge))
    chip.command(bytes.fromhex("CA1122330F81"))
    chip.command(bytes.fromhex("5A112233"))
    assert chip.command(bytes.fromhex("AA00")) == b"\xaf" + vector.bytes("E_RndB")
    assert chip.command(b"\xaf" + message) == b"\x00" + vector.bytes("E_RndA_rot")
    assert isinstance(chip.session, Ev1Session)
    assert chip.session._cipher.encrypt(bytes(16), bytes(16)) == BlockCipher(session_key).encrypt(bytes(16), bytes(16))


def ev1_command(vector: Vector) -> None:
    session = Ev1Session(0, BlockCipher(vector.bytes("session_key")))
    session.open(vector.bytes("msg")[0], vector.bytes("msg")[1:], "manage", 0, 0, -1)
    assert session._vector.hex() == vector.expected


def ev1_answer(vector: Vector) -> None:
    session = Ev1Session(0, BlockCipher(vector.bytes("session_key")))
    session._vector = vector.bytes("iv")
    data = vector.bytes("msg")[:-1]
    assert session.close(data, "manage", 0) == data + bytes.fromhex(vector.expected)[:8]
    assert session._vector.hex() == vector.expected


def ev1_chain(vector: Vector) -> None:
    session = Ev1Session(0, BlockCipher(vector.bytes("session_key")))
    found = {}
    for command, data, answer in EV1_CHAIN:
        session.open(bytes.fromhex(command)[0], bytes.fromhex(data), "manage", 0, 0, -1)
        found[command + data] = session._vector.hex()
        session.close(bytes.fromhex(answer)[:-1], "manage", 0)
        found[answer] = session._vector.hex()
    assert found[vector.inputs["msg"]] == vector.expected


def answer_to_reset(vector: Vector) -> None:
    kind = {"Cl": "classic1k", "Ul": "ntag", "DE": "desfire"}
    name = next(kind[start] for start in kind if f"ATR {'MIFARE ' if start != 'DE' else ''}{start}" in vector.name)
    assert make_card(name, UID.hex(), random.Random(1)).atr == vector.bytes("atr")
    assert reduce(xor, vector.bytes("atr")[1:]) == vector.expected


def ev1_crc(vector: Vector) -> None:
    assert card_crc(vector.bytes("data"))[::-1].hex() == vector.expected


def ev1_change_key(vector: Vector) -> None:
    session = Ev1Session(0, BlockCipher(vector.bytes("session_key")))
    session._vector = vector.bytes("iv")
    clear = session.open(0xC4, b"\x00" + bytes.fromhex(vector.expected), "keys", 0, 1, -1)
    assert clear == b"\x00" + vector.bytes("plain")


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
    "EV2 CommMode.MAC command MAC (GetFileSettings)": ev2_command_mac,
    "EV2 MAC WriteData tx": ev2_command_mac,
    "EV2 MAC WriteData rx": ev2_answer_mac,
    "DESFire TransactionMAC session keys": transaction_mac,
    "DESFire EV1 AuthenticateAES (AA) zero key": ev1_handshake,
    "EV1 TX CMAC GetKeyVersion": ev1_command,
    "EV1 RX CMAC GetKeyVersion (data 10 | status 00)": ev1_answer,
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
