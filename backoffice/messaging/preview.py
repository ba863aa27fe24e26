"""A message as one named member would get it, on a page or as a test to any address. Neither is counted."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import make_msgid
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.consent.kinds import Channel
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.messaging import content as contents
from backoffice.messaging.content import OWN_PAGE, filled
from backoffice.messaging.handover import EmailParcel, HandoverDoubtError, HandoverError, SmsParcel
from backoffice.messaging.layout import Addresses, Rendered
from backoffice.messaging.numbers import e164
from backoffice.messaging.parcels import PICTURES, email_in, email_message, letterhead, own_page_of, values_of
from backoffice.messaging.segments import is_gsm, segments_of
from backoffice.messaging.sending import LINES
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.selfservice.links import OWN_PAGES
from backoffice.vault import vault_of

SAMPLES_MAX: Final = 20
NOBODY: Final = "example"
"""In place of a link's code: whoever follows it is told that it is no good."""


@dataclass(frozen=True)
class Sample:
    """Somebody to look at a message as."""

    member: Member
    person: Person


@dataclass(frozen=True)
class Look:
    """A stored content in one language as somebody of the organisation gets it; nobody: nothing is known of them."""

    office: Office
    organisation: Organisation
    stored: str
    language: str
    sample: Sample | None


@dataclass(frozen=True)
class SmsPreview:
    """An SMS as one member gets it, and what it costs in parts."""

    text: str
    segments: int
    gsm: bool


def samples(session: Session, organisation_id: str, member_ids: list[str] | None = None) -> list[Sample]:
    """Members to look at a message as: some of these, or some of all."""
    wanted = select(Member).where(Member.organisation_id == organisation_id)
    if member_ids is not None:
        wanted = wanted.where(Member.member_id.in_(member_ids[:SAMPLES_MAX]))
    members = session.scalars(wanted.order_by(Member.member_id).limit(SAMPLES_MAX)).all()
    persons = personal.load(session, organisation_id, [member.member_id for member in members])
    return [Sample(member, persons.get(member.member_id, Person())) for member in members]


def rendered(session: Session, look: Look, pictures_at: str = "") -> Rendered:
    """The e-mail. `pictures_at`: where pictures are fetched from, else the public address. MessageRefusedError."""
    head = letterhead(look.office.settings, look.organisation)
    email = email_in(look.stored, look.language, with_unsubscribe=True, with_pixel=False)
    base = pictures_at or head.base
    return email.render(
        _values(session, look),
        Addresses(
            lambda _number, target: target,
            lambda picture_id: f"{base}{PICTURES}{look.organisation.organisation_id}/{picture_id}",
            f"{head.base}/unsubscribe/{NOBODY}",
            "",
            f"{head.base}{OWN_PAGES}/{NOBODY}",
        ),
    )


def sms_preview(session: Session, look: Look) -> SmsPreview:
    """The SMS, counted as it is rendered for this very member."""
    content = contents.decode(look.stored)
    words = content.fallbacks.get(look.language, {})
    values = _values(session, look)
    if OWN_PAGE in look.stored:
        values[OWN_PAGE] = _own_page(session, look)
    text = filled(content.sms.get(look.language, ""), values, words).strip()
    return SmsPreview(text, segments_of(text) if text else 0, is_gsm(text))


def _values(session: Session, look: Look) -> dict[str, str]:
    if look.sample is None:
        return {"shop": look.organisation.name}
    now = look.office.clock.now()
    return values_of(session, look.organisation.name, look.sample.member, look.sample.person, look.stored, now)


def _own_page(session: Session, look: Look) -> str:
    """An address as long as the member's own, so that parts are counted right, and that opens nobody's page."""
    head, now = letterhead(look.office.settings, look.organisation), look.office.clock.now()
    if not head.base or look.sample is None:
        return ""
    member_id = look.sample.member.member_id
    link = own_page_of(vault_of(session), head, member_id, Channel.SMS, look.sample.person.phone, now)
    start, _slash, code = link.rpartition("/")
    return f"{start}/{'x' * len(code)}"


def send_test(session: Session, look: Look, channel: Channel, address: str, zone: str) -> None:
    """Send it to an address that somebody typed; it is no dispatch, and nobody is asked. InputError."""
    try:
        parcel = _sms(session, look, address, zone) if channel is Channel.SMS else _email(session, look, address)
        with LINES[channel](look.office.settings) as line:
            line.hand_over(parcel)
    except HandoverDoubtError as doubt:
        raise InputError(_("It may have arrived or not: %(why)s", why=str(doubt))) from doubt
    except HandoverError as error:
        raise InputError(_("The test was not taken: %(why)s", why=str(error))) from error


def _sms(session: Session, look: Look, address: str, zone: str) -> SmsParcel:
    number, text = e164(address, zone), sms_preview(session, look).text
    if not number or not text:
        raise InputError(_("This is no phone number, or the SMS has no text yet."))
    return SmsParcel(number, text, segments_of(text), "")


def _email(session: Session, look: Look, address: str) -> EmailParcel:
    head = letterhead(look.office.settings, look.organisation)
    if not head.sender:
        raise InputError(_("No mail server is set, so that nothing can be sent."))
    message = email_message(head, address.strip(), rendered(session, look), look.office.clock.now())
    message["Message-ID"] = make_msgid("test", head.domain)
    return EmailParcel(message, head.sender_address, address.strip())
