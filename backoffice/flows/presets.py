"""What a flow can be started from: filled-in forms, with a template for each message in the shop's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.flows.form import (
    Birthday,
    Check,
    End,
    FlowForm,
    Joined,
    NotSeen,
    PointsExpire,
    Send,
    Wait,
)
from backoffice.flows.models import Flow
from backoffice.flows.services import create_flow
from backoffice.messaging.content import Block, Content, EmailText, Footer, Heading, Paragraph, Points
from backoffice.messaging.store import create_template, unused_name

A_YEAR_LESS: Final = 300
"""Days after which a birthday may be greeted again: less than a year, or leap years would leave one out."""


@dataclass(frozen=True)
class Letter:
    """A message of a preset."""

    name: Any
    subject: Any
    heading: Any
    text: Any
    points: bool = False


@dataclass(frozen=True)
class FlowPreset:
    """A start: its name, what it is for, its messages, and the form made with the ids of their templates."""

    title: Any
    example: Any
    icon: str
    letters: tuple[Letter, ...]
    form: Callable[[list[str]], FlowForm]


def _welcome(ids: list[str]) -> FlowForm:
    again = Send(step_id="4", template_id=ids[1])
    steps = (
        Send(step_id="1", template_id=ids[0]),
        Wait(step_id="2", days=14),
        Check(step_id="3", days=14, yes=(End(step_id="5"),), no=(again,)),
    )
    return FlowForm(trigger=Joined(), steps=steps, next_number=6)


def _birthday(ids: list[str]) -> FlowForm:
    steps = (Send(step_id="1", template_id=ids[0]),)
    return FlowForm(trigger=Birthday(0), steps=steps, next_number=2, again_after_days=A_YEAR_LESS)


def _away(ids: list[str]) -> FlowForm:
    steps = (
        Send(step_id="1", template_id=ids[0]),
        Wait(step_id="2", days=14),
        Check(step_id="3", days=14, yes=(End(step_id="5"),), no=(Send(step_id="4", template_id=ids[1]),)),
    )
    return FlowForm(trigger=NotSeen(8), steps=steps, next_number=6, again_after_days=180)


def _points(ids: list[str]) -> FlowForm:
    steps = (Send(step_id="1", template_id=ids[0]),)
    return FlowForm(trigger=PointsExpire(30), steps=steps, next_number=2, again_after_days=30)


PRESETS: Final[Mapping[str, FlowPreset]] = {
    "welcome": FlowPreset(
        _l("Welcome"),
        _l("A greeting to everybody who joins, and another one after two weeks to those who have not come yet."),
        "heart",
        (
            Letter(
                _l("Welcome"),
                _l("Welcome to {{ shop }}"),
                _l("Hello {{ first_name }}"),
                _l("Thank you for joining. Show your card at every purchase: points and offers come by themselves."),
            ),
            Letter(
                _l("Welcome, second greeting"),
                _l("Your card is waiting"),
                _l("Hello {{ first_name }}"),
                _l("You have joined us and not come by yet. We look forward to seeing you."),
            ),
        ),
        _welcome,
    ),
    "birthday": FlowPreset(
        _l("Birthday"),
        _l("Good wishes on the day itself, each year."),
        "cake",
        (
            Letter(
                _l("Birthday"),
                _l("Happy birthday, {{ first_name }}"),
                _l("Happy birthday"),
                _l("All the best from all of us at {{ shop }}."),
            ),
        ),
        _birthday,
    ),
    "away": FlowPreset(
        _l("Away for some weeks"),
        _l("Writes to whoever has not come for more than 8 weeks, and once more when that did not help."),
        "clock",
        (
            Letter(
                _l("We miss you"),
                _l("We have not seen you for a while"),
                _l("Hello {{ first_name }}"),
                _l("You have not been here for some weeks. Come by again: we look forward to it."),
            ),
            Letter(
                _l("We miss you, second letter"),
                _l("Shall we keep your place warm?"),
                _l("Hello {{ first_name }}"),
                _l("We should like to know what kept you away, and to see you again."),
            ),
        ),
        _away,
    ),
    "points": FlowPreset(
        _l("Points about to expire"),
        _l("Tells people 30 days before points of theirs expire."),
        "coin",
        (
            Letter(
                _l("Points about to expire"),
                _l("Some of your points expire soon"),
                _l("Hello {{ first_name }}"),
                _l("Some of your points expire within the next 30 days. Pay with them before."),
                points=True,
            ),
        ),
        _points,
    ),
    "blank": FlowPreset(_l("From nothing"), _l("Choose every step yourself."), "plus", (), lambda _ids: FlowForm()),
}
"""In the order in which they are offered."""


def create_from(session: Session, doing: Doing, code: str, language: str, shop: str) -> Flow:
    """A draft from a preset, with new templates in this language; inside a request. KeyError: no such preset."""
    preset = PRESETS[code]
    with force_locale(language):
        title = str(preset.title)
        letters = [(str(letter.name), _content(letter, language, shop)) for letter in preset.letters]
    ids = [
        create_template(session, doing, unused_name(session, doing.organisation_id, name), content).template_id
        for name, content in letters
    ]
    return create_flow(session, doing, title, preset.form(ids))


def _content(letter: Letter, language: str, shop: str) -> Content:
    blocks: list[Block] = [Heading(str(letter.heading)), Paragraph(str(letter.text))]
    if letter.points:
        blocks.append(Points())
    text = EmailText(str(letter.subject), "", (*blocks, Footer(shop)))
    return Content(language, {language: text})
