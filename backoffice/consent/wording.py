"""The words that members are asked with, in their language; what was shown is kept with each decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MEMBER_LANGUAGES: Final = ("en", "de")
"""Languages that members are asked in; others are asked in English."""

_FORM: Final[Mapping[str, str]] = {
    "en": "I allow {shop} to contact me in the ways and for the purposes that I have ticked. I can take this back"
    " at any time, in the shop or by the link in every message.",
    "de": "Ich erlaube {shop}, mich auf den angekreuzten Wegen und zu den angekreuzten Zwecken anzusprechen. Ich kann"
    " das jederzeit zurücknehmen, im Laden oder über den Link in jeder Nachricht.",
}


def member_language(language: str) -> str:
    """The language a member is asked in."""
    return language if language in MEMBER_LANGUAGES else MEMBER_LANGUAGES[0]


def form_wording(language: str, shop: str) -> str:
    """What a paper form in the shop says, as a proposal for staff."""
    return _FORM[member_language(language)].format(shop=shop)
