"""What the pages of the editor show and do, for a draft as for a template: texts, preview as a named member, tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from backoffice.consent.kinds import Channel
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.messaging import audience, editing, labels, preview
from backoffice.messaging import content as contents
from backoffice.messaging.content import KINDS, Content, EmailText, kind_of
from backoffice.messaging.handover import MessageRefusedError
from backoffice.messaging.kinds import ChannelRule, MailingState
from backoffice.messaging.models import Mailing, MessageTemplate
from backoffice.messaging.pictures import keep_picture, pictures_of
from backoffice.messaging.recipients import CHANNELS
from backoffice.messaging.services import note_change
from backoffice.web.context import actor, doing, office, read, write
from backoffice.web.locales import LANGUAGE_NAMES
from backoffice.web.templating import say

Kind = Literal["mailing", "template"]
EDITOR_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'"
)
PREVIEW_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; base-uri 'none'"
)
"""An e-mail carries its styles in its markup; it is shown in a frame that may do nothing else."""


@dataclass(frozen=True)
class Edited:
    """What is being edited: a draft, or a template."""

    kind: Kind
    row: Mailing | MessageTemplate

    @property
    def row_id(self) -> str:
        """Its id."""
        return self.row.mailing_id if isinstance(self.row, Mailing) else self.row.template_id

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels whose texts it needs."""
        if isinstance(self.row, Mailing):
            channels = CHANNELS[ChannelRule(self.row.channel_rule)]
            return (
                (Channel.EMAIL,) if channels == (Channel.LETTER,) else channels
            )  # letters are made of the same blocks
        return CHANNELS[ChannelRule.BOTH]

    @property
    def can_change(self) -> bool:
        """Whether it may still be changed."""
        return not isinstance(self.row, Mailing) or self.row.state == MailingState.DRAFT

    def url(self, endpoint: str, **values: Any) -> str:  # noqa: ANN401 - whatever an address may carry
        """The address of one of its pages."""
        values[f"{self.kind}_id"] = self.row_id
        return url_for(f"message_editor.{self.kind}_{endpoint}", **values)


def edited_or_404(kind: Kind, row_id: str, reader: Session) -> Edited:
    """The draft or template of the organisation that is open; 404."""
    key = (actor().organisation_id, row_id)
    row = reader.get(Mailing, key) if kind == "mailing" else reader.get(MessageTemplate, key)
    if row is None:
        abort(404)
    return Edited(kind, row)


def _language(content: Content) -> str:
    asked = request.values.get("language", "")
    return asked if asked in LANGUAGE_NAMES else content.language


def editor_page(edited: Edited, error: str = "", typed: Content | None = None) -> Response:
    """The editor, with what somebody typed when it was refused."""
    content = typed or contents.decode(edited.row.content)
    language = _language(content)
    known = list(dict.fromkeys([content.language, *content.email, *content.sms, language]))
    with read() as reader:
        page = render_template(
            "messaging/editor.html",
            edited=edited,
            content=content,
            email=content.email.get(language, EmailText()),
            sms=content.sms.get(language, ""),
            words=content.fallbacks.get(language, {}),
            language=language,
            languages=known,
            kind_of=kind_of,
            kinds=[(kind, labels.BLOCKS[kind]) for kind in KINDS],
            fallback_names=editing.FALLBACK_NAMES,
            pictures=pictures_of(reader, actor().organisation_id),
            may_undo=edited.row.undo != "[]",
            focus=request.args.get("focus", ""),
            error=error,
            channels=[each.value for each in edited.channels],
        )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = EDITOR_POLICY
    return response


def save(edited: Edited) -> AnyResponse | tuple[Response, int]:
    """What the form says, then what its button does."""
    form, act = request.form, request.form.get("act", "save")
    if not edited.can_change:
        return editor_page(edited, _("This message was launched; it changes no more.")), 422
    uploads = _uploads()
    before = contents.decode(edited.row.content)
    language = _language(before)
    typed: Content | None = None
    try:
        typed = content = editing.content_from_form(before, language, form.to_dict())
        focus = write(lambda tx: _stored(tx, edited, content, language, act, uploads))
    except InputError as refused:
        return editor_page(edited, str(refused), typed), 422
    if act == "preview":
        return redirect(edited.url("preview", language=language))
    shown = language if act != "drop-language" else ""
    anchor = f"block-{focus}" if focus is not None else None
    return redirect(edited.url("content", language=shown, focus=focus, _anchor=anchor))


