"""The addresses of the editor: the same pages for a draft and for a template, and what only templates have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.messaging import content as contents
from backoffice.messaging import editor_pages as pages
from backoffice.messaging import store
from backoffice.messaging.editor_pages import Edited, Kind, edited_or_404
from backoffice.messaging.routes import begun
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

message_editor = Blueprint("message_editor", __name__, template_folder="templates")

Page = Callable[[Edited], Any]
SHARED: Final[tuple[tuple[str, str, str, Right, Page], ...]] = (
    ("content", "", "GET", Right.READ, pages.editor_page),
    ("save", "", "POST", Right.MESSAGES, pages.save),
    ("preview", "/preview", "GET", Right.READ, pages.preview_page),
    ("frame", "/preview/frame", "GET", Right.READ, pages.frame),
    ("test", "/test", "POST", Right.MESSAGES, pages.send_test_to),
)
"""Name, end of the address (empty: that of the content), method, right and page of what both have."""


def _add_pages(kind: Kind, address: str, content: str) -> None:
    for name, end, method, right, page in SHARED:
        message_editor.add_url_rule(
            address + (end or content), f"{kind}_{name}", needs(right)(_view(kind, page)), methods=[method]
        )


def _view(kind: Kind, page: Page) -> Callable[..., Any]:
    def view(**ids: str) -> Any:  # noqa: ANN401 - whatever the page answers
        with read() as reader:
            edited = edited_or_404(kind, ids[f"{kind}_id"], reader)
        return page(edited)

    return view


_add_pages("mailing", "/messages/<mailing_id>", "/content")
_add_pages("template", "/message-templates/<template_id>", "")


@message_editor.post("/messages/<mailing_id>/template")
@needs(Right.MESSAGES)
def mailing_as_template(mailing_id: str) -> Response:
    """Keep a message's content as a template."""
    made, name = doing(), request.form.get("name", "")
    with read() as reader:
        edited = edited_or_404("mailing", mailing_id, reader)
    content = contents.decode(edited.row.content)
    try:
        template_id = write(lambda tx: store.create_template(tx, made, name, content).template_id)
    except InputError as refused:
        say(str(refused), kind="danger")
        return redirect(url_for("messages.message_page", mailing_id=mailing_id))
    say(_("Kept as a template."))
    return redirect(url_for("message_editor.template_content", template_id=template_id))


@message_editor.get("/message-templates")
@needs(Right.READ)
def template_list() -> str:
    """Every template, and a form for a new one."""
    return _template_list("")


def _template_list(error: str) -> str:
    with read() as reader:
        rows = store.templates_of(reader, actor().organisation_id)
    return render_template("messaging/templates.html", templates=rows, error=error, form=request.form)


@message_editor.post("/message-templates")
@needs(Right.MESSAGES)
def template_create() -> Response | tuple[str, int]:
    """A new template."""
    made, name = doing(), request.form.get("name", "")
    try:
        template_id = write(lambda tx: store.create_template(tx, made, name, begun()).template_id)
    except InputError as refused:
        return _template_list(str(refused)), 422
    return redirect(url_for("message_editor.template_content", template_id=template_id))


@message_editor.post("/message-templates/<template_id>/<act>")
@needs(Right.MESSAGES)
def template_act(template_id: str, act: str) -> Response:
    """Duplicate it, or throw it away."""
    made = doing()
    with read() as reader:
        edited_or_404("template", template_id, reader)
    if act == "duplicate":
        new_id = write(lambda tx: store.duplicate(tx, made, template_id).template_id)
        return redirect(url_for("message_editor.template_content", template_id=new_id))
    if act != "delete":
        abort(404)
    write(lambda tx: store.delete_template(tx, made, template_id))
    say(_("The template was thrown away."))
    return redirect(url_for("message_editor.template_list"))
