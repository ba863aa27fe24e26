"""What a report is made of, whether it is printed or mailed: words, tables, and drawings that read in grey.

Every drawing has its figures beside it as a table, so that nothing hangs on a shade or a length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Heading:
    """The title of a part."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph; `strong`: the answer that the part is about; `small`: what a figure means."""

    text: str
    weight: Literal["normal", "strong", "small"] = "normal"


@dataclass(frozen=True)
class Table:
    """Rows of words, the first column on the left and all others on the right. `headers` may be empty."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Bar:
    """One bar: its name, how long it is, and its figure as it is written. `hatched`: to be told from its neighbour."""

    label: str
    size: float
    figure: str
    hatched: bool = False


@dataclass(frozen=True)
class Bars:
    """Lengths to be compared. `title`: of the column of names in the table beside it; `unit`: of the figures."""

    bars: Sequence[Bar]
    title: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Interval:
    """A difference, its interval and zero, on one scale. `low`, `estimate`, `high`: in one unit; the rest in words."""

    low: float
    estimate: float
    high: float
    figures: tuple[str, str, str]


Block = Heading | Text | Table | Bars | Interval


@dataclass(frozen=True)
class Paper:
    """A report. `about`: what it is of, a line each; `foot`: stands under every page."""

    title: str
    about: Sequence[str]
    blocks: Sequence[Block]
    language: str
    foot: str = ""