def _stored(
    tx: Session, edited: Edited, typed: Content, language: str, act: str, uploads: Mapping[int, tuple[str, bytes]]
) -> int | None:
    row = edited_or_404(edited.kind, edited.row_id, tx).row
    before = row.content
    if act == "undo":
        row.content, row.undo = editing.step_back(row.content, row.undo)
        _note_change(tx, row, before)
        return None
    content, focus = editing.acted(typed, language, act)
    for number, (name, data) in uploads.items():
        kept = keep_picture(tx, doing(), name, data)
        content = editing.with_picture(content, language, number, kept.picture_id)
    if act == "drop-language":
        content = editing.without_language(content, language)
    row.content, row.undo = editing.stepped(row.content, row.undo, content)
    _note_change(tx, row, before)
    return focus


def _note_change(tx: Session, row: Mailing | MessageTemplate, before: str) -> None:
    """Who changed the words is on record: nobody approves their own."""
    made = doing()
    if isinstance(row, MessageTemplate):
        row.changed_at, row.changed_by = made.clock.now(), made.actor
        if row.content != before:
            made.note(tx, "template_changed", "template", row.template_id)
    elif row.content != before:
        note_change(tx, made, row)


def _uploads() -> dict[int, tuple[str, bytes]]:
    found = {}
    for name, file in request.files.items():
        number = name.removeprefix("block-").removesuffix("-file")
        if number.isdecimal() and file.filename:
            found[int(number)] = (file.filename, file.read())
    return found


def preview_page(edited: Edited, error: str = "") -> Response:
    """As one member gets it, on a phone and on a desk."""
    content = contents.decode(edited.row.content)
    language = _language(content)
    with read() as reader:
        people = preview.samples(reader, actor().organisation_id, _named(edited))
        shown = _sample(people)
        look = preview.Look(office(), actor().organisation, edited.row.content, language, shown)
        sms = preview.sms_preview(reader, look)
        subject = _subject(reader, look)
        page = render_template(
            "messaging/preview.html",
            edited=edited,
            content=content,
            language=language,
            languages=list(dict.fromkeys([*content.email, *content.sms])) or [language],
            people=people,
            shown=shown,
            subject=subject,
            sms=sms,
            error=error,
            form=request.form,
        )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = EDITOR_POLICY
    return response


def _named(edited: Edited) -> list[str] | None:
    """Members to look at it as: those it is for, where they were named."""
    if not isinstance(edited.row, Mailing):
        return None
    return list(audience.decode(edited.row.audience).member_ids) or None


def _sample(people: list[preview.Sample]) -> preview.Sample | None:
    asked = request.values.get("member", "")
    return next((each for each in people if each.member.member_id == asked), people[0] if people else None)


def _subject(reader: Session, look: preview.Look) -> str | None:
    try:
        return preview.rendered(reader, look).subject
    except MessageRefusedError:
        return None


def frame(edited: Edited) -> Response:
    """The e-mail itself, for the frames of the preview."""
    language = _language(contents.decode(edited.row.content))
    with read() as reader:
        shown = _sample(preview.samples(reader, actor().organisation_id, _named(edited)))
        look = preview.Look(office(), actor().organisation, edited.row.content, language, shown)
        try:
            made = preview.rendered(reader, look, request.host_url.rstrip("/"))
        except MessageRefusedError:
            abort(404)
    response = make_response(made.html)
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def send_test_to(edited: Edited) -> AnyResponse | tuple[Response, int]:
    """Send it to a typed address; never counted."""
    form = request.form
    language = _language(contents.decode(edited.row.content))
    channel = Channel.SMS if form.get("channel") == Channel.SMS else Channel.EMAIL
    try:
        with read() as reader:
            shown = _sample(preview.samples(reader, actor().organisation_id, _named(edited)))
            look = preview.Look(office(), actor().organisation, edited.row.content, language, shown)
            preview.send_test(reader, look, channel, form.get("address", ""), actor().zone)
    except InputError as refused:
        return preview_page(edited, str(refused)), 422
    say(_("The test is on its way to %(address)s.", address=form.get("address", "")))
    member = shown.member.member_id if shown is not None else ""
    return redirect(edited.url("preview", language=language, member=member))
