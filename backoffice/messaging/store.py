"""Templates: contents to begin from. A mailing copies one; what is changed later reaches no mailing made before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.messaging.content import Content, encode
from backoffice.messaging.models import MessageTemplate
from backoffice.messaging.services import NAME_LENGTH_MAX


def templates_of(session: Session, organisation_id: str) -> Sequence[MessageTemplate]:
    """Every template, by name."""
    return session.scalars(
        select(MessageTemplate).where(MessageTemplate.organisation_id == organisation_id).order_by(MessageTemplate.name)
    ).all()


def create_template(session: Session, doing: Doing, name: str, content: Content) -> MessageTemplate:
    """A new template. InputError: the name is missing or taken."""
    row = MessageTemplate(
        organisation_id=doing.organisation_id,
        template_id=doing.ids.new_id(),
        name=_free_name(session, doing, name),
        content=encode(content),
        undo="[]",
        changed_at=doing.clock.now(),
        changed_by=doing.actor,
    )
    session.add(row)
    session.flush()
    doing.note(session, "template_created", "template", row.template_id)
    return row


def duplicate(session: Session, doing: Doing, template_id: str) -> MessageTemplate:
    """A copy under a name of its own. InputError: it is no longer there."""
    row = session.get(MessageTemplate, (doing.organisation_id, template_id))
    if row is None:
        raise InputError(_("This template is no longer there."))
    name = unused_name(session, doing.organisation_id, row.name)
    made = create_template(session, doing, name, Content())
    made.content = row.content
    return made


def unused_name(session: Session, organisation_id: str, name: str) -> str:
    """This name, or with the first number after it that no template has yet."""
    taken = {each.name for each in templates_of(session, organisation_id)}
    if name not in taken:
        return name
    number = 2
    while f"{name[: NAME_LENGTH_MAX - 6]} ({number})" in taken:
        number += 1
    return f"{name[: NAME_LENGTH_MAX - 6]} ({number})"


def delete_template(session: Session, doing: Doing, template_id: str) -> None:
    """Throw a template away; mailings made from it stay as they are."""
    row = session.get(MessageTemplate, (doing.organisation_id, template_id))
    if row is not None:
        session.delete(row)
        doing.note(session, "template_deleted", "template", template_id)


def _free_name(session: Session, doing: Doing, name: str) -> str:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= NAME_LENGTH_MAX:
        raise InputError(_("A template needs a name of at most %(most)s characters.", most=NAME_LENGTH_MAX), "name")
    if any(each.name == cleaned for each in templates_of(session, doing.organisation_id)):
        raise InputError(_("There is a template of this name already."), "name")
    return cleaned
