"""What decoders make must stay an ordinary class when the core is compiled: they never call the class."""

from __future__ import annotations

import ast
import dataclasses
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from pos_engine.core.moment import Moment, SimulatedTime
from pos_engine.core.programme import Programme
from pos_engine.core.registry import CONDITIONS, REWARDS
from pos_engine.core.returns import Exchange
from pos_engine.wire.inspect import field_hints
from pos_engine.wire.schema import DOCUMENTS

ROOT = Path(__file__).parents[4]
MADE_BY_CALLING: set[type] = {*CONDITIONS.values(), *REWARDS.values()}
ROOTS: tuple[type, ...] = (*DOCUMENTS.values(), Exchange, Moment, Programme, SimulatedTime, *MADE_BY_CALLING)


def inside(hint: object) -> Iterator[type]:
    """The dataclasses that a type speaks of."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        yield hint
    for part in typing.get_args(hint):
        yield from inside(part)


def reached() -> set[type]:
    """All dataclasses that a document can hold."""
    found: set[type] = set()
    waiting: list[type] = list(ROOTS)
    while waiting:
        cls = waiting.pop()
        if cls not in found:
            found.add(cls)
            for hint in field_hints(cls).values():
                waiting.extend(inside(hint))
    return {cls for cls in found - MADE_BY_CALLING if cls.__module__.startswith("pos_engine.core.")}


@cache
def parsed(module: str) -> tuple[str, ast.Module]:
    text = ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
    return text, ast.parse(text)


@pytest.mark.parametrize("cls", sorted(reached(), key=str), ids=str)
def test_a_document_is_marked_or_stays_plain_with_its_module(cls: type) -> None:
    text, tree = parsed(cls.__module__)
    (written,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
    marked = any(isinstance(one, ast.Name) and one.id == "document" for one in written.decorator_list)
    assert marked or "\n# Not compiled: " in text


def test_the_documents_were_found() -> None:
    assert {"BasketLine", "Selector", "TimeWindow", "UnitShare", "TierStep"} <= {one.__name__ for one in reached()}
