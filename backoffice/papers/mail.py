"""A report as an e-mail: words and tables in the text, the same drawn in the attached PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from typing import Final

from markupsafe import Markup, escape

from backoffice.papers.blocks import Bars, Block, Heading, Interval, Paper, Table, Text
from backoffice.papers.pdf import PDF_TYPE, paper_pdf

_CELL: Final = "padding:3px 8px;border-bottom:1px solid #999"
_HEADER: Final = Markup("<th style='{};text-align:{}'>{}</th>")
_DATA: Final = Markup("<td style='{};text-align:{}'>{}</td>")


def fill_message(message: EmailMessage, paper: Paper, below: str, file_name: str) -> None:
    """Put the paper into a message: as plain text, as HTML, and as a PDF. `below`: a line under it, with an address."""
    message.set_content("\n".join([*_plain(paper), "", below, ""]), cte="quoted-printable")
    message.add_alternative(_html(paper, below), subtype="html", cte="quoted-printable")
    main, _slash, sub = PDF_TYPE.partition("/")
    message.add_attachment(paper_pdf(paper), maintype=main, subtype=sub, filename=file_name)


def rows_of(block: Block) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The figures of a block as a table: headers, which may be empty, and rows."""
    match block:
        case Table(headers, rows):
            return headers, rows
        case Bars(bars, title, unit):
            return (title, unit) if title or unit else (), [(bar.label, bar.figure) for bar in bars]
        case Interval(figures=figures):
            return (), [figures]
        case Heading() | Text():
            return (), ()


def _plain(paper: Paper) -> Iterator[str]:
    yield paper.title
    yield from paper.about
    for block in paper.blocks:
        if isinstance(block, Heading | Text):
            yield ""
            yield block.text
            continue
        headers, rows = rows_of(block)
        yield ""
        if any(headers):
            yield " | ".join(headers)
        for row in rows:
            yield f"{row[0]}: {' | '.join(row[1:])}" if len(row) > 1 else row[0]


def _html(paper: Paper, below: str) -> str:
    parts = [Markup("<h1 style='font-size:20px'>{}</h1>").format(paper.title)]
    parts += [Markup("<p style='margin:0;color:#444'>{}</p>").format(each) for each in paper.about]
    for block in paper.blocks:
        match block:
            case Heading(text):
                parts.append(Markup("<h2 style='font-size:16px'>{}</h2>").format(text))
            case Text(text, weight):
                style = {"strong": "font-weight:bold", "small": "color:#444;font-size:12px"}.get(weight, "")
                parts.append(Markup("<p style='{}'>{}</p>").format(style, text))
            case _:
                parts.append(_html_table(*rows_of(block)))
    parts.append(Markup("<p style='color:#444;font-size:12px'>{}</p>").format(_linked(below)))
    body = Markup("\n").join(parts)
    return Markup(
        "<!DOCTYPE html><html lang='{}'><body style='font-family:sans-serif;font-size:14px'>{}</body></html>"
    ).format(paper.language, body)


def _html_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    def line(cell_of: Markup, cells: Sequence[str]) -> Markup:
        aligned = ("left", *["right"] * (len(cells) - 1))
        told = [cell_of.format(_CELL, side, cell) for side, cell in zip(aligned, cells, strict=True)]
        return Markup("<tr>{}</tr>").format(Markup("").join(told))

    lines = [line(_HEADER, headers)] if any(headers) else []
    lines += [line(_DATA, row) for row in rows]
    return Markup("<table style='border-collapse:collapse'>{}</table>").format(Markup("").join(lines))


def _linked(text: str) -> Markup:
    """The addresses in a line as links."""
    words = (
        Markup('<a href="{0}">{0}</a>').format(word) if word.startswith(("http://", "https://")) else escape(word)
        for word in text.split(" ")
    )
    return Markup(" ").join(words)
