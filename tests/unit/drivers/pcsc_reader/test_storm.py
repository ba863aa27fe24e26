"""Cards that push each other out of the field: no real reader here can do it on order, so the service is scripted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import pytest
from smartcard import scard

from drivers.address import PcscAddress
from drivers.pcsc_reader import reader as reader_module
from drivers.pcsc_reader.reader import STORM_WINDOW_S, PcscReader
from drivers.pcsc_reader.service import CardLost, SlotState
from pos_engine.ports.devices import CardRefused, CardTrouble, ReaderEvent

NAME = "Reader 00 00"


class ScriptedService:
    """One reader whose card comes and goes with every look."""

    looks = 0

    def __init__(self, where: str) -> None:
        assert where == "pcsc://"

    def reader_names(self) -> tuple[str, ...]:
        return (NAME,)

    def wait(self, known: Sequence[tuple[str, int]], timeout_s: float) -> tuple[SlotState, ...]:
        assert timeout_s >= 0
        assert NAME in dict(known)
        type(self).looks += 1
        presence = scard.SCARD_STATE_PRESENT if self.looks % 2 else scard.SCARD_STATE_EMPTY
        return (SlotState(NAME, self.looks << 16 | presence, b""),)

    def card(self, reader: str) -> NoReturn:
        assert reader == NAME
        raise CardLost("gone again")

    def release(self) -> None:
        pass


def events(monkeypatch: pytest.MonkeyPatch, seconds_per_look: float) -> list[ReaderEvent]:
    monkeypatch.setattr(reader_module, "Service", ScriptedService)
    monkeypatch.setattr(ScriptedService, "looks", 0)
    reader = PcscReader(PcscAddress(), lambda: ScriptedService.looks * seconds_per_look)
    reader.open()
    found = [reader.next_event(0.0) for _ in range(12)]
    reader.close()
    return [event for event in found if event is not None]


def test_faster_than_a_hand_is_two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CardRefused(CardTrouble.TWO_CARDS) in events(monkeypatch, STORM_WINDOW_S / 12)


def test_a_hesitant_hand_is_only_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    found = events(monkeypatch, STORM_WINDOW_S / 2)
    assert found
    assert set(found) == {CardRefused(CardTrouble.UNREADABLE)}
