"""What a message says: blocks of an e-mail and the text of an SMS per language, and the words for what is not known.

Laws: content is data, never code. `{{ name }}` and `{{ name | words }}` are the only things that are filled in, once
and in one pass: what a member is called is never looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from backoffice.errors import InputError
from backoffice.i18n import gettext as _

BLOCKS_MAX: Final = 60
TEXT_LENGTH_MAX: Final = 10_000
LINE_LENGTH_MAX: Final = 300
SMS_LENGTH_MAX: Final = 1_000
"""Characters before anything is filled in: some seven parts, more is a letter."""

PLACEHOLDER: Final = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,39})\s*(?:\|\s*([^{}]{0,200}?)\s*)?\}\}")
NAMES: Final = ("first_name", "last_name", "full_name", "number", "tier", "points", "shop")
"""What may stand in a placeholder."""
OWN_PAGE: Final = "own_page"
"""In an SMS also this: where the member's own page is opened. Every e-mail has that link at its end."""


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """A headline."""

    text: str = ""


class Paragraph(msgspec.Struct, frozen=True, tag="text"):
    """Running text; line ends are kept."""

    text: str = ""


class Picture(msgspec.Struct, frozen=True, tag="picture"):
    """A picture that was uploaded here. `alt`: what it shows, in words. `url`: where it leads, may be empty."""

    picture_id: str = ""
    alt: str = ""
    url: str = ""


class Button(msgspec.Struct, frozen=True, tag="button"):
    """A button that leads somewhere."""

    text: str = ""
    url: str = ""


class Coupon(msgspec.Struct, frozen=True, tag="coupon"):
    """A framed offer. It needs no code: the card is the key."""

    title: str = ""
    text: str = ""


class Points(msgspec.Struct, frozen=True, tag="points"):
    """A framed line with the member's points."""

    text: str = "{{ points | 0 }}"


class Footer(msgspec.Struct, frozen=True, tag="footer"):
    """Small print: who writes, and where they are. The way to unsubscribe is added by itself."""

    text: str = ""


Block: TypeAlias = Heading | Paragraph | Picture | Button | Coupon | Points | Footer
KINDS: Final[Mapping[str, type[Block]]] = {
    "heading": Heading,
    "text": Paragraph,
    "picture": Picture,
    "button": Button,
    "coupon": Coupon,
    "points": Points,
    "footer": Footer,
}


class EmailText(msgspec.Struct, frozen=True):
    """An e-mail in one language. `preheader`: what mail programs show beside the subject."""

    subject: str = ""
    preheader: str = ""
    blocks: tuple[Block, ...] = ()


class Content(msgspec.Struct, frozen=True):
    """A whole message. `language`: what members get whose own language is missing.

    `fallbacks`: language → placeholder → the word for members of whom it is not known.
    """

    language: str = "en"
    email: dict[str, EmailText] = {}
    sms: dict[str, str] = {}
    fallbacks: dict[str, dict[str, str]] = {}

    def language_for(self, wanted: str, channel_texts: Mapping[str, object]) -> str:
        """The language in which somebody is written to."""
        if wanted in channel_texts:
            return wanted
        return self.language if self.language in channel_texts else next(iter(channel_texts), self.language)


_DECODER: Final = msgspec.json.Decoder(Content)
_ENCODER: Final = msgspec.json.Encoder()


def decode(text: str) -> Content:
    """Content as it is stored."""
    return _DECODER.decode(text)


def encode(content: Content) -> str:
    """Content as it is stored."""
    return _ENCODER.encode(content).decode()


def kind_of(block: Block) -> str:
    """The word for a block's kind."""
    return str(block.__struct_config__.tag)


def filled(
    text: str, values: Mapping[str, str], words: Mapping[str, str], escape: Callable[[str], str] = lambda each: each
) -> str:
    """A text with what is known of one member; `escape` is applied to everything, text and values alike.

    For what is not known: the words in the placeholder, else those of the message (`words`), else nothing.
    """
    pieces: list[str] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        pieces.append(escape(text[end : found.start()]))
        name, inline = found[1], found[2]
        pieces.append(escape(values.get(name) or (words.get(name, "") if inline is None else inline)))
        end = found.end()
    pieces.append(escape(text[end:]))
    return "".join(pieces)


def texts_of(block: Block) -> Iterator[str]:
    """Every text of a block that a member reads."""
    for name in ("title", "text", "alt"):
        value = getattr(block, name, "")
        if value:
            yield value


def unknown_placeholders(text: str, names: Sequence[str] = NAMES) -> list[str]:
    """Names that nothing will be filled in for, and braces that are no placeholder."""
    wrong = [found[1] for found in PLACEHOLDER.finditer(text) if found[1] not in names]
    rest = PLACEHOLDER.sub("", text)
    return wrong + [each for each in ("{{", "}}") if each in rest]


def checked(content: Content) -> Content:
    """The same content. InputError: something is longer than it may be."""
    for email in content.email.values():
        if len(email.blocks) > BLOCKS_MAX:
            raise InputError(_("A message has at most %(most)s blocks.", most=BLOCKS_MAX))
        if max(len(email.subject), len(email.preheader)) > LINE_LENGTH_MAX:
            raise InputError(_("A subject has at most %(most)s characters.", most=LINE_LENGTH_MAX))
        for block in email.blocks:
            if any(len(str(getattr(block, name))) > TEXT_LENGTH_MAX for name in block.__struct_fields__):
                raise InputError(_("A block has at most %(most)s characters.", most=TEXT_LENGTH_MAX))
    if any(len(text) > SMS_LENGTH_MAX for text in content.sms.values()):
        raise InputError(_("An SMS has at most %(most)s characters.", most=SMS_LENGTH_MAX))
    return content
