"""The repository of personal data: the only module that reads and writes the table `member_person`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many, upsert
from backoffice.members.card_ids import NUMBERED, UID_BYTES
from backoffice.members.models import Card, Member, MemberInGroup, MemberPerson
from backoffice.text import search_patterns, search_text

SEARCH_TEXT_MAX: Final = 800
FIELD_LENGTHS_MAX: Final = {
    "first_name": 100,
    "last_name": 100,
    "email": 254,
    "phone": 40,
    "street": 200,
    "postcode": 20,
    "town": 100,
}
"""Characters each text field takes; the same as the columns'."""
CARD_DIGITS_MIN: Final = 6
"""Fewer characters are not taken for a part of a card id."""
ROWS_PER_STATEMENT: Final = 500
"""Ids in one IN list; SQLite takes 32,766 parameters, PostgreSQL plans short lists faster."""


@dataclass(frozen=True)
class Person:
    """Who a member is. Every field may be empty: a card can be handed out before anything is asked."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    birthday: date | None = None

    @property
    def full_name(self) -> str:
        """First and last name, as far as they are known."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def greeting(self) -> str:
        """What a till shows the cashier: first name and the initial of the last one."""
        initial = f"{self.last_name[:1]}." if self.last_name else ""
        return f"{self.first_name} {initial}".strip() if self.first_name else self.last_name


@dataclass(frozen=True)
class FoundMember:
    """A row of the member list."""

    member_id: str
    number: str
    person: Person


@dataclass(frozen=True)
class Position:
    """Where a page of the list ended: the sort key of its last row."""

    last_name: str
    first_name: str
    member_id: str


def row_of(organisation_id: str, member_id: str, number: str, person: Person) -> dict[str, object]:
    """A person as a row of the table, with the words that the search looks at."""
    digits = "".join(character for character in person.phone if character.isdigit())
    words = (person.first_name, person.last_name, person.email, digits, person.postcode, person.town, number)
    return {
        "organisation_id": organisation_id,
        "member_id": member_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "street": person.street,
        "postcode": person.postcode,
        "town": person.town,
        "birthday": person.birthday,
        "search_text": search_text(words, SEARCH_TEXT_MAX),
    }


def save(session: Session, organisation_id: str, member_id: str, number: str, person: Person) -> None:
    """Write one person, new or known."""
    session.merge(MemberPerson(**row_of(organisation_id, member_id, number, person)))
    session.flush()


def replace_many(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Write many persons (rows of `row_of`), in place of what is known of the same members."""
    keys = ["organisation_id", "member_id"]
    insert = upsert(session, MemberPerson)
    newest = {
        column.name: insert.excluded[column.name] for column in MemberPerson.__table__.columns if not column.primary_key
    }
    execute_many(session, insert.on_conflict_do_update(index_elements=keys, set_=newest), rows)


def load(session: Session, organisation_id: str, member_ids: Iterable[str]) -> Mapping[str, Person]:
    """Persons by member id; members without a person are missing."""
    ids = list(member_ids)
    found: dict[str, Person] = {}
    for start in range(0, len(ids), ROWS_PER_STATEMENT):
        rows = session.scalars(
            select(MemberPerson).where(
                MemberPerson.organisation_id == organisation_id,
                MemberPerson.member_id.in_(ids[start : start + ROWS_PER_STATEMENT]),
            )
        )
        found.update((row.member_id, _person(row)) for row in rows)
    return found


def load_all(session: Session, organisation_id: str) -> Mapping[str, Person]:
    """Every person of the organisation by member id; for imports, which compare with all of them."""
    rows = session.scalars(
        select(MemberPerson).where(MemberPerson.organisation_id == organisation_id).execution_options(yield_per=2_000)
    )
    return {row.member_id: _person(row) for row in rows}


def search(
    session: Session,
    organisation_id: str,
    query: str,
    *,
    group_id: str = "",
    after: Position | None = None,
    limit: int = 50,
) -> list[FoundMember]:
    """Members whose words begin with every word of the query, or whose card id contains it; by name, page by page."""
    person = MemberPerson
    statement = (
        select(Member, person)
        .join(person, and_(person.organisation_id == Member.organisation_id, person.member_id == Member.member_id))
        .where(Member.organisation_id == organisation_id, person.organisation_id == organisation_id)
        .order_by(person.last_name, person.first_name, person.member_id)
        .limit(limit)
    )
    patterns = search_patterns(query)
    if patterns:
        by_words = and_(*(person.search_text.like(pattern, escape="\\") for pattern in patterns))
        card_digits = _card_digits(query)
        by_card = Member.member_id.in_(
            select(Card.member_id).where(
                Card.organisation_id == organisation_id, Card.card_id.contains(card_digits, autoescape=True)
            )
        )
        statement = statement.where(or_(by_words, by_card) if len(card_digits) >= CARD_DIGITS_MIN else by_words)
    if group_id:
        statement = statement.where(
            Member.member_id.in_(
                select(MemberInGroup.member_id).where(
                    MemberInGroup.organisation_id == organisation_id, MemberInGroup.group_id == group_id
                )
            )
        )
    if after is not None:
        statement = statement.where(
            tuple_(person.last_name, person.first_name, person.member_id)
            > tuple_(after.last_name, after.first_name, after.member_id)
        )
    return [FoundMember(row[0].member_id, row[0].number, _person(row[1])) for row in session.execute(statement)]


def _card_digits(query: str) -> str:
    """What of a query may be a part of a card id: without the technology in front, and without separators."""
    head, colon, tail = query.partition(":")
    technology = head.strip().casefold() in UID_BYTES.keys() | NUMBERED
    return "".join(character for character in (tail if colon and technology else query).upper() if character.isalnum())


def count(session: Session, organisation_id: str) -> int:
    """How many members there are."""
    return session.scalar(select(func.count()).where(Member.organisation_id == organisation_id)) or 0


def _person(row: MemberPerson) -> Person:
    return Person(row.first_name, row.last_name, row.email, row.phone, row.street, row.postcode, row.town, row.birthday)
