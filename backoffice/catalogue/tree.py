"""The category tree as plain parent pointers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DEPTH_MAX: Final = 12
"""Levels of the category tree; deeper ones are refused so that a loop cannot hide."""


def path_of(parents: Mapping[str, str | None], category_id: str | None) -> tuple[str, ...]:
    """Ids from the widest category to this one; empty for None and for unknown ids."""
    path: list[str] = []
    current = category_id
    while current is not None and current in parents and len(path) < DEPTH_MAX:
        path.append(current)
        current = parents[current]
    return tuple(reversed(path))


def subtree_of(parents: Mapping[str, str | None], category_id: str) -> list[str]:
    """The category itself and everything below it."""
    return [each for each in parents if category_id in path_of(parents, each)]
