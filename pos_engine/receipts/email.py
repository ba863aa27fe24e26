"""A receipt as an e-mail: text, HTML with the codes as pictures, and the PDF, all out of the same rows. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from pos_engine import words
from pos_engine.ports.document import Barcode, Document, QrCode
from pos_engine.receipts.code_pictures import barcode_png, qr_png
from pos_engine.receipts.pdf import pdf_of
from pos_engine.receipts.plain import WIDTH_DEFAULT, text_of
from pos_engine.receipts.rows import AnyRow, CutRow, Row, RuleRow, rows_of

_PAGE = """\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin:0;padding:16px;background:#f4f4f4">
<table role="presentation" align="center" cellpadding="0" cellspacing="0" \
style="background:#fff;width:26em;max-width:100%;padding:16px;font-family:monospace;font-size:14px;line-height:1.35;color:#111">
{rows}
</table>
{own_page}<p style="text-align:center;font-family:sans-serif;font-size:12px;color:#555">{note}</p>
</body></html>
"""


@dataclass(frozen=True)
class Envelope:
    """From whom to whom, and when. `message_id` is unique, with its angle brackets.

    `own_page`: where the member's own page is opened; empty: there is no link to it.
    """

    sender: str
    recipient: str
    sent_at: datetime
    message_id: str
    shop_name: str
    number: int
    own_page: str = ""


def receipt_message(document: Document, envelope: Envelope) -> EmailMessage:
    """The whole message. PdfError when the attachment cannot be made."""
    language = document.language
    subject = words.text("mail.receipt_subject", language, number=envelope.number, shop=envelope.shop_name)
    note = words.text("mail.receipt_note", language, shop=envelope.shop_name)
    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())  # a line break in a shop's name must not begin another header
    message["From"] = envelope.sender
    message["To"] = envelope.recipient
    message["Date"] = format_datetime(envelope.sent_at)
    message["Message-ID"] = envelope.message_id
    message["Content-Language"] = language
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    own_page = words.text("mail.own_page", language)
    said = f"{own_page}: {envelope.own_page}\n" if envelope.own_page else ""
    message.set_content(f"{text_of(document)}\n{said}{note}\n")
    rows = list(rows_of(document, WIDTH_DEFAULT))
    page = _PAGE.format(
        language=html.escape(language),
        subject=html.escape(subject),
        own_page=_link(envelope.own_page, own_page) if envelope.own_page else "",
        note=html.escape(note),
        rows="\n".join(_html(rows)),
    )
    message.add_alternative(page, subtype="html")
    related = message.get_payload()[1]  # type: ignore[index]
    for name, picture in _pictures(rows):
        related.add_related(picture, "image", "png", cid=f"<{name}>", filename=f"{name}.png")  # type: ignore[union-attr]
    pdf = pdf_of(document, title=subject)
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{envelope.number}.pdf")
    return message


def _link(address: str, text: str) -> str:
    return (
        '<p style="text-align:center;font-family:sans-serif;font-size:14px">'
        f'<a href="{html.escape(address, quote=True)}">{html.escape(text)}</a></p>\n'
    )


def _pictures(rows: list[AnyRow]) -> Iterator[tuple[str, bytes]]:
    for index, row in enumerate(rows):
        if isinstance(row, Barcode):
            yield f"code{index}", barcode_png(row.symbology, row.data)
        elif isinstance(row, QrCode):
            yield f"code{index}", qr_png(row.data)


def _html(rows: list[AnyRow]) -> Iterator[str]:
    for index, row in enumerate(rows):
        match row:
            case Row():
                yield f"<tr>{_cells(row)}</tr>"
            case RuleRow() | CutRow():
                style = "solid" if isinstance(row, RuleRow) else "dashed"
                yield f'<tr><td colspan="2" style="border-top:1px {style} #111;height:6px;line-height:6px"></td></tr>'
            case Barcode() | QrCode():
                alt = html.escape(row.data, quote=True)
                yield (
                    f'<tr><td colspan="2" style="text-align:center;padding:8px 0">'
                    f'<img src="cid:code{index}" alt="{alt}" style="max-width:100%"><br>{alt}</td></tr>'
                )
            case _:  # the logo is the printer's and the PDF's
                pass


def _cells(row: Row) -> str:
    style = ("font-weight:bold;" if row.bold else "") + ("font-size:120%;" if row.large else "")
    left, right = (html.escape(part).replace("  ", "&nbsp; ") or "&nbsp;" for part in (row.left, row.right))
    if row.right:
        return f'<td style="{style}">{left}</td><td style="{style}text-align:right;white-space:nowrap">{right}</td>'
    return f'<td colspan="2" style="{style}text-align:{row.align}">{left}</td>'
