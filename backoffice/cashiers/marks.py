"""Marks of members' phone numbers and number plates for the tills, where the shop lets members be found by them.

A mark is keyed with a key of the organisation's own, which tills have too; the number itself never leaves this house.
Who steals a till and its key can try all numbers of a country against its marks: that is why a shop has to want it, and
why tills keep their files encrypted (decision 46).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from pos_engine.wire.cashiers import PLATES_MAX, MemberMark, phone_mark, plate_mark

CHUNK: Final = 500


def mark_entries(
    session: Session, organisation_id: str, member_ids: Sequence[str], persons: Mapping[str, Person]
) -> list[Entry]:
    """By which marks these members are found now; nothing where the shop does not want it."""
    row = session.get(CounterPolicyRow, organisation_id)
    if row is None or not row.find_by_phone:
        return []
    key = vault_of(session).till_lookup_key(organisation_id)
    return [_entry(key, member_id, persons.get(member_id)) for member_id in member_ids]


def tell_marks_of_all(session: Session, organisation_id: str, *, wanted: bool) -> None:
    """The shop changed its mind: give every member's mark, or take all back."""
    key = vault_of(session).till_lookup_key(organisation_id) if wanted else ""
    ids = session.scalars(select(Member.member_id).where(Member.organisation_id == organisation_id)).all()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        persons = personal.load(session, organisation_id, chunk) if wanted else {}
        entries = [_entry(key, member_id, persons.get(member_id)) for member_id in chunk]
        record_changes(session, organisation_id, entries)


def _entry(key: str, member_id: str, person: Person | None) -> Entry:
    """One entity for each member: numbers that changed take the place of the old ones."""
    mark = "" if person is None else phone_mark(key, person.phone)
    said = () if person is None else person.plates[:PLATES_MAX]  # two members who became one may have more together
    plates = tuple(plate_mark(key, plate_said(each)) for each in said)
    if not mark and not plates:
        return Entry("member_mark", member_id, "delete")
    body = MemberMark(mark=mark, member_id=member_id, plates=plates)
    return Entry("member_mark", member_id, "put", msgspec.json.encode(body))
