"""An e-mail's blocks as HTML and as plain text, compiled once and filled for each member.

The HTML is made by MJML from a skeleton that holds no text of anybody, only marks; texts are put in afterwards, each
escaped, so that nothing that somebody writes can become markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mjml import mjml2html

from backoffice.messaging.content import (
    Block,
    Button,
    Content,
    Coupon,
    EmailText,
    Footer,
    Heading,
    Paragraph,
    Picture,
    Points,
    decode,
    filled,
)

MARK: Final = re.compile(r"qZslot(\d+)Zq")
"""Where a text goes: letters and digits only, because MJML may rewrite anything else."""
COMPILED_MAX: Final = 32
UNDERLINE_MAX: Final = 60
UNSUBSCRIBE: Final[Mapping[str, str]] = {
    "en": "Unsubscribe", "de": "Abmelden", "fr": "Se désabonner", "it": "Annulla l'iscrizione",
    "cs": "Odhlásit odběr", "zh": "退订",
}  # fmt: skip
OWN_PAGE: Final[Mapping[str, str]] = {
    "en": "My page", "de": "Meine Seite", "fr": "Ma page", "it": "La mia pagina", "cs": "Moje stránka",
    "zh": "我的页面",
}  # fmt: skip
_TRACKED: Final = ("http://", "https://")


@dataclass(frozen=True)
class Addresses:
    """Where the links of one member's message lead.

    `link`: number of a block and its target → what stands in the message; `picture`: id → address; `pixel` and
    `unsubscribe`: empty where there is none; so is `own_page`, the member's.
    """

    link: Callable[[int, str], str]
    picture: Callable[[str], str]
    unsubscribe: str
    pixel: str
    own_page: str = ""


@dataclass(frozen=True)
class Rendered:
    """One member's e-mail."""

    subject: str
    text: str
    html: str


Slot = tuple[str, int, str]
"""What a mark stands for: (kind, number of the block, text or target)."""


@dataclass(frozen=True)
class Compiled:
    """An e-mail in one language, ready to be filled. `pieces`: HTML between the slots."""

    language: str
    email: EmailText
    words: Mapping[str, str]
    pieces: tuple[str, ...]
    slots: tuple[Slot, ...]

    def render(self, values: Mapping[str, str], to: Addresses) -> Rendered:
        """The e-mail for one member."""
        parts = [self.pieces[0]]
        for slot, piece in zip(self.slots, self.pieces[1:], strict=True):
            parts += (self._put(slot, values, to), piece)
        subject = " ".join(filled(self.email.subject, values, self.words).split())
        return Rendered(subject, self._text(values, to), "".join(parts))

    def _put(self, slot: Slot, values: Mapping[str, str], to: Addresses) -> str:
        kind, number, what = slot
        if kind == "link":
            return html.escape(to.link(number, what))
        if kind == "picture":
            return html.escape(to.picture(what))
        if kind == "unsubscribe":
            return html.escape(to.unsubscribe)
        if kind == "own_page":
            return html.escape(to.own_page)
        if kind == "pixel":
            return html.escape(to.pixel)
        return filled(what, values, self.words, _html_line if kind == "line" else _html_text)

    def _text(self, values: Mapping[str, str], to: Addresses) -> str:
        parts = [
            part
            for number, block in enumerate(self.email.blocks)
            if (part := self._plain(number, block, values, to).strip())
        ]
        if to.own_page:
            parts.append(f"{own_page_word(self.language)}: {to.own_page}")
        if to.unsubscribe:
            parts.append(f"{unsubscribe_word(self.language)}: {to.unsubscribe}")
        return "\n\n".join(parts) + "\n"

    def _plain(self, number: int, block: Block, values: Mapping[str, str], to: Addresses) -> str:
        def said(text: str) -> str:
            return filled(text, values, self.words)

        match block:
            case Heading(text):
                title = said(text)
                return f"{title}\n{'=' * min(len(title), UNDERLINE_MAX)}"
            case Paragraph(text) | Points(text):
                return said(text)
            case Footer(text):
                return f"--\n{said(text)}" if text else ""
            case Coupon(title, text):
                return f"*** {said(title)} ***\n{said(text)}"
            case Button(text, url):
                return f"{said(text)}: {to.link(number, url)}"
            case Picture(_picture, alt, url):
                named = f"[{said(alt)}]" if alt else ""
                return f"{named} {to.link(number, url)}" if url else named


def unsubscribe_word(language: str) -> str:
    """What the link to unsubscribe is called."""
    return UNSUBSCRIBE.get(language, UNSUBSCRIBE["en"])


def own_page_word(language: str) -> str:
    """What the link to the member's own page is called."""
    return OWN_PAGE.get(language, OWN_PAGE["en"])


