"""An uploaded invoice: an electronic one inside a PDF or alone, a PDF with text, or a picture for a person to read."""

from __future__ import annotations

from contextlib import closing
from typing import Final

import pypdfium2

from backoffice.claims.einvoice import XML_BYTES_MAX, read_einvoice
from backoffice.claims.invoice import Invoice, UnreadableError
from backoffice.claims.paper import Draft, read_paper
from backoffice.i18n import gettext as _

FILE_BYTES_MAX: Final = 10_000_000
PAGES_MAX: Final = 20
ATTACHMENTS_MAX: Final = 20
PAGE_TEXT_MAX: Final = 20_000


def read_file(data: bytes, currency: str) -> Invoice | Draft:
    """Read an uploaded invoice: the whole of it, or what could be read for a person to fill in.

    `currency`: the organisation's, where a paper names none. UnreadableError when the file is no invoice at all.
    """
    if len(data) > FILE_BYTES_MAX:
        raise UnreadableError(_("The file has more than %(count)s MB.", count=FILE_BYTES_MAX // 1_000_000))
    if data.lstrip()[:1] == b"<":
        return read_einvoice(data)
    if not data.startswith(b"%PDF-"):
        raise UnreadableError(_("Upload a PDF file, or the XML file of an electronic invoice."))
    try:
        with closing(pypdfium2.PdfDocument(data)) as document:
            if len(document) > PAGES_MAX:
                raise UnreadableError(_("An invoice has %(count)s pages at most.", count=PAGES_MAX))
            attached = _attached(document)
            text = _text(document) if attached is None else ""
    except pypdfium2.PdfiumError as error:
        raise UnreadableError(_("The PDF file is damaged or locked with a password.")) from error
    if attached is not None:
        return read_einvoice(attached)
    draft = read_paper(text, currency)
    return draft.invoice() or draft


def _attached(document: pypdfium2.PdfDocument) -> bytes | None:
    """The electronic invoice in a PDF/A-3 file: its first XML attachment."""
    for number in range(min(document.count_attachments(), ATTACHMENTS_MAX)):
        attachment = document.get_attachment(number)
        if attachment.get_name().lower().endswith(".xml"):
            data = bytes(attachment.get_data())
            return data if len(data) <= XML_BYTES_MAX else None
    return None


def _text(document: pypdfium2.PdfDocument) -> str:
    texts = []
    for number in range(len(document)):
        with closing(document[number]) as page, closing(page.get_textpage()) as words:
            texts.append(words.get_text_bounded()[:PAGE_TEXT_MAX])
    return "\n".join(texts)
