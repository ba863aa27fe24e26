from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from firmware_sim.line.faults import KINDS, FaultyLine
from firmware_sim.line.orders import OrderError, OrderSocket, carry_out, send_order, serve_until_stopped, spelled_out


class Lamp:
    def __init__(self) -> None:
        self.done: list[list[str]] = []

    def order(self, words: Sequence[str]) -> str:
        if words[0] == "burst":
            raise OrderError("a lamp does not burst")
        self.done.append([*words])
        return "lit"


@pytest.mark.parametrize(
    ("line", "answer"),
    [("on", "ok lit"), ("", "error an order has at least one word"), ("burst", "error a lamp does not burst"),
     ("say 'open", "error No closing quotation")],
)  # fmt: skip
def test_one_line_in_one_line_out(line: str, answer: str) -> None:
    assert carry_out(Lamp(), line) == answer


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("silent", ["fault", "silent"]),
        ("drop 3", ["fault", "drop", "3"]),
        ("none", ["fault", "none"]),
        ("seed 7", ["fault", "seed", "7"]),
        ("tear", ["fault", "tear"]),
        ("fault tear 2", ["fault", "tear", "2"]),
        ("paper-out", ["paper", "0"]),
        ("paper new", ["paper", "new"]),
    ],
)
def test_a_fault_needs_not_be_called_one(line: str, order: list[str]) -> None:
    lamp = Lamp()
    assert carry_out(lamp, line) == "ok lit"
    assert lamp.done == [order]


@pytest.mark.parametrize("word", ["none", "silent", "chance 0.5", "seed 7", *(f"{kind} 2" for kind in KINDS)])
def test_whatever_a_faulty_line_knows_needs_not_be_called_a_fault(word: str) -> None:
    assert spelled_out(word.split()) == ("fault", *word.split())
    FaultyLine().order(word.split())


def test_orders_over_a_socket(tmp_path: Path) -> None:
    lamp, path = Lamp(), tmp_path / "lamp.ctl"
    served = OrderSocket(lamp, path)
    try:
        assert send_order(path, ["say", "two words"]) == "lit"
        with pytest.raises(OrderError, match="does not burst"):
            send_order(path, ["burst"])
        assert lamp.done == [["say", "two words"]]
    finally:
        served.close()
    with pytest.raises(OrderError, match="is it running"):
        send_order(path, ["on"])


def test_quit_on_standard_input_ends_the_simulator(capsys: pytest.CaptureFixture[str]) -> None:
    stopped = threading.Event()
    serve_until_stopped(Lamp(), stopped, io.StringIO("on\n\nburst\nquit\non\n"))
    assert stopped.is_set()
    assert capsys.readouterr().out == "ok lit\nerror a lamp does not burst\n"
