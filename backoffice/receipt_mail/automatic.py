"""The worker's job that mails one receipt to the member who asked for all of them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backoffice.errors import InputError
from backoffice.members.models import Member
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.receipt_mail.services import receipt_key, receipt_mail
from backoffice.receipt_mail.smtp import MailDelayedError, send
from backoffice.settings import MAIL_SENDER_VARIABLE, MAIL_SERVER_VARIABLE
from backoffice.sync_api.models import Receipt
from backoffice.text import without_addresses
from backoffice.worker.services import Claim, TryLaterError


def mail_receipt(office: Office, claimed: Claim) -> str:
    """Send the receipt `due_key`. A run that was cut off after sending sends it again, with the same Message-ID.

    InputError when it cannot be sent at all, TryLaterError when it may be later: neither says the member's address,
    because what a job said is kept.
    """
    try:
        return _mailed(office, claimed)
    except MailDelayedError as error:
        raise TryLaterError(without_addresses(str(error))) from error
    except InputError as error:
        raise InputError(without_addresses(str(error))) from error


def _mailed(office: Office, claimed: Claim) -> str:
    settings = office.settings
    with office.database.read() as reader:
        organisation = reader.get(Organisation, claimed.organisation_id)
        if organisation is None or not _still_wanted(reader, claimed):
            return "no longer wanted"
        if not (settings.mail_server and settings.mail_sender):
            raise InputError(f"No mail server is set: {MAIL_SERVER_VARIABLE} and {MAIL_SENDER_VARIABLE}.")
        message = receipt_mail(
            reader,
            organisation,
            claimed.due_key,
            settings.mail_sender,
            "",
            office.clock.now(),
            settings.public_url,
        )
    send(settings.mail_server, message)
    return "sent"


def _still_wanted(session: Session, claimed: Claim) -> bool:
    """Whether the member is still there and still wants receipts."""
    receipt = session.get(Receipt, (claimed.organisation_id, *receipt_key(claimed.due_key)))
    if receipt is None:
        return False
    member = session.get(Member, (claimed.organisation_id, receipt.member_id))
    return member is not None and member.receipts_by_mail
