"""Finding members: by the beginnings of words, the member number, or a part of a card id.

The database narrows by keyed marks of three, five or eight letters; what it offers is opened, newest first, and
compared with the whole words of the query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_, select, union
from sqlalchemy.orm import Session

from backoffice.members import personal
from backoffice.members.card_ids import NUMBERED, UID_BYTES
from backoffice.members.models import Card, Member, MemberInGroup, MemberKey, MemberPerson, MemberWord
from backoffice.members.personal import Person
from backoffice.members.words import beginning_to_look_for, matches, query_words, words_of
from backoffice.vault import Vault, vault_of

CARD_DIGITS_MIN: Final = 6
"""Fewer characters are not taken for a part of a card id."""
OPENED_AT_ONCE: Final = 1_000
OPENED_MAX: Final = 20_000
"""Persons opened for one search, some tenths of a second; who is not among them needs a longer word."""
FOUND_MAX: Final = 500
BY_NAME_MAX: Final = 2_000
"""A list without a query is in the order of names up to so many members, newest first beyond."""
_LAST_CHARACTER: Final = "\U0010ffff"


@dataclass(frozen=True)
class FoundMember:
    """A row of the member list."""

    member_id: str
    number: str
    person: Person


def search(
    session: Session, organisation_id: str, query: str, *, group_id: str = "", after: str = "", limit: int = 50
) -> list[FoundMember]:
    """One page of the members that match every word of the query, by name; `after`: the last id of the page before."""
    words = query_words(query)
    if not words and _more_than(session, organisation_id, group_id, BY_NAME_MAX):
        return _newest_first(session, organisation_id, words, group_id, after, limit)
    found = {row.member_id: row for row in _by_card(session, organisation_id, query, group_id, _begins)}
    most = FOUND_MAX if words else BY_NAME_MAX
    looked, before = 0, ""
    while looked < OPENED_MAX and len(found) < most:
        chunk = _newest_first(session, organisation_id, words, group_id, before, OPENED_AT_ONCE)
        found |= {row.member_id: row for row in chunk if _matches(row, words)}
        looked += len(chunk)
        if len(chunk) < OPENED_AT_ONCE:
            break
        before = chunk[-1].member_id
    if words and not found:
        found = {row.member_id: row for row in _by_card(session, organisation_id, query, group_id)}
    rows = sorted(found.values(), key=lambda row: (row.person.last_name, row.person.first_name, row.member_id))
    start = next((place + 1 for place, row in enumerate(rows) if row.member_id == after), 0)
    return rows[start : start + limit]


def page_of_all(
    session: Session, organisation_id: str, query: str, group_id: str, before: str, limit: int
) -> tuple[list[FoundMember], str]:
    """The matching ones of the next so many members, newest first, and where to go on; empty at the end."""
    words = query_words(query)
    by_card = {row.member_id: row for row in _by_card(session, organisation_id, query, group_id)}
    chunk = _newest_first(session, organisation_id, words, group_id, before, limit)
    rows = [row for row in chunk if row.member_id not in by_card and _matches(row, words)]
    first = [] if before else list(by_card.values())
    return first + rows, chunk[-1].member_id if len(chunk) == limit else ""


def _matches(row: FoundMember, words: Sequence[str]) -> bool:
    return matches((*row.person.words, *words_of([row.number])), words)


def _newest_first(
    session: Session, organisation_id: str, words: Sequence[str], group_id: str, before: str, limit: int
) -> list[FoundMember]:
    """Members that may match, newest first: ids of members are in the order of time."""
    ids = select(Member.member_id).where(Member.organisation_id == organisation_id)
    vault = vault_of(session)
    for place, word in enumerate(
        sorted((each for each in words if beginning_to_look_for(each)), key=len, reverse=True)
    ):
        mark = vault.mark(organisation_id, beginning_to_look_for(word))
        ids = ids.where(_carries(organisation_id, mark, word) if place else _is_among(organisation_id, mark, word))
    ids = _in_group(ids, organisation_id, group_id)
    if before:
        ids = ids.where(Member.member_id < before)
    return _opened(session, vault, organisation_id, ids.order_by(Member.member_id.desc()).limit(limit))


def _is_among(organisation_id: str, mark: int, word: str) -> Any:  # noqa: ANN401 - a condition
    """The rarest word: its members are taken from the marks, and from the numbers that begin so."""
    by_mark = select(MemberWord.member_id).where(MemberWord.organisation_id == organisation_id, MemberWord.mark == mark)
    # One question for each spelling: for two in one, SQLite looks at every number there is.
    by_number = (
        select(Member.member_id).where(Member.organisation_id == organisation_id, begins)
        for begins in _number_begins(word)
    )
    return Member.member_id.in_(union(by_mark, *by_number))


def _carries(organisation_id: str, mark: int, word: str) -> Any:  # noqa: ANN401 - a condition
    """A further word: looked up for each member that the rarest one left."""
    marked = exists().where(
        MemberWord.organisation_id == organisation_id,
        MemberWord.mark == mark,
        MemberWord.member_id == Member.member_id,
    )
    return or_(marked, *_number_begins(word))


def _number_begins(word: str) -> list[Any]:
    """Conditions. Numbers are compared as they are written, in small and in capital letters: that uses their index."""
    spellings = dict.fromkeys((word, word.upper()))
    return [and_(Member.number >= each, Member.number < each + _LAST_CHARACTER) for each in spellings]


def _begins(part: str) -> list[ColumnElement[bool]]:
    """Cards of any technology whose id begins so; by the index, however many cards there are."""
    beginnings = (f"{technology}:{part}" for technology in sorted(UID_BYTES.keys() | NUMBERED))
    return [and_(Card.card_id >= each, Card.card_id < each + _LAST_CHARACTER) for each in beginnings]


def _contains(part: str) -> list[ColumnElement[bool]]:
    """Cards with this anywhere in their id: every card is looked at."""
    return [Card.card_id.contains(part, autoescape=True)]


def _by_card(
    session: Session,
    organisation_id: str,
    query: str,
    group_id: str,
    conditions: Callable[[str], list[ColumnElement[bool]]] = _contains,
) -> list[FoundMember]:
    parts = _card_parts(query)
    if not parts:
        return []
    # One question for each, as for numbers.
    owners = union(
        *(
            select(Card.member_id).where(Card.organisation_id == organisation_id, condition)
            for part in parts
            for condition in conditions(part)
        )
    )
    ids = select(Member.member_id).where(Member.organisation_id == organisation_id, Member.member_id.in_(owners))
    ids = _in_group(ids, organisation_id, group_id).order_by(Member.member_id.desc()).limit(FOUND_MAX)
    return _opened(session, vault_of(session), organisation_id, ids)


def _in_group(ids: Any, organisation_id: str, group_id: str) -> Any:  # noqa: ANN401 - a select of one column
    if not group_id:
        return ids
    members = select(MemberInGroup.member_id).where(
        MemberInGroup.organisation_id == organisation_id, MemberInGroup.group_id == group_id
    )
    return ids.where(Member.member_id.in_(members))


def _more_than(session: Session, organisation_id: str, group_id: str, most: int) -> bool:
    ids = _in_group(
        select(Member.member_id).where(Member.organisation_id == organisation_id), organisation_id, group_id
    )
    return len(session.execute(ids.limit(most + 1)).all()) > most


def _opened(session: Session, vault: Vault, organisation_id: str, ids: Any) -> list[FoundMember]:  # noqa: ANN401
    """These members in the clear, in the order of the ids."""
    # First the ids, then who they are: in one question, SQLite goes over all members for each of the chosen ones.
    chosen = session.scalars(ids).all()
    rows = session.execute(
        select(Member.member_id, Member.number, MemberKey.wrapped, MemberPerson.sealed)
        .outerjoin(
            MemberKey,
            and_(MemberKey.organisation_id == Member.organisation_id, MemberKey.member_id == Member.member_id),
        )
        .outerjoin(
            MemberPerson,
            and_(MemberPerson.organisation_id == Member.organisation_id, MemberPerson.member_id == Member.member_id),
        )
        .where(Member.organisation_id == organisation_id, Member.member_id.in_(chosen))
        .order_by(Member.member_id.desc())
    )
    return [
        FoundMember(
            member_id,
            number,
            personal.opened(vault, organisation_id, member_id, wrapped, sealed) if wrapped and sealed else Person(),
        )
        for member_id, number, wrapped, sealed in rows
    ]


def _card_parts(query: str) -> list[str]:
    """What of a query may be a part of a card id: without the technology in front, and without separators.

    Also as it was typed: numbers on barcodes and stripes have dashes, dots and small letters of their own.
    """
    head, colon, tail = query.partition(":")
    technology = head.strip().casefold() in UID_BYTES.keys() | NUMBERED
    typed = (tail if colon and technology else query).strip()
    digits = "".join(character for character in typed.upper() if character.isalnum())
    numbered = any(character.isdigit() for character in digits)
    return list(dict.fromkeys((digits, typed))) if numbered and len(digits) >= CARD_DIGITS_MIN else []
