"""What audiences may ask about a person without opening anybody: keyed marks of birthday, place and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from backoffice.bulk import execute_many, upsert
from backoffice.consent.addresses import address_of, mark_of
from backoffice.consent.kinds import Channel
from backoffice.members.models import MemberTrait
from backoffice.text import folded
from backoffice.vault import Vault, vault_of

if TYPE_CHECKING:  # persons are written by the module that calls this one
    from backoffice.members.personal import Person

AREA_LENGTHS: Final = (1, 2, 3)
"""Beginnings of postcodes that can be asked for."""
_KEY: Final = ("organisation_id", "member_id")


def keep(session: Session, organisation_id: str, persons: Mapping[str, Person]) -> None:
    """Write what may be asked about these members, in place of what was."""
    vault = vault_of(session)
    insert = upsert(session, MemberTrait)
    columns = {column.name for column in MemberTrait.__table__.columns} - set(_KEY)
    statement = insert.on_conflict_do_update(
        index_elements=_KEY, set_={name: insert.excluded[name] for name in sorted(columns)}
    )
    rows = [_row(vault, organisation_id, member_id, person) for member_id, person in persons.items()]
    execute_many(session, statement, rows)


def _row(vault: Vault, organisation_id: str, member_id: str, person: Person) -> dict[str, Any]:
    marks = {
        f"{channel.value}_mark": mark_of(vault, organisation_id, channel, address_of(person, channel))
        for channel in Channel
    }
    postcode = _postcode(person.postcode)
    return {
        "organisation_id": organisation_id,
        "member_id": member_id,
        "birthday_mark": birthday_mark(vault, organisation_id, person.birthday) if person.birthday else None,
        "town_mark": town_mark(vault, organisation_id, person.town),
        "postcode_mark": vault.mark(organisation_id, f"postcode:{postcode}") if postcode else None,
        **{
            f"area{length}_mark": vault.mark(organisation_id, f"area:{postcode[:length]}") if postcode else None
            for length in AREA_LENGTHS
        },
        **marks,
    }


def birthday_mark(vault: Vault, organisation_id: str, day: date) -> int:
    """The mark of a day of the year."""
    return vault.mark(organisation_id, f"birthday:{day:%m-%d}")


def town_mark(vault: Vault, organisation_id: str, town: str) -> int | None:
    """The mark of a town, however it is written; None of an empty one."""
    words = " ".join(folded(town).split())
    return vault.mark(organisation_id, f"town:{words}") if words else None


def place_of_postcode(vault: Vault, organisation_id: str, text: str) -> tuple[str, int]:
    """The column and the mark by which a postcode, or its first one to three characters, is found."""
    postcode = _postcode(text)
    if len(postcode) in AREA_LENGTHS:
        return f"area{len(postcode)}_mark", vault.mark(organisation_id, f"area:{postcode}")
    return "postcode_mark", vault.mark(organisation_id, f"postcode:{postcode}")


def _postcode(text: str) -> str:
    """A postcode as it is compared: in capitals, without blanks."""
    return "".join(text.upper().split())
