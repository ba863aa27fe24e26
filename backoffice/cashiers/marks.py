"""Marks of members' phone numbers and number plates for the tills, where the shop lets members be found by them.

A mark is keyed with a key of the organisation's own, which tills have too; the number itself never leaves this house.
Who steals a till and its key can try all numbers of a country against its marks: that is why a shop has to want it, and
why tills keep their files encrypted (decision 46).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.cashiers.models import CounterPolicyRow
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.members.plates import plate_said
from backoffice.sync_api.changes import Entry, record_changes
from backoffice.vault import vault_of
from backoffice.workshop.owners import plates_of
from pos_engine.wire.cashiers import PLATES_MAX, MemberMark, phone_mark, plate_mark

CHUNK: Final = 500


def mark_entries(
    session: Session, organisation_id: str, member_ids: Sequence[str], persons: Mapping[str, Person]
) -> list[Entry]:
    """By which marks these members are found now; nothing where the shop does not want it."""
    row = session.get(CounterPolicyRow, organisation_id)
    if row is None or not row.find_by_phone:
        return []
    return _entries(session, organisation_id, member_ids, persons)


def tell_marks(session: Session, organisation_id: str, member_ids: Collection[str]) -> None:
    """Their vehicles have other plates, or are others: tell the tills, where the shop wants it."""
    ids = sorted(member_ids)
    row = session.get(CounterPolicyRow, organisation_id) if ids else None
    if row is None or not row.find_by_phone:
        return
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        persons = personal.load(session, organisation_id, chunk)
        record_changes(session, organisation_id, _entries(session, organisation_id, chunk, persons))


def _entries(
    session: Session, organisation_id: str, member_ids: Sequence[str], persons: Mapping[str, Person]
) -> list[Entry]:
    key = vault_of(session).till_lookup_key(organisation_id)
    driven = plates_of(session, organisation_id, [each for each in member_ids if each in persons])
    return [_entry(key, each, persons.get(each), driven.get(each, ())) for each in member_ids]


def tell_marks_of_all(session: Session, organisation_id: str, *, wanted: bool) -> None:
    """The shop changed its mind: give every member's mark, or take all back."""
    ids = session.scalars(select(Member.member_id).where(Member.organisation_id == organisation_id)).all()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        persons = personal.load(session, organisation_id, chunk) if wanted else {}
        record_changes(session, organisation_id, _entries(session, organisation_id, chunk, persons))


def _entry(key: str, member_id: str, person: Person | None, driven: Sequence[str]) -> Entry:
    """One entity for each member: numbers that changed take the place of the old ones. `driven`: vehicles' plates."""
    mark = "" if person is None else phone_mark(key, person.phone)
    said = () if person is None else (*map(plate_said, person.plates), *driven)
    marks = dict.fromkeys(plate_mark(key, each) for each in said)
    plates = tuple(filter(None, marks))[:PLATES_MAX]  # a fleet has more, and is found by its first ones
    if not mark and not plates:
        return Entry("member_mark", member_id, "delete")
    body = MemberMark(mark=mark, member_id=member_id, plates=plates)
    return Entry("member_mark", member_id, "put", msgspec.json.encode(body))
