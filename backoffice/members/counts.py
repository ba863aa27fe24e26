"""How many members there are, in all and in each group: kept with every change, so that no page counts a million.

Law: whoever adds or takes away members, or puts them into groups and out, says so here in the same transaction. The
night compares what is kept with what is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backoffice.bulk import add_tuples, insert_tuples
from backoffice.db import Database, run_in_tx
from backoffice.i18n import ngettext
from backoffice.members.models import Member, MemberCount, MemberInGroup

ALL: Final = ""
"""In the place of a group: all members."""


def change(session: Session, organisation_id: str, changes: Mapping[str, int]) -> None:
    """So many more, or less, by group; `ALL` for all."""
    rows = [(organisation_id, group_id, by) for group_id, by in sorted(changes.items()) if by]
    add_tuples(session, MemberCount, ("organisation_id", "group_id"), ("members",), rows)


def joined(session: Session, organisation_id: str, members: int) -> None:
    """So many members more; less, where it is negative."""
    change(session, organisation_id, {ALL: members})


def regrouped(session: Session, organisation_id: str, before: Iterable[str], now: Iterable[str]) -> None:
    """Memberships that were, and those that are in their place: a group's id for each of them."""
    changes = Counter(now)
    changes.subtract(Counter(before))
    change(session, organisation_id, changes)


def in_all(session: Session, organisation_id: str) -> int:
    """How many members there are."""
    own = select(MemberCount.members).where(MemberCount.organisation_id == organisation_id)
    return session.scalar(own.where(MemberCount.group_id == ALL)) or 0


def by_group(session: Session, organisation_id: str) -> Mapping[str, int]:
    """How many members each group has; empty groups are missing."""
    return {group_id: members for group_id, members in kept(session, organisation_id).items() if group_id != ALL}


def compare(database: Database, organisation_id: str) -> list[str]:
    """Count all members; where what is kept differs it is put right, and one line says so."""
    with database.read() as reader:
        wrong = kept(reader, organisation_id) != counted(reader, organisation_id)
    if not wrong:
        return []
    places = run_in_tx(database.write, lambda tx: put_right(tx, organisation_id))
    said = ngettext(
        "THE NUMBER OF MEMBERS WAS WRONG in %(num)s place and was counted anew.",
        "THE NUMBER OF MEMBERS WAS WRONG in %(num)s places and was counted anew.",
        places,
    )
    return [said] if places else []


def put_right(session: Session, organisation_id: str) -> int:
    """Keep what is there; in how many places it was wrong."""
    before, right = kept(session, organisation_id), counted(session, organisation_id)
    session.execute(delete(MemberCount).where(MemberCount.organisation_id == organisation_id))
    rows = ((organisation_id, group_id, members) for group_id, members in sorted(right.items()))
    insert_tuples(session, MemberCount, ("organisation_id", "group_id", "members"), rows)
    return sum(before.get(place, 0) != right.get(place, 0) for place in {*before, *right})


def counted(session: Session, organisation_id: str) -> Mapping[str, int]:
    """The same as it is kept, counted row by row: takes a second or two with a million members."""
    groups = session.execute(
        select(MemberInGroup.group_id, func.count())
        .where(MemberInGroup.organisation_id == organisation_id)
        .group_by(MemberInGroup.group_id)
    )
    members = session.scalar(select(func.count()).where(Member.organisation_id == organisation_id)) or 0
    found = {ALL: members, **{str(group_id): count for group_id, count in groups}}
    return {place: count for place, count in found.items() if count}


def kept(session: Session, organisation_id: str) -> Mapping[str, int]:
    """All numbers that are kept and not zero."""
    rows = session.execute(
        select(MemberCount.group_id, MemberCount.members).where(
            MemberCount.organisation_id == organisation_id, MemberCount.members != 0
        )
    )
    return {row.group_id: row.members for row in rows}
