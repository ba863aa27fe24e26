"""The message that asks an address to confirm, and the headers that every other message carries to unsubscribe by."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final

from backoffice.consent.addresses import mark_of
from backoffice.consent.kinds import Channel, Purpose
from backoffice.consent.links import FOR_EVER, Link, LinkKind, signed, until
from backoffice.consent.models import ConsentRequest
from backoffice.consent.optin import present_mark
from backoffice.consent.suppression import suppressed
from backoffice.consent.wording import member_language
from backoffice.errors import InputError
from backoffice.members import personal
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.receipt_mail.smtp import MailDelayedError, send
from backoffice.settings import MAIL_SENDER_VARIABLE, MAIL_SERVER_VARIABLE, PUBLIC_URL_VARIABLE, Settings
from backoffice.vault import Vault, vault_of
from backoffice.worker.services import Claim, TryLaterError

_SUBJECT: Final[Mapping[str, str]] = {
    "en": "{shop}: please confirm your address",
    "de": "{shop}: bitte bestätigen Sie Ihre Adresse",
    "fr": "{shop}\u202f: veuillez confirmer votre adresse",
    "it": "{shop}: confermi il Suo indirizzo",
    "cs": "{shop}: potvrďte prosím svou adresu",
    "zh": "{shop}：请确认您的邮箱地址",
}
_TEXT: Final[Mapping[str, str]] = {
    "en": "Hello,\n\nthis was asked for with your address:\n\n  {wording}\n\nIf you agree, open this page within"
    " seven days and press the button:\n\n{url}\n\nIf it was not you, do nothing: then nobody writes to you."
    "\n\n{shop}\n",
    "de": "Guten Tag,\n\nmit Ihrer Adresse wurde das hier gewünscht:\n\n  {wording}\n\nWenn Sie einverstanden sind,"
    " öffnen Sie innerhalb von sieben Tagen diese Seite und drücken den Knopf:\n\n{url}\n\nWenn Sie es nicht waren,"
    " tun Sie nichts: dann schreibt Ihnen niemand.\n\n{shop}\n",
    "fr": "Bonjour,\n\nvoici ce qui a été demandé avec votre adresse\u202f:\n\n  {wording}\n\nSi vous êtes d’accord,"
    " ouvrez cette page dans les sept jours et appuyez sur le bouton\u202f:\n\n{url}\n\nSi ce n’était pas vous,"
    " ne faites rien\u202f: personne ne vous écrira.\n\n{shop}\n",
    "it": "Buongiorno,\n\ncon il Suo indirizzo è stato chiesto quanto segue:\n\n  {wording}\n\nSe è d’accordo, apra"
    " questa pagina entro sette giorni e prema il pulsante:\n\n{url}\n\nSe non è stato Lei, non faccia nulla: nessuno"
    " Le scriverà.\n\n{shop}\n",
    "cs": "Dobrý den,\n\ns Vaší adresou bylo požádáno o toto:\n\n  {wording}\n\nPokud souhlasíte, otevřete do sedmi dnů"
    " tuto stránku a stiskněte tlačítko:\n\n{url}\n\nPokud jste to nebyli Vy, nedělejte nic: nikdo Vám psát nebude."
    "\n\n{shop}\n",
    "zh": "您好！\n\n有人用您的邮箱地址提出了以下请求：\n\n  {wording}\n\n如果您同意，请在七天内打开此页面"
    "并按下按钮：\n\n{url}\n\n如果不是您本人，请不必理会：不会有人给您写信。\n\n{shop}\n",
}


def ready_to_mail(settings: Settings) -> bool:
    """Whether this installation can ask addresses: a mail server, a sender, and an address of its own."""
    return bool(settings.mail_server and settings.mail_sender and settings.public_url)


def mail_confirmation(office: Office, claimed: Claim) -> str:
    """The worker's part: send the question of the request `due_key`. InputError: never; TryLaterError: perhaps later.

    A run that was cut off after sending sends it again, with the same Message-ID.
    """
    settings, now = office.settings, office.clock.now()
    if not ready_to_mail(settings):
        raise InputError(f"Set {MAIL_SERVER_VARIABLE}, {MAIL_SENDER_VARIABLE} and {PUBLIC_URL_VARIABLE}.")
    with office.database.read() as reader:
        organisation = reader.get(Organisation, claimed.organisation_id)
        request = reader.get(ConsentRequest, (claimed.organisation_id, claimed.due_key))
        if organisation is None or request is None or request.confirmed_at is not None or now >= request.expires_at:
            return "no longer wanted"
        mark = present_mark(reader, claimed.organisation_id, request.member_id)
        if mark != request.address_mark or suppressed(reader, claimed.organisation_id, [mark], now):
            return "no longer wanted"
        person = personal.load(reader, claimed.organisation_id, [request.member_id])[request.member_id]
        message = _message(settings, vault_of(reader), organisation.name, request, person.email)
    message["Date"] = format_datetime(now)
    try:
        send(settings.mail_server, message)
    except MailDelayedError as error:
        raise TryLaterError(str(error)) from error
    return "sent"


def _message(settings: Settings, vault: Vault, shop: str, request: ConsentRequest, recipient: str) -> EmailMessage:
    link = Link(
        LinkKind.CONFIRM,
        request.organisation_id,
        request.member_id,
        until(request.expires_at),
        request.address_mark,
        request_id=request.request_id,
    )
    url = f"{settings.public_url.rstrip('/')}/confirm/{signed(vault, link)}"
    language = member_language(request.language)
    shop_in_header = " ".join(shop.split())
    message = EmailMessage()
    message["From"] = settings.mail_sender
    message["To"] = recipient
    message["Subject"] = _SUBJECT[language].format(shop=shop_in_header)
    domain = parseaddr(settings.mail_sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<consent-{request.request_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this
    # Quoted-printable breaks no link: it is one line again when it is read.
    message.set_content(_TEXT[language].format(wording=request.wording, url=url, shop=shop), cte="quoted-printable")
    return message


def unsubscribe_headers(
    vault: Vault,
    public_url: str,
    organisation_id: str,
    member_id: str,
    purpose: Purpose,
    address: str,
    dispatch_id: str = "",
) -> Mapping[str, str]:
    """What a message by e-mail carries so that a mail program's own button takes its purpose back (RFC 8058, 3.1).

    `dispatch_id`: which message it is, where messages are counted.
    """
    url = f"{public_url.rstrip('/')}/unsubscribe/"
    mark = mark_of(vault, organisation_id, Channel.EMAIL, address) or 0
    channel = Channel.EMAIL.value
    link = Link(LinkKind.UNSUBSCRIBE, organisation_id, member_id, FOR_EVER, mark, channel, purpose.value, dispatch_id)
    return {
        "List-Unsubscribe": f"<{url}{signed(vault, link)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
