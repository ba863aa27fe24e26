"""A receipt that arrived from a till as an e-mail to its member."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final

from sqlalchemy.orm import Session

from backoffice.consent.addresses import mark_of
from backoffice.consent.kinds import Channel
from backoffice.errors import InputError
from backoffice.members import personal
from backoffice.members.services import get_member
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import stores_of
from backoffice.reports.receipts import load_receipt
from backoffice.selfservice.links import own_page_link
from backoffice.vault import vault_of
from pos_engine.receipts.email import Envelope, receipt_message
from pos_engine.receipts.pdf import PdfError
from pos_engine.receipts.receipt import receipt_document

RECEIPT_ID: Final = re.compile(r"(.+):(\d{1,9}):(\d{1,18})")


def receipt_mail(
    session: Session,
    organisation: Organisation,
    receipt_id: str,
    sender: str,
    recipient: str,
    now: datetime,
    public_url: str = "",
) -> EmailMessage:
    """The message, in the member's language; to the member's own address when `recipient` is empty.

    To that address alone it has the link to the member's own page, where members reach this machine (`public_url`).

    InputError when there is no such receipt, or no address. The same receipt to the same address has the same
    Message-ID, so that a repeat is known as one.
    """
    organisation_id = organisation.organisation_id
    view = load_receipt(session, organisation_id, receipt_key(receipt_id), organisation.language)
    if view is None:
        raise InputError(f"No receipt {receipt_id} has arrived here.")
    member_id = view.row.member_id
    member = get_member(session, organisation_id, member_id) if member_id else None
    person = personal.load(session, organisation_id, [member_id]).get(member_id) if member_id else None
    address = _address(recipient or (person.email if person is not None else ""), receipt_id)
    store = next((each for each in stores_of(session, organisation_id) if each.store_id == view.row.store_id), None)
    paper = view.to_lay_out(
        shop_name=organisation.name,
        store_name=store.name if store is not None else view.row.store_id,
        zone=store.zone if store is not None else "UTC",
        member_name=person.greeting if person is not None else "",
        language=member.language if member is not None else organisation.language,
    )
    known_by = hashlib.sha256(f"{organisation_id} {receipt_id} {address}".encode()).hexdigest()[:32]
    domain = _address(sender, receipt_id).rpartition("@")[2]
    own_page = ""
    if public_url and member is not None and not recipient:
        vault = vault_of(session)
        mark = mark_of(vault, organisation_id, Channel.EMAIL, address) or 0
        own_page = own_page_link(vault, public_url, organisation_id, member.member_id, now, address_mark=mark)
    number = view.document.sequence_no
    envelope = Envelope(sender, address, now, f"<{known_by}@{domain}>", organisation.name, number, own_page)
    try:
        return receipt_message(receipt_document(paper), envelope)
    except PdfError as error:
        raise InputError(str(error)) from error


def receipt_key(receipt_id: str) -> tuple[str, int, int]:
    """Till, epoch and sequence of a receipt's number as it is printed. InputError."""
    parts = RECEIPT_ID.fullmatch(receipt_id)
    if parts is None:
        raise InputError(f"“{receipt_id}” is not a receipt's number as it is printed, like till-1:1:42")
    return parts[1], int(parts[2]), int(parts[3])


def _address(text: str, receipt_id: str) -> str:
    _name, address = parseaddr(text)
    local, _at, domain = address.rpartition("@")
    if not (local and domain) or any(character.isspace() for character in address):
        raise InputError(f"There is no e-mail address to send receipt {receipt_id} to or from: “{text}”.")
    return address
