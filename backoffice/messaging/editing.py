"""The editor of a message: the form's fields as content, what its buttons do, and taking a step back.

Every button is a submit button of one form, so that nothing typed is lost, everything is reached by the keyboard, and
nothing needs a script.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.messaging.content import KINDS, NAMES, Block, Content, EmailText, checked, decode, encode, kind_of
from backoffice.web.locales import LANGUAGE_NAMES

UNDO_MAX: Final = 20
FALLBACK_NAMES: Final = tuple(name for name in NAMES if name not in {"number", "shop"})


def content_from_form(before: Content, language: str, form: Mapping[str, str]) -> Content:
    """The content with one language as the form has it. InputError: too much, or a language nobody knows."""
    if language not in LANGUAGE_NAMES:
        raise InputError(_("Choose a language."))
    changed = before
    if "subject" in form:
        email = EmailText(form["subject"].strip(), form.get("preheader", "").strip(), _blocks(form))
        changed = msgspec.structs.replace(changed, email={**changed.email, language: email})
    if "sms" in form:
        text = form["sms"].replace("\r\n", "\n").strip()
        others = {code: each for code, each in changed.sms.items() if code != language}
        changed = msgspec.structs.replace(changed, sms={**others, language: text} if text else others)
    words = {name: form[f"word-{name}"].strip() for name in FALLBACK_NAMES if form.get(f"word-{name}", "").strip()}
    fallbacks = {**changed.fallbacks, language: words}
    default = form.get("default_language", changed.language)
    return checked(
        msgspec.structs.replace(
            changed, fallbacks=fallbacks, language=default if default in LANGUAGE_NAMES else changed.language
        )
    )


def _blocks(form: Mapping[str, str]) -> tuple[Block, ...]:
    found: list[Block] = []
    number = 0
    while (kind := form.get(f"block-{number}-kind", "")) in KINDS:
        made = KINDS[kind]
        values = {
            name: form.get(f"block-{number}-{name}", "").replace("\r\n", "\n").strip()
            for name in made.__struct_fields__
        }
        found.append(made(**values))
        number += 1
    return tuple(found)


def acted(content: Content, language: str, act: str) -> tuple[Content, int | None]:
    """What a button does to the blocks of a language, and which block the eye should be on then."""
    verb, _colon, what = act.partition(":")
    email = content.email.get(language, EmailText())
    blocks = list(email.blocks)
    focus: int | None = None
    if verb == "add" and what in KINDS:
        blocks.append(KINDS[what]())
        focus = len(blocks) - 1
    elif what.isdecimal() and int(what) < len(blocks):
        focus = _moved(blocks, verb, int(what))
    changed = msgspec.structs.replace(email, blocks=tuple(blocks))
    if changed == email:
        return content, focus
    return checked(msgspec.structs.replace(content, email={**content.email, language: changed})), focus


def _moved(blocks: list[Block], verb: str, at: int) -> int | None:
    if verb == "delete":
        del blocks[at]
        return min(at, len(blocks) - 1) if blocks else None
    to = at + {"up": -1, "down": 1}.get(verb, 0)
    if not 0 <= to < len(blocks):
        return at
    blocks[at], blocks[to] = blocks[to], blocks[at]
    return to


def with_picture(content: Content, language: str, number: int, picture_id: str) -> Content:
    """The content with an uploaded picture in a block of the kind."""
    email = content.email[language]
    blocks = list(email.blocks)
    if kind_of(blocks[number]) == "picture":
        blocks[number] = msgspec.structs.replace(blocks[number], picture_id=picture_id)
    return msgspec.structs.replace(
        content, email={**content.email, language: msgspec.structs.replace(email, blocks=tuple(blocks))}
    )


def without_language(content: Content, language: str) -> Content:
    """The content without one language; the last one stays."""
    email = {code: each for code, each in content.email.items() if code != language}
    sms = {code: each for code, each in content.sms.items() if code != language}
    left = list(dict.fromkeys([*email, *sms]))
    if not left:
        return content
    default = content.language if content.language != language else left[0]
    return msgspec.structs.replace(content, email=email, sms=sms, language=default)


def stepped(stored: str, undo: str, changed: Content) -> tuple[str, str]:
    """What is stored after a change: the content, and the steps back with one more, a bounded number."""
    new = encode(changed)
    if new == stored:
        return stored, undo
    steps = [*msgspec.json.decode(undo, type=list[str]), stored][-UNDO_MAX:]
    return new, msgspec.json.encode(steps).decode()


def step_back(stored: str, undo: str) -> tuple[str, str]:
    """What is stored after a step back; the same when there is none."""
    steps = msgspec.json.decode(undo, type=list[str])
    if not steps:
        return stored, undo
    return encode(decode(steps[-1])), msgspec.json.encode(steps[:-1]).decode()
