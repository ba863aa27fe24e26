"""A link that somebody asks for by typing an address: the same answer, after the same work, whether it is known or not.

The address is never kept: a job of the worker carries its keyed mark, and only the worker looks who has it. A mark is
asked for once in a while, however often somebody presses the button.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backoffice.consent.addresses import mark_of
from backoffice.consent.kinds import Channel
from backoffice.consent.mails import ready_to_mail
from backoffice.consent.suppression import suppressed
from backoffice.consent.wording import member_language
from backoffice.errors import InputError
from backoffice.ids import Ids
from backoffice.members import personal
from backoffice.members.models import Member, MemberTrait
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.receipt_mail.smtp import MailDelayedError, send
from backoffice.selfservice.links import ASKED_LIFE, own_page_link
from backoffice.selfservice.wording import SUBJECT, TEXT
from backoffice.vault import vault_of
from backoffice.worker.models import Job
from backoffice.worker.services import Claim, TryLaterError, plan

OWN_LINK: Final = "own_link"
SLOT_S: Final = 900
"""An address gets at most one message in a quarter of an hour."""
WAITING_MAX: Final = 500
"""Of one shop; a flood of made-up addresses ends here, not in a full table."""
SHARED_MAX: Final = 5
"""Members with one address, a family: each gets a link, in one message."""
KEPT: Final = timedelta(days=1)
ADDRESS_LENGTH_MAX: Final = 254
"""RFC 5321, 4.5.3.1.3: a path has 256 characters with its brackets."""


class TooManyAskedError(Exception):
    """So many links wait to be sent that no more are taken now."""


def ask_for_link(session: Session, ids: Ids, organisation_id: str, address: str, now: datetime) -> None:
    """Write down that somebody wants a link at this address. TooManyAskedError. What is no address changes nothing."""
    mark = mark_of(vault_of(session), organisation_id, Channel.EMAIL, address[:ADDRESS_LENGTH_MAX])
    if mark is not None:
        ask_by_mark(session, ids, organisation_id, mark, now)


def ask_by_mark(session: Session, ids: Ids, organisation_id: str, mark: int, now: datetime) -> None:
    """The same for an address that is known by its mark. TooManyAskedError."""
    waiting = session.scalar(
        select(func.count()).where(
            Job.organisation_id == organisation_id, Job.kind == OWN_LINK, Job.state.in_(("waiting", "running"))
        )
    )
    if (waiting or 0) >= WAITING_MAX:
        raise TooManyAskedError
    plan(session, ids, organisation_id, OWN_LINK, f"{int(now.timestamp()) // SLOT_S}:{mark}", now)


def mail_own_link(office: Office, claimed: Claim) -> str:
    """The worker's part: send the links of every member who has this address. InputError; TryLaterError."""
    settings, now = office.settings, office.clock.now()
    if not ready_to_mail(settings):
        raise InputError("No mail server is set.")
    slot, _colon, mark_text = claimed.due_key.partition(":")
    mark = int(mark_text)
    with office.database.read() as reader:
        message = _message(reader, office, claimed.organisation_id, mark)
    if message is None:
        return "nobody has this address"
    domain = parseaddr(settings.mail_sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<own-page-{slot}-{claimed.job_id}@{domain}>"
    message["Date"] = format_datetime(now)
    try:
        send(settings.mail_server, message)
    except MailDelayedError as error:
        raise TryLaterError(str(error)) from error
    return "sent"


def _message(reader: Session, office: Office, organisation_id: str, mark: int) -> EmailMessage | None:
    """The message to this address; None when nobody has it, or it is never to be written to."""
    now, settings = office.clock.now(), office.settings
    organisation = reader.get(Organisation, organisation_id)
    members = _members_with(reader, organisation_id, mark)
    if organisation is None or not members or suppressed(reader, organisation_id, [mark], now):
        return None
    vault = vault_of(reader)
    address = personal.load(reader, organisation_id, [members[0].member_id])[members[0].member_id].email
    lines = []
    for member in members:
        url = own_page_link(
            vault,
            settings.public_url,
            organisation_id,
            member.member_id,
            now,
            life=ASKED_LIFE,
            address_mark=mark,
        )
        lines.append(f"{member.number}: {url}" if len(members) > 1 else url)
    language = member_language(members[0].language)
    message = EmailMessage()
    message["From"] = settings.mail_sender
    message["To"] = address
    message["Subject"] = SUBJECT[language].format(shop=" ".join(organisation.name.split()))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this
    text = TEXT[language].format(links="\n\n".join(lines), shop=organisation.name)
    message.set_content(text, cte="quoted-printable")
    return message


def _members_with(reader: Session, organisation_id: str, mark: int) -> list[Member]:
    rows = reader.scalars(
        select(Member)
        .join(
            MemberTrait,
            (MemberTrait.organisation_id == Member.organisation_id) & (MemberTrait.member_id == Member.member_id),
        )
        .where(Member.organisation_id == organisation_id, MemberTrait.email_mark == mark)
        .order_by(Member.member_id)
        .limit(SHARED_MAX)
    )
    return list(rows)


def forget_asked(session: Session, organisation_id: str, now: datetime) -> None:
    """Take away what was asked for and is over; the marks of addresses are not kept longer than they are needed."""
    session.execute(
        delete(Job).where(
            Job.organisation_id == organisation_id,
            Job.kind == OWN_LINK,
            Job.state.in_(("done", "failed")),
            Job.run_at < now - KEPT,
        )
    )
