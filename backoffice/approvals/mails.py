"""The worker's part of notices: an e-mail to those who may answer, or to who asked, each in their own language."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.approvals.kinds import KNOWN, subject_of
from backoffice.approvals.models import Approval
from backoffice.approvals.subjects import Kind, Subject
from backoffice.approvals.wording import SUBJECTS, TEXTS
from backoffice.consent.mails import ready_to_mail
from backoffice.errors import InputError
from backoffice.identity.models import Grant, User
from backoffice.identity.rights import ROLES, Right
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.receipt_mail.smtp import MailDelayedError, send
from backoffice.worker.services import Claim, TryLaterError


def mail_notice(office: Office, claimed: Claim) -> str:
    """Tell of one word. TryLaterError: perhaps later; who had it by then gets it again under the same Message-ID."""
    if not ready_to_mail(office.settings):
        return "no mail server: the pages alone tell of it"
    question_id, _colon, state = claimed.due_key.partition(":")
    with office.database.read() as reader:
        row = reader.scalars(
            select(Approval).where(
                Approval.organisation_id == claimed.organisation_id, Approval.question_id == question_id
            )
        ).first()
        subject = subject_of(reader, row.organisation_id, row.subject_kind, row.subject_id) if row else None
        if row is None or row.state != state or subject is None:
            return "no longer asked"
        people = concerned(reader, row)
        organisation = reader.get_one(Organisation, row.organisation_id)
        messages = [_message(office, organisation, row, subject, person) for person in people]
    refused = 0
    for message in messages:
        try:
            send(office.settings.mail_server, message)
        except MailDelayedError as error:
            raise TryLaterError(str(error)) from error
        except InputError:  # one address that is gone keeps nobody else from being told
            refused += 1
    return f"told {len(messages) - refused} of {len(messages)}"


def concerned(reader: Session, row: Approval) -> Sequence[User]:
    """Who is told: of a question everybody who may approve and did not ask it, of an answer whoever asked."""
    people = (
        select(User)
        .join(Grant, Grant.user_id == User.user_id)
        .where(Grant.organisation_id == row.organisation_id, User.active.is_(True))
    )
    if row.state == "submitted":
        roles = [role for role, rights in ROLES.items() if Right.APPROVE in rights]
        wanted = people.where(Grant.role_name.in_(roles), User.email != row.submitted_by)
    else:
        wanted = people.where(User.email == row.submitted_by)
    return reader.scalars(wanted.order_by(User.email)).all()


def _message(office: Office, organisation: Organisation, row: Approval, subject: Subject, person: User) -> EmailMessage:
    settings, texts = office.settings, TEXTS[row.state]
    language = next(each for each in (person.language, organisation.language, "en") if each in texts)
    values = {
        "shop": " ".join(organisation.name.split()),
        "name": " ".join(subject.name.split()),
        "who": row.submitted_by if row.state == "submitted" else row.decided_by,
        "note": row.note,
        "url": f"{settings.public_url.rstrip('/')}/{KNOWN[Kind(row.subject_kind)].path}/{row.subject_id}",
    }
    message = EmailMessage()
    message["From"] = settings.mail_sender
    message["To"] = person.email
    message["Subject"] = SUBJECTS[row.state][language].format(**values)
    domain = parseaddr(settings.mail_sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<approval-{row.question_id}-{row.state}-{person.user_id}@{domain}>"
    message["Date"] = format_datetime(office.clock.now())
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this
    message.set_content(texts[language].format(**values), cte="quoted-printable")
    return message
