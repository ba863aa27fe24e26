"""Paper that was interrupted: what comes out when the printer is well again, and what it says of itself. Pure.

Law: a block that is known to be on paper is not printed again. What follows it comes on the next piece, marked as its
continuation; where nobody knows how far it got, the whole comes again, marked as a repeat.
"""

from __future__ import annotations

from pos_engine import words
from pos_engine.ports.document import Cut, Document, OpenDrawer, Space, Text


def printed_again(document: Document) -> Document:
    """The same paper, saying that it may have come out before: the printer failed and nobody knows how far it got."""
    note = Text(words.text("receipt.repeated", document.language), align="center")
    return Document((note, *document.blocks), document.language)


def rest_of(document: Document, printed_blocks: int) -> Document | None:
    """What is still to be printed when so many blocks are on paper; None when that is all of them."""
    rest = document.blocks[printed_blocks:]
    return Document(rest, document.language) if rest else None


def continued(rest: Document) -> Document:
    """The rest, saying that it belongs to the piece before it, unless there is nothing in it to be read."""
    if all(isinstance(block, Space | Cut | OpenDrawer) for block in rest.blocks):
        return rest
    note = Text(f"*** {words.text('receipt.continued', rest.language)} ***", align="center", bold=True)
    return Document((note, *rest.blocks), rest.language)