def is_tracked(url: str) -> bool:
    """Whether a target is a page, whose visits can be counted; mail and phone links go as they are."""
    return url.lower().startswith(_TRACKED)


def target_of(content: Content, language: str, number: int) -> str:
    """Where the block of a number leads; empty when it leads nowhere."""
    email = content.email.get(language)
    if email is None or not 0 <= number < len(email.blocks):
        return ""
    return str(getattr(email.blocks[number], "url", ""))


@lru_cache(maxsize=COMPILED_MAX)
def compiled(stored_content: str, language: str, *, with_unsubscribe: bool, with_pixel: bool) -> Compiled:
    """The e-mail of a stored content in one language; the same for every member."""
    content = decode(stored_content)
    email = content.email[language]
    slots: list[Slot] = []

    def slot(kind: str, number: int, what: str = "") -> str:
        slots.append((kind, number, what))
        return f"qZslot{len(slots) - 1}Zq"

    head = (
        '<mj-head><mj-attributes><mj-all font-family="Helvetica, Arial, sans-serif" />'
        '<mj-text font-size="16px" line-height="1.5" color="#1f2937" /></mj-attributes>'
        f"<mj-title>{slot('line', 0, email.subject)}</mj-title>"
        f"<mj-preview>{slot('line', 0, email.preheader)}</mj-preview></mj-head>"
    )
    body = "".join(_skeleton(number, block, slot) for number, block in enumerate(email.blocks))
    if with_unsubscribe:
        word, own = html.escape(unsubscribe_word(language)), html.escape(own_page_word(language))
        body += (
            '<mj-section><mj-column><mj-text align="center" font-size="13px" color="#6b7280">'
            f'<a href="{slot("own_page", 0)}">{own}</a> · '
            f'<a href="{slot("unsubscribe", 0)}">{word}</a></mj-text></mj-column></mj-section>'
        )
    if with_pixel:
        body += f'<mj-raw><img src="{slot("pixel", 0)}" width="1" height="1" alt="" /></mj-raw>'
    made = mjml2html(f'<mjml lang="{language}">{head}<mj-body background-color="#f3f4f6">{body}</mj-body></mjml>')
    return _cut(made, language, email, content, slots)


def _cut(made: str, language: str, email: EmailText, content: Content, slots: list[Slot]) -> Compiled:
    """MJML may write a text twice (for an old mail program) or leave it out; what counts are the marks it wrote."""
    pieces: list[str] = []
    order: list[Slot] = []
    end = 0
    for found in MARK.finditer(made):
        pieces.append(made[end : found.start()])
        order.append(slots[int(found[1])])
        end = found.end()
    pieces.append(made[end:])
    return Compiled(language, email, content.fallbacks.get(language, {}), tuple(pieces), tuple(order))


def _skeleton(number: int, block: Block, slot: Callable[..., str]) -> str:
    inner = _column(number, block, slot)
    return f'<mj-section background-color="#ffffff" padding="4px 0"><mj-column>{inner}</mj-column></mj-section>'


def _column(number: int, block: Block, slot: Callable[..., str]) -> str:  # noqa: PLR0911 - one for each kind
    match block:
        case Heading(text):
            title = f'<h1 style="margin:0;font-size:26px">{slot("text", number, text)}</h1>'
            return f'<mj-text font-size="26px" font-weight="700">{title}</mj-text>'
        case Paragraph(text):
            return f"<mj-text>{slot('text', number, text)}</mj-text>"
        case Points(text):
            look = 'align="center" font-size="20px" font-weight="700" container-background-color="#e0ecff"'
            return f"<mj-text {look}>{slot('text', number, text)}</mj-text>"
        case Coupon(title, text):
            look = 'align="center" container-background-color="#fff7d6"'
            head = f'<mj-text {look} font-size="22px" font-weight="700" padding-bottom="0">'
            return (
                f"{head}{slot('text', number, title)}</mj-text><mj-text {look}>{slot('text', number, text)}</mj-text>"
            )
        case Footer(text):
            return f'<mj-text font-size="13px" color="#6b7280" align="center">{slot("text", number, text)}</mj-text>'
        case Button(text, url):
            look = f'href="{slot("link", number, url)}" background-color="#1d4ed8" font-size="16px"'
            return f"<mj-button {look}>{slot('text', number, text)}</mj-button>"
        case Picture(picture_id, alt, url):
            leads = f' href="{slot("link", number, url)}"' if url else ""
            source, shown = slot("picture", number, picture_id), slot("line", number, alt)
            return f'<mj-image src="{source}" alt="{shown}"{leads} />'


def _html_line(text: str) -> str:
    return html.escape(" ".join(text.split("\n")))


def _html_text(text: str) -> str:
    return html.escape(text).replace("\n", "<br />")
