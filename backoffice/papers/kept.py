"""A paper as it is kept: what was counted once is shown again without counting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from backoffice.papers.blocks import Bars, Block, Heading, Interval, Paper, Table, Text

BLOCKS: Final[Mapping[str, type[Block]]] = {
    "heading": Heading,
    "text": Text,
    "table": Table,
    "bars": Bars,
    "interval": Interval,
}
"""The names stand in the database for good."""
_NAMES: Final = {kind: name for name, kind in BLOCKS.items()}


class _Kept(msgspec.Struct, frozen=True):
    title: str
    about: tuple[str, ...]
    blocks: tuple[tuple[str, msgspec.Raw], ...]
    language: str
    foot: str


def packed(paper: Paper) -> str:
    """A paper as JSON."""
    blocks = tuple((_NAMES[type(each)], msgspec.Raw(msgspec.json.encode(each))) for each in paper.blocks)
    return msgspec.json.encode(_Kept(paper.title, tuple(paper.about), blocks, paper.language, paper.foot)).decode()


def unpacked(text: str) -> Paper:
    """The paper that was packed."""
    kept = msgspec.json.decode(text, type=_Kept)
    blocks = [msgspec.json.decode(raw, type=BLOCKS[name]) for name, raw in kept.blocks]
    return Paper(kept.title, kept.about, blocks, kept.language, kept.foot)
