"""Faults of a card: by order they strike so often and no more, by chance always the same from one seed."""

from __future__ import annotations

import random
import threading

import pytest
from typing_extensions import override

from firmware_sim.cards.card import SimulatedCard, make_card
from firmware_sim.cards.faults import CardFaults
from firmware_sim.line.orders import OrderError

GET_UID = bytes.fromhex("FFCA000000")
GET_ATS = bytes.fromhex("FFCA010000")
CARD = make_card("desfire", "04A1B2C3D4E5F6", random.Random(1))
WELL = CARD.answer(GET_UID)


def ask(faults: CardFaults, command: bytes = GET_UID) -> bytes | None:
    return faults.answer(CARD, command, threading.Event())


@pytest.mark.parametrize(("order", "answer"), [("tear 2", None), ("error 2", bytes.fromhex("6300"))])
def test_a_fault_strikes_so_often_and_no_more(order: str, answer: bytes | None) -> None:
    faults = CardFaults()
    assert faults.order(order.split()) == order
    assert [ask(faults) for _ in range(3)] == [answer, answer, WELL]
    assert faults.describe() == "no faults"


def test_a_damaged_answer_differs_in_one_bit() -> None:
    faults = CardFaults(seed=5)
    faults.order(["corrupt", "20"])
    for _ in range(20):
        answer = ask(faults)
        assert answer is not None
        assert len(answer) == len(WELL)
        assert sum((one ^ other).bit_count() for one, other in zip(answer, WELL, strict=True)) == 1
    assert ask(faults) == WELL


def test_a_repeated_answer_is_the_one_before() -> None:
    faults = CardFaults()
    assert ask(faults, GET_ATS) == CARD.answer(GET_ATS)
    faults.order(["repeat", "1"])
    assert ask(faults) == CARD.answer(GET_ATS)
    assert ask(faults) == WELL


def test_a_silent_card_answers_nothing_and_is_taken_away() -> None:
    faults = CardFaults()
    faults.order(["silent"])
    gone = threading.Event()
    gone.set()
    assert faults.answer(CARD, GET_UID, gone) is None
    faults.order(["none"])
    assert ask(faults) == WELL


def test_a_pull_counts_commands() -> None:
    faults = CardFaults()
    assert faults.order(["pull", "2", "after"]) == "pull 2 after"
    assert [ask(faults), ask(faults), ask(faults)] == [WELL, None, WELL]


@pytest.mark.parametrize(("when", "carried_out"), [("before", 0), ("after", 1)])
def test_a_pull_waits_for_a_command_once(when: str, carried_out: int) -> None:
    seen: list[bytes] = []

    class Noted(SimulatedCard):
        @override
        def answer(self, command: bytes) -> bytes:
            seen.append(command)
            return WELL

    faults, gone = CardFaults(), threading.Event()
    card = Noted("desfire", CARD.atr, CARD.uid)
    assert faults.order(["pull", "at", "ffca01", when]) == f"pull at FFCA01 {when}"
    answers = [faults.answer(card, command, gone) for command in (GET_UID, GET_ATS, GET_ATS)]
    assert answers == [WELL, None, WELL]
    assert seen.count(GET_ATS) == 1 + carried_out


def test_the_same_seed_gives_the_same_misfortunes() -> None:
    def run(seed: int) -> list[bytes | None]:
        faults = CardFaults(seed)
        faults.order(["chance", "0.5"])
        return [ask(faults) for _ in range(40)]

    assert run(3) == run(3) != run(4)
    assert WELL in run(3)
    assert None in run(3)
    faults = CardFaults(4)
    faults.order(["chance", "0.5"])
    faults.order(["seed", "3"])
    assert [ask(faults) for _ in range(40)] == run(3)


def test_one_tear_needs_no_number() -> None:
    faults = CardFaults()
    assert faults.order(["tear"]) == "tear 1"
    assert [ask(faults), ask(faults)] == [None, WELL]


@pytest.mark.parametrize(
    "order", ["", "dance", "seed x", "tear x", "chance 2", "delay soon", "pull 1 never", "pull at", "pull at 9"]
)
def test_what_is_no_fault_is_refused_with_the_list(order: str) -> None:
    with pytest.raises(OrderError, match="card faults: none, tear N"):
        CardFaults().order(order.split())
