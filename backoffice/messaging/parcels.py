"""One member's message, written out: rendered, addressed, with its way back. Nothing here decides whether it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from typing import Final

from babel.numbers import format_decimal
from sqlalchemy.orm import Session

from backoffice.consent.addresses import mark_of
from backoffice.consent.kinds import Channel, Purpose
from backoffice.consent.mails import unsubscribe_headers
from backoffice.loyalty.ledger import balances_of
from backoffice.loyalty.standing import tier_view
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.messaging.content import OWN_PAGE, decode, filled
from backoffice.messaging.handover import EmailParcel, MessageRefusedError, NoSuchAddressError, Parcel, SmsParcel
from backoffice.messaging.layout import Addresses, Compiled, Rendered, compiled, is_tracked
from backoffice.messaging.segments import segments_of
from backoffice.messaging.tracking import click_token, name_of
from backoffice.organisations.models import Organisation
from backoffice.selfservice.links import own_page_link
from backoffice.settings import Settings
from backoffice.vault import Vault, vault_of
from pos_engine.core.bookings import POINTS

POLICY: Final = policy.SMTP
PICTURES: Final = "/message-pictures/"
CLICKS: Final = "/l/"
PIXEL: Final = "/o/"
SMS_STATUS: Final = "/hooks/sms/status/"


@dataclass(frozen=True)
class Letterhead:
    """Who writes, and under which address the answers, clicks and bounces come back."""

    organisation_id: str
    shop: str
    sender: str
    bounce_sender: str
    public_url: str

    @property
    def base(self) -> str:
        """The public address without a slash at its end."""
        return self.public_url.rstrip("/")

    @property
    def sender_address(self) -> str:
        """The sender without a name."""
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        """The domain of Message-IDs."""
        return self.sender_address.rpartition("@")[2] or "localhost"

    def return_path(self, vault: Vault, dispatch_id: str) -> str:
        """The envelope's sender: an address of this very message (VERP), where bounces can be told apart."""
        local, _at, domain = parseaddr(self.bounce_sender)[1].rpartition("@")
        if not local:
            return self.sender_address
        return f"{local}+{name_of(vault, 'bounce', dispatch_id)}@{domain}"


def letterhead(settings: Settings, organisation: Organisation) -> Letterhead:
    """Who an organisation writes as."""
    return Letterhead(
        organisation.organisation_id,
        organisation.name,
        settings.mail_sender,
        settings.bounce_sender,
        settings.public_url,
    )


def values_of(
    session: Session, shop: str, member: Member, person: Person, content: str, now: datetime
) -> dict[str, str]:
    """What placeholders are filled with; what costs a question is asked only where the content has the word."""
    values = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "full_name": person.full_name,
        "number": member.number,
        "shop": shop,
    }
    if "points" in content:
        balance = balances_of(session, member.organisation_id, member.member_id).get(POINTS, 0)
        values["points"] = format_decimal(balance, locale=member.language)
    if "tier" in content:
        tier = tier_view(session, member.organisation_id, member.member_id, now.date())
        values["tier"] = tier.name if tier is not None else ""
    return values


def email_in(stored: str, wanted: str, *, with_unsubscribe: bool, with_pixel: bool) -> Compiled:
    """The e-mail of a content for a member of this language. MessageRefusedError: it has none in any language."""
    content = decode(stored)
    language = content.language_for(wanted, content.email)
    if language not in content.email:
        raise MessageRefusedError("the message has no e-mail text")
    return compiled(stored, language, with_unsubscribe=with_unsubscribe, with_pixel=with_pixel)


def sms_text(stored: str, wanted: str, values: Mapping[str, str]) -> str:
    """The SMS for one member. MessageRefusedError: there is no text."""
    content = decode(stored)
    language = content.language_for(wanted, content.sms)
    text = filled(content.sms.get(language, ""), values, content.fallbacks.get(language, {})).strip()
    if not text:
        raise MessageRefusedError("the message has no text for SMS")
    return text


@dataclass(frozen=True)
class Addressed:
    """One dispatch, as far as writing it out needs it."""

    dispatch_id: str
    channel: Channel
    purpose: Purpose
    address: str


def parcel_of(
    session: Session, head: Letterhead, to: Addressed, member: Member, person: Person, stored: str, now: datetime
) -> Parcel:
    """The message, ready to be handed over. HandoverError: it cannot be written to this member."""
    vault = vault_of(session)
    values = values_of(session, head.shop, member, person, stored, now)
    if to.channel is Channel.SMS:
        if OWN_PAGE in stored:
            values[OWN_PAGE] = own_page_of(vault, head, member.member_id, Channel.SMS, to.address, now)
        text = sms_text(stored, member.language, values)
        callback = f"{head.base}{SMS_STATUS}{name_of(vault, 'status', to.dispatch_id)}" if head.base else ""
        return SmsParcel(to.address, text, segments_of(text), callback)
    headers: Mapping[str, str] = {}
    if head.base:
        headers = unsubscribe_headers(
            vault, head.base, head.organisation_id, member.member_id, to.purpose, to.address, to.dispatch_id
        )
    email = email_in(stored, member.language, with_unsubscribe=bool(head.base), with_pixel=bool(head.base))
    own_page = own_page_of(vault, head, member.member_id, Channel.EMAIL, to.address, now)
    rendered = email.render(values, _addresses(vault, head, to.dispatch_id, email.language, headers, own_page))
    message = email_message(head, to.address, rendered, now)
    message["Message-ID"] = f"<{name_of(vault, 'bounce', to.dispatch_id, '.')}@{head.domain}>"
    for name, value in headers.items():
        message[name] = value
    return EmailParcel(message, head.return_path(vault, to.dispatch_id), to.address)


def _addresses(
    vault: Vault, head: Letterhead, dispatch_id: str, language: str, headers: Mapping[str, str], own_page: str
) -> Addresses:
    def link(number: int, target: str) -> str:
        if not head.base or not is_tracked(target):
            return target
        return f"{head.base}{CLICKS}{click_token(vault, dispatch_id, language, number)}"

    return Addresses(
        link,
        lambda picture_id: f"{head.base}{PICTURES}{head.organisation_id}/{picture_id}",
        headers.get("List-Unsubscribe", "").strip("<>"),
        f"{head.base}{PIXEL}{name_of(vault, 'open', dispatch_id)}" if head.base else "",
        own_page,
    )


def own_page_of(vault: Vault, head: Letterhead, member_id: str, channel: Channel, address: str, now: datetime) -> str:
    """Where this member's own page is opened; empty where members cannot reach this machine."""
    if not head.base:
        return ""
    mark = mark_of(vault, head.organisation_id, channel, address) or 0
    return own_page_link(vault, head.base, head.organisation_id, member_id, now, address_mark=mark)


def email_message(head: Letterhead, address: str, rendered: Rendered, now: datetime) -> EmailMessage:
    """A rendered e-mail with its head. NoSuchAddressError: the address cannot stand in one."""
    message = EmailMessage(policy=POLICY)
    name, sender = parseaddr(head.sender)
    message["From"] = formataddr((name or " ".join(head.shop.split()), sender))
    try:
        message["To"] = address
        usable = bool(message["To"].addresses) and not message["To"].defects
    except (ValueError, HeaderParseError):  # a line break or worse in what somebody typed as an address
        usable = False
    if not usable:
        raise NoSuchAddressError("this is no e-mail address")
    message["Subject"] = rendered.subject or " ".join(head.shop.split())
    message["Date"] = format_datetime(now)
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    return message
