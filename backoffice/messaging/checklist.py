"""What stands between a message and its launch: faults that stop it, and things somebody should have seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from backoffice.consent.kinds import Channel, Purpose
from backoffice.i18n import gettext as _
from backoffice.messaging.content import (
    NAMES,
    OWN_PAGE,
    Block,
    Button,
    Content,
    Coupon,
    Picture,
    texts_of,
    unknown_placeholders,
)
from backoffice.messaging.kinds import ChannelRule
from backoffice.messaging.recipients import CHANNELS
from backoffice.messaging.segments import first_outside_gsm
from backoffice.messaging.sms_feedback import STOP_WORDS
from backoffice.settings import (
    MAIL_SENDER_VARIABLE,
    MAIL_SERVER_VARIABLE,
    PUBLIC_URL_VARIABLE,
    SMS_PROVIDER_VARIABLE,
    Settings,
)

LINK_SCHEMES: Final = ("https", "http", "mailto", "tel")


@dataclass(frozen=True)
class Problem:
    """One line of the list. `stops`: it cannot be sent like this."""

    text: str
    stops: bool = True


def problems_of(settings: Settings, rule: ChannelRule, purpose: Purpose, content: Content) -> list[Problem]:
    """Everything that is wrong with a message, the worst first."""
    found: list[Problem] = []
    for channel in CHANNELS[rule]:
        if channel is Channel.LETTER:
            found += _letter(purpose, content)
        elif channel is Channel.EMAIL:
            found += _email(settings, purpose, content)
        else:
            found += _sms(settings, purpose, content)
    return sorted(found, key=lambda each: not each.stops)


def _email(settings: Settings, purpose: Purpose, content: Content) -> Iterator[Problem]:
    if not (settings.mail_server and settings.mail_sender):
        variables = f"{MAIL_SERVER_VARIABLE}, {MAIL_SENDER_VARIABLE}"
        yield Problem(_("No mail server is set up: %(variables)s.", variables=variables))
    if not settings.public_url:
        yield Problem(
            _(
                "Without %(variable)s a message has no link to unsubscribe, and no pictures.",
                variable=PUBLIC_URL_VARIABLE,
            )
        )
    if not content.email:
        yield Problem(_("The e-mail has no text yet."))
    for language, email in content.email.items():
        if not email.subject:
            yield Problem(_("%(language)s: the subject is empty.", language=language))
        if not email.blocks:
            yield Problem(_("%(language)s: the e-mail has no blocks yet.", language=language))
        for text in (email.subject, email.preheader):
            yield from _placeholders(language, text)
        for block in email.blocks:
            yield from _block(language, block, purpose)


def _letter(purpose: Purpose, content: Content) -> Iterator[Problem]:
    """Letters are made of the blocks of the e-mail; nothing of a mail server is needed."""
    if not any(text.blocks for text in content.email.values()):
        yield Problem(_("The letter has no text yet."))
    for language, text in content.email.items():
        yield from _placeholders(language, text.subject)
        for block in text.blocks:
            yield from _block(language, block, purpose)


def _block(language: str, block: Block, purpose: Purpose) -> Iterator[Problem]:
    for text in texts_of(block):
        yield from _placeholders(language, text)
    match block:
        case Button(text, url):
            if not text or not _leads_somewhere(url):
                yield Problem(_("%(language)s: a button needs words and an address like https://…", language=language))
        case Picture(picture_id, alt, url):
            if not picture_id:
                yield Problem(_("%(language)s: a picture is missing.", language=language))
            if url and not _leads_somewhere(url):
                yield Problem(_("%(language)s: a picture leads to no address like https://…", language=language))
            if not alt:
                yield Problem(
                    _("%(language)s: say in words what the picture shows; many do not see it.", language=language),
                    False,
                )
        case Coupon():
            if purpose is Purpose.SERVICE:
                yield Problem(
                    _("A message with an offer in it is advertising: choose “Offers and news” as its purpose.")
                )
        case _:
            pass


def _sms(settings: Settings, purpose: Purpose, content: Content) -> Iterator[Problem]:
    if not settings.sms_provider:
        yield Problem(_("No SMS provider is set up: %(variables)s.", variables=SMS_PROVIDER_VARIABLE))
    if not content.sms:
        yield Problem(_("The SMS has no text yet."))
    if OWN_PAGE in " ".join(content.sms.values()) and not settings.public_url:
        yield Problem(
            _("Without %(variable)s there is no link to the member's own page.", variable=PUBLIC_URL_VARIABLE)
        )
    for language, text in content.sms.items():
        yield from _placeholders(language, text, (*NAMES, OWN_PAGE))
        odd = first_outside_gsm(text)
        if odd:
            yield Problem(
                _(
                    "%(language)s: “%(odd)s” is outside the alphabet of SMS; parts shrink to 70 characters.",
                    language=language,
                    odd=odd,
                ),
                False,
            )
        if purpose is not Purpose.SERVICE and not any(word in text.casefold() for word in STOP_WORDS):
            yield Problem(_("%(language)s: say how to stop it, like “Stop: reply STOP”.", language=language), False)


def _placeholders(language: str, text: str, names: Sequence[str] = NAMES) -> Iterator[Problem]:
    for name in unknown_placeholders(text, names):
        yield Problem(_("%(language)s: nothing is known as “%(name)s”.", language=language, name=name))


def _leads_somewhere(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme not in LINK_SCHEMES:
        return False
    return bool(parts.netloc) if parts.scheme in {"http", "https"} else bool(parts.path)
