"""How long a practised person would take for what a test does on a page: the keystroke-level model, not a clock.

Card, Moran and Newell, *The keystroke-level model for user performance time with interactive systems* (1980). Waiting
for the machine is left out: what is measured is the page, not the computer under it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Locator, Page, expect

POINT_S: Final = 1.1
"""Moving the pointer to something."""
CLICK_S: Final = 0.2
"""Pressing and releasing its button."""
KEY_S: Final = 0.28
"""One key, by somebody who types 40 words a minute."""
THINK_S: Final = 1.35
"""Making up one's mind: before every field and every choice, the generous way to count."""
REACH_S: Final = 0.4
"""The hand goes between pointer and keyboard."""


@dataclass(frozen=True)
class Effort:
    """What a person did so far."""

    clicks: int = 0
    points: int = 0
    keys: int = 0
    thoughts: int = 0
    reaches: int = 0

    @property
    def seconds(self) -> float:
        """By the model."""
        return (
            self.clicks * CLICK_S
            + self.points * POINT_S
            + self.keys * KEY_S
            + self.thoughts * THINK_S
            + self.reaches * REACH_S
        )

    def __add__(self, other: Effort) -> Effort:
        return Effort(
            self.clicks + other.clicks,
            self.points + other.points,
            self.keys + other.keys,
            self.thoughts + other.thoughts,
            self.reaches + other.reaches,
        )


def nobody_looks(_name: str) -> None:
    """Takes no picture."""


class Hand:
    """A person at a page: whatever is done through it is really done there, and counted.

    `look` is called with the name of each step that is worth a picture.
    """

    def __init__(self, page: Page, look: Callable[[str], None] = nobody_looks) -> None:
        self.page = page
        self.look = look
        self.effort = Effort()
        self._at_keyboard = False

    def _count(self, effort: Effort, *, keyboard: bool) -> None:
        self.effort += effort
        if keyboard is not self._at_keyboard:
            self.effort += Effort(reaches=1)
            self._at_keyboard = keyboard

    def press(self, target: Locator) -> None:
        """Click on something."""
        target.click()
        self._count(Effort(clicks=1, points=1, thoughts=1), keyboard=False)

    def write(self, field: Locator, text: str) -> None:
        """Fill a field in anew; nobody clicks into the one that the page has put the cursor in."""
        self._enter(field)
        field.fill(text)
        self._count(Effort(keys=len(text)), keyboard=True)

    def write_slowly(self, field: Locator, text: str) -> None:
        """Letter by letter, where the page answers to each."""
        self._enter(field)
        field.press_sequentially(text)
        self._count(Effort(keys=len(text)), keyboard=True)

    def _enter(self, field: Locator) -> None:
        if field.evaluate("each => each === document.activeElement"):
            self.effort += Effort(thoughts=1)
        else:
            self.press(field)

    def next(self, text: str = "") -> None:
        """The Tab key, and what is typed into the field that comes next."""
        self.page.keyboard.press("Tab")
        self._count(Effort(keys=1 + len(text), thoughts=1), keyboard=True)
        if text:
            self.page.keyboard.insert_text(text)

    def enter(self) -> None:
        """The Enter key."""
        self.page.keyboard.press("Enter")
        self._count(Effort(keys=1), keyboard=True)

    def choose(self, box: Locator, label: str) -> None:
        """Open a list and take one of its entries."""
        self.press(box)
        self.page.keyboard.press("Escape")
        box.select_option(label=label)
        self._count(Effort(clicks=1, points=1), keyboard=False)

    def pick(self, field: Locator, typed: str, offered: Locator) -> None:
        """A few letters into a search field, and what it offers for them."""
        self.write_slowly(field, typed)
        expect(offered).to_be_visible()
        self.press(offered)

    def bring(self, field: Locator, file: str) -> None:
        """A file from the computer: the button, the file in the window that opens, twice clicked."""
        field.set_input_files(file)
        self._count(Effort(clicks=3, points=2, thoughts=2), keyboard=False)

    def elsewhere(self, text: str) -> None:
        """Typed at another machine, copied from the page."""
        self._count(Effort(keys=len(text) + 1, thoughts=1), keyboard=True)
