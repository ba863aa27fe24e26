"""Simulated cards behind the real PC/SC daemon, read by clients that are not ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.prepare import npm_command
from drivers.cards.exchange import Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.keys import Role, key_set
from drivers.cards.loyalty_application import APPLICATION, IDENTIFY_KEY, CardData
from firmware_sim.cards.slot import CardSlot
from tests.evidence import used
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.sim_wire import UID, sim_card

pytestmark = [pytest.mark.interop, pytest.mark.pcscd]
CLIENTS = Path(__file__).parent / "clients"
WAIT_S = 60
Environment = Callable[[str], Path]


@pytest.fixture
def slot(pcscd: PrivatePcscd) -> Iterator[CardSlot]:
    slot = CardSlot(pcscd.ports[0], seed=5)
    yield slot
    slot.close()


def run(command: list[str | Path], **settings: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def node() -> str | Path:
    found = npm_command()
    return found[0] if len(found) > 1 else shutil.which("node") or "node"


@pytest.mark.parametrize(
    ("kind", "standard", "expected"),
    [
        ("classic1k", "TAG_ISO_14443_3", {"read": "written by nfc!!"}),
        ("ntag", "TAG_ISO_14443_3", {"read": "nfc-pcsc"}),
        ("desfire", "TAG_ISO_14443_4", {"selected": "6a82", "version": "04010112001a0591af"}),
        ("ntag424", "TAG_ISO_14443_4", {"selected": "9000"}),
    ],
)
def test_nfc_pcsc_of_npm_reads_and_writes(
    slot: CardSlot, environment: Environment, kind: str, standard: str, expected: dict[str, str]
) -> None:
    modules = environment("nfc-pcsc") / "node_modules"
    assert slot.insert_kind(kind, UID.hex()).wait_connected(WAIT_S)
    *_readers, found = run([node(), CLIENTS / "nfc_client.js", kind], NODE_PATH=str(modules))
    assert found["uid"] == UID.hex()
    assert found["standard"] == standard
    assert expected.items() <= found.items()
    used("judge", "nfc-pcsc")


@pytest.mark.parametrize("kind", ["desfire_ev1", "desfire", "desfire_ev3"])
def test_python_desfire_makes_a_blank_card_its_own(slot: CardSlot, environment: Environment, kind: str) -> None:
    python = environment("python-desfire") / "bin" / "python"
    assert slot.insert_kind(kind, UID.hex()).wait_connected(WAIT_S)
    (found,) = run([python, CLIENTS / "desfire_client.py", "blank"])
    assert found == {"uid": UID.hex(), "key_version": 7, "read": "written by python-desfire"}
    used("judge", "python-desfire")


def test_python_desfire_reads_a_card_that_our_driver_issued(slot: CardSlot, environment: Environment) -> None:
    python = environment("python-desfire") / "bin" / "python"
    keys = key_set(bytes(range(16)), "Bakery Ltd", 1)
    field = sim_card("desfire")
    issue_card(Wire(field.exchange), UID, keys, CardOrder("900000000017", "CHF", 50_000))
    assert slot.insert(field.card).wait_connected(WAIT_S)
    key = keys.card_key(Role.IDENTIFY, UID, APPLICATION)
    (found,) = run(
        [python, CLIENTS / "desfire_client.py", "read", APPLICATION.hex(), str(IDENTIFY_KEY), key.hex(), "1"]
    )
    assert CardData.decoded(bytes.fromhex(found["read"])) == CardData(1, "CHF", "900000000017")
    used("judge", "python-desfire")
