"""The list of members as it leaves the house: as it is filtered, in the columns that an import understands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy.orm import Session

from backoffice.members import services
from backoffice.members.search import FoundMember, page_of_all
from backoffice.web.csv_out import Cell

ROWS_AT_ONCE: Final = 500
HEADER: Final = (
    *("number", "first_name", "last_name", "email", "phone", "street", "postcode", "town", "birthday"),
    *("language", "groups", "cards"),
)


def exported_rows(
    read: Callable[[], Session], organisation_id: str, query: str, group_id: str
) -> Iterator[tuple[Cell, ...]]:
    """The matching members, newest first, each page in a reading session of its own."""
    before = ""
    while True:
        with read() as reader:
            page, before = page_of_all(reader, organisation_id, query, group_id, before, ROWS_AT_ONCE)
            ids = [row.member_id for row in page]
            groups = services.groups_of_members(reader, organisation_id, ids)
            cards = services.cards_of_members(reader, organisation_id, ids)
            languages = services.languages_of(reader, organisation_id, ids)
        for row in page:
            active = (card.card_id for card in cards.get(row.member_id, ()) if card.state == "active")
            yield (
                *_person_cells(row),
                languages.get(row.member_id, ""),
                "|".join(groups.get(row.member_id, ())),
                "|".join(active),
            )
        if not before:
            return


def _person_cells(row: FoundMember) -> tuple[Cell, ...]:
    person = row.person
    return (
        row.number,
        person.first_name,
        person.last_name,
        person.email,
        person.phone,
        person.street,
        person.postcode,
        person.town,
        person.birthday.isoformat() if person.birthday else "",
    )
