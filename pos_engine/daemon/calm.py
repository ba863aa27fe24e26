"""How the interpreter is set for a program that must answer within a moment."""

from __future__ import annotations

import gc
import sys

SWITCH_S = 0.0005
"""How soon a thread that reckons lets one run that has something to answer: Python's own 5 ms are felt at a register,
which waits for several such turns; the price is a turn more in two thousand lines of Python."""


def calm() -> None:
    """Once everything is loaded: the collector need not walk over a thousand campaigns while a register waits."""
    sys.setswitchinterval(SWITCH_S)
    rest()


def rest() -> None:
    """What is there now is kept for long: set it aside from what the collector looks through."""
    gc.collect()
    gc.freeze()
