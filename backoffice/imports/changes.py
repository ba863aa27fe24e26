"""What an import did to each member, kept so that it can be undone: sealed under the member's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.bulk import put
from backoffice.imports.models import ImportChange
from backoffice.members import personal
from backoffice.members.personal import FIELD_LENGTHS_MAX, Person

TABLE: Final = "import_change"


class Done(msgspec.Struct, frozen=True):
    """What one import did to one member. `before` and `after`: the fields that it changed; groups None: left alone.

    `consents`: channel, purpose and decision of each entry that it added; `opening`: the entry of the points.
    """

    is_new: bool
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    groups_before: tuple[str, ...] | None = None
    groups_after: tuple[str, ...] | None = None
    cards: tuple[str, ...] = ()
    consents: tuple[tuple[str, str, str], ...] = ()
    opening: str = ""


def fields_of(person: Person, language: str) -> dict[str, str]:
    """A member's fields as texts, to be compared and kept."""
    return {name: str(getattr(person, name) or "") for name in (*FIELD_LENGTHS_MAX, "birthday")} | {
        "language": language
    }


def person_with(person: Person, texts: Mapping[str, str]) -> Person:
    """A person with some fields as `fields_of` gave them; others than the person's are left out."""
    values: dict[str, Any] = {name: text for name, text in texts.items() if name in FIELD_LENGTHS_MAX}
    if "birthday" in texts:
        values["birthday"] = date.fromisoformat(texts["birthday"]) if texts["birthday"] else None
    return replace(person, **values)


def keep_changes(session: Session, organisation_id: str, import_id: str, done: Mapping[str, tuple[int, Done]]) -> None:
    """Write down what an import did, by member with the row of the file."""
    texts = {member_id: msgspec.json.encode(each) for member_id, (_row, each) in done.items()}
    sealed = personal.seal_notes(session, organisation_id, texts, TABLE)
    put(
        session,
        ImportChange,
        ("organisation_id", "import_id", "member_id"),
        [
            {
                "organisation_id": organisation_id,
                "import_id": import_id,
                "member_id": member_id,
                "row": done[member_id][0],
                "sealed": note,
            }
            for member_id, note in sealed.items()
        ],
    )


def next_changes(session: Session, organisation_id: str, import_id: str, limit: int) -> Mapping[str, tuple[int, Done]]:
    """Some of what is left to be undone, by member."""
    rows: Sequence[ImportChange] = session.scalars(
        select(ImportChange)
        .where(ImportChange.organisation_id == organisation_id, ImportChange.import_id == import_id)
        .order_by(ImportChange.member_id)
        .limit(limit)
    ).all()
    opened = personal.open_notes(session, organisation_id, {row.member_id: row.sealed for row in rows}, TABLE)
    return {row.member_id: (row.row, msgspec.json.decode(opened[row.member_id], type=Done)) for row in rows}
