from __future__ import annotations

import pytest

from pos_engine import words
from pos_engine.ports.document import Barcode, Cut, Document, Space, Text
from pos_engine.receipts.interrupted import continued, printed_again, rest_of

SLIP = Document((Text("Shop"), Barcode("code128", "ABC"), Space(), Cut()), "de")


def test_nothing_that_is_on_paper_is_in_the_rest() -> None:
    assert rest_of(SLIP, 1) == Document(SLIP.blocks[1:], "de")
    assert rest_of(SLIP, len(SLIP.blocks)) is None


def test_a_rest_that_can_be_read_is_marked_and_a_cut_alone_is_not() -> None:
    rest = rest_of(SLIP, 1)
    assert rest is not None
    first, *others = continued(rest).blocks
    assert first == Text("*** Fortsetzung ***", align="center", bold=True)
    assert tuple(others) == rest.blocks
    assert continued(Document((Space(), Cut()))) == Document((Space(), Cut()))


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_language_has_both_marks(language: str) -> None:
    document = Document(SLIP.blocks, language)
    marks = {continued(document).blocks[0], printed_again(document).blocks[0]}
    assert len(marks) == 2
    assert marks.isdisjoint(SLIP.blocks)
