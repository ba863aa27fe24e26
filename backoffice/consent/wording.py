"""The words that members are asked with, in their language; what was shown is kept with each decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from backoffice.consent.kinds import Purpose

MEMBER_LANGUAGES: Final = ("en", "de")
"""Languages that members are asked in; others are asked in English."""

_FORM: Final[Mapping[str, str]] = {
    "en": "I allow {shop} to contact me in the ways and for the purposes that I have ticked. I can take this back"
    " at any time, in the shop or by the link in every message.",
    "de": "Ich erlaube {shop}, mich auf den angekreuzten Wegen und zu den angekreuzten Zwecken anzusprechen. Ich kann"
    " das jederzeit zurücknehmen, im Laden oder über den Link in jeder Nachricht.",
}
_BY_MAIL: Final[Mapping[str, str]] = {
    "en": "{shop} may write to me by e-mail: {purposes}. I can take this back at any time by the link in every"
    " message.",
    "de": "{shop} darf mir E-Mails schreiben: {purposes}. Ich kann das jederzeit über den Link in jeder Nachricht"
    " zurücknehmen.",
}
_PURPOSES: Final[Mapping[str, Mapping[Purpose, str]]] = {
    "en": {
        Purpose.SERVICE: "service and reminders",
        Purpose.MARKETING: "offers and news",
        Purpose.SURVEY: "questions about my visit",
    },
    "de": {
        Purpose.SERVICE: "Service und Erinnerungen",
        Purpose.MARKETING: "Angebote und Neuigkeiten",
        Purpose.SURVEY: "Fragen zu meinem Besuch",
    },
}


def member_language(language: str) -> str:
    """The language a member is asked in."""
    return language if language in MEMBER_LANGUAGES else MEMBER_LANGUAGES[0]


def form_wording(language: str, shop: str) -> str:
    """What a paper form in the shop says, as a proposal for staff."""
    return _FORM[member_language(language)].format(shop=shop)


def mail_wording(language: str, shop: str, purposes: Sequence[Purpose]) -> str:
    """What an address is asked by e-mail to agree to."""
    spoken = member_language(language)
    named = ", ".join(_PURPOSES[spoken][purpose] for purpose in purposes)
    return _BY_MAIL[spoken].format(shop=shop, purposes=named)
