"""Paper of a training: it says so in large words at its head and its foot, and carries no code for any reader."""

from __future__ import annotations

from pos_engine import words
from pos_engine.ports.document import Barcode, Block, Cut, Document, OpenDrawer, QrCode, Rule, Text


def as_training(document: Document) -> Document:
    """The same paper, worth nothing. The drawer stays shut."""
    language = document.language
    mark: list[Block] = [
        Rule(),
        Text(f"*** {words.text('training.mark', language)} ***", align="center", bold=True, large=True),
        Text(words.text("training.worthless", language), align="center", bold=True),
        Rule(),
    ]
    kept = [block for block in document.blocks if not isinstance(block, Barcode | QrCode | OpenDrawer | Cut)]
    return Document((*mark, *kept, *mark, Cut()), language)
