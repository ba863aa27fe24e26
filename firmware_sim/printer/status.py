"""What the printer knows of itself and the bits it answers with (Epson TM reference: DLE EOT, GS r, GS a)."""

from __future__ import annotations

from dataclasses import dataclass

FIXED = 0x12
"""Bits 1 and 4 are always set in a DLE EOT answer, bits 0 and 7 never: so an answer is told from data."""
NEAR_END_LINES = 60
"""About 20 cm of paper left under the near-end sensor."""
ENDLESS = 10**9


@dataclass
class PrinterState:
    """`paper_lines`: text lines left on the roll. `powered` False: nothing is answered or taken.

    `lines_to_cover`: lines until somebody opens the cover while it prints.
    """

    paper_lines: int = ENDLESS
    lines_to_cover: int = ENDLESS
    cover_open: bool = False
    cutter_jammed: bool = False
    powered: bool = True
    drawer_open: bool = False

    def use_up(self, lines: int) -> None:
        """So many lines were printed."""
        self.paper_lines -= lines
        self.lines_to_cover -= lines
        if self.lines_to_cover <= 0:
            self.cover_open, self.lines_to_cover = True, ENDLESS

    @property
    def paper_out(self) -> bool:
        """Whether the roll is at its end."""
        return self.paper_lines <= 0

    @property
    def paper_near_end(self) -> bool:
        """Whether the near-end sensor has no paper before it."""
        return self.paper_lines <= NEAR_END_LINES

    @property
    def can_print(self) -> bool:
        """Whether the mechanism moves. Otherwise data wait in the receive buffer."""
        return self.powered and not (self.paper_out or self.cover_open or self.cutter_jammed)

    def real_time_status(self, number: int) -> int:
        """The answer to DLE EOT `number` (1 printer, 2 why off line, 3 error, 4 paper)."""
        if number == 1:
            return FIXED | (0x04 if self.drawer_open else 0) | (0 if self.can_print else 0x08)
        if number == 2:
            return (
                FIXED
                | (0x04 if self.cover_open else 0)
                | (0x20 if self.paper_out else 0)
                | (0x40 if self.cutter_jammed else 0)
            )
        if number == 3:
            return FIXED | (0x08 if self.cutter_jammed else 0)
        return FIXED | (0x0C if self.paper_near_end else 0) | (0x60 if self.paper_out else 0)

    def paper_status(self) -> int:
        """The answer to GS r 1."""
        return (0x03 if self.paper_near_end else 0) | (0x0C if self.paper_out else 0)

    def automatic_status(self) -> bytes:
        """The four bytes of automatic status back (GS a)."""
        first = (
            0x10
            | (0x04 if self.drawer_open else 0)
            | (0 if self.can_print else 0x08)
            | (0x20 if self.cover_open else 0)
        )
        return bytes([first, 0x08 if self.cutter_jammed else 0, self.paper_status(), 0])
