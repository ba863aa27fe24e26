"""How a promise that was not kept is said."""

from __future__ import annotations


class BrokenPromiseError(AssertionError):
    """An invariant does not hold."""


def need(truth: bool, promise: str) -> None:
    """BrokenPromiseError unless it is true."""
    if not truth:
        raise BrokenPromiseError(promise)
