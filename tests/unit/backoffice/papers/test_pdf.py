"""A report on paper: every figure is in it as text, it is grey all over, and what people typed is never markup."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pypdfium2

from backoffice.papers.blocks import Bar, Bars, Block, Heading, Interval, Paper, Table, Text
from backoffice.papers.pdf import paper_pdf

BLOCKS: tuple[Block, ...] = (
    Heading("Part"),
    Text("Plain"),
    Text("The answer", "strong"),
    Text("What it means", "small"),
    Table(("", "Members"), [("Got it", "801"), ("Held out", "200")]),
    Table((), []),
    Bars([Bar("Before", 50, "50.00", hatched=True), Bar("Now", 100, "100.00")], "Revenue"),
    Bars([Bar("Returned goods", -3, "-3"), Bar("None", 0, "0")]),
    Interval(-1.0, 2.0, 5.0, ("-1.00", "+2.00", "+5.00")),
    Interval(0.0, 0.0, 0.0, ("0", "0", "0")),
)


def paper(*blocks: Block, title: str = "Result", language: str = "en") -> Paper:
    return Paper(title, ["Bakery"], blocks, language, "at the foot")


def text_of(pdf: bytes) -> str:
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_every_word_and_figure_is_text_in_it() -> None:
    text = text_of(paper_pdf(paper(*BLOCKS)))
    wanted = ("Result", "Bakery", "Part", "Plain", "The answer", "801", "Held out", "100.00", "+5.00", "at the foot")
    assert [each for each in wanted if each not in text] == []


def test_nothing_in_it_hangs_on_a_colour() -> None:
    with closing(pypdfium2.PdfDocument(paper_pdf(paper(*BLOCKS)))) as document:
        pixels = np.asarray(document[0].render(scale=1).to_pil().convert("RGB")).astype(int)
    assert (pixels.max(axis=2) - pixels.min(axis=2)).max() == 0
    assert pixels.min() < 60, "there is something on it"


def test_the_longer_bar_is_longer() -> None:
    """Ink is counted in the left half, where the bars are; the table beside them has the same in both papers."""

    def ink(now: float) -> int:
        made = paper_pdf(paper(Bars([Bar("a", 100, "x"), Bar("b", now, "x")])))
        with closing(pypdfium2.PdfDocument(made)) as document:
            pixels = np.asarray(document[0].render(scale=1).to_pil().convert("L"))
        return int((pixels[100:, 60:280] < 160).sum())

    assert ink(10) < ink(50) < ink(100)


def test_what_somebody_typed_is_no_markup_of_the_engine() -> None:
    evil = '#panic("x") *bold* $x$ <a> @b'
    text = text_of(paper_pdf(paper(Text(evil), Table((evil,), [(evil,)]), title=evil)))
    assert text.count('#panic("x")') == 4


def test_the_same_figures_give_the_same_file() -> None:
    assert paper_pdf(paper(*BLOCKS)) == paper_pdf(paper(*BLOCKS))
