from __future__ import annotations

import pytest

from firmware_sim.printer.status import ENDLESS, PrinterState


@pytest.mark.parametrize(
    ("state", "answers"),
    [
        (PrinterState(), "12 12 12 12"),
        (PrinterState(paper_lines=30), "12 12 12 1E"),
        (PrinterState(paper_lines=0), "1A 32 12 7E"),
        (PrinterState(cover_open=True), "1A 16 12 12"),
        (PrinterState(cutter_jammed=True), "1A 52 1A 12"),
        (PrinterState(drawer_open=True), "16 12 12 12"),
    ],
)
def test_real_time_status_as_the_manual_has_it(state: PrinterState, answers: str) -> None:
    assert bytes(state.real_time_status(number) for number in (1, 2, 3, 4)).hex(" ").upper() == answers


@pytest.mark.parametrize("lines", [0, 30, ENDLESS])
@pytest.mark.parametrize("cover_open", [True, False])
def test_every_answer_can_be_told_from_data(lines: int, cover_open: bool) -> None:
    state = PrinterState(paper_lines=lines, cover_open=cover_open)
    for number in (1, 2, 3, 4):
        assert state.real_time_status(number) & 0x93 == 0x12
    assert state.automatic_status()[0] & 0x93 == 0x10
