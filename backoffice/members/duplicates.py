"""Members who may be one person: the search, which the worker does, and what it found.

Two members are a pair when their e-mail address or phone number is the same (by its keyed mark), or when their names
are nearly the same and their birthday or postcode is. Only those who share something are compared, a group at a time,
so that a million members need no million times a million comparisons.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from rapidfuzz import fuzz
from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backoffice.audit.services import Doing
from backoffice.bulk import put, streamed
from backoffice.clock import Clock
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members import personal
from backoffice.members.models import DistinctPair, DuplicatePair, Member, MemberTrait
from backoffice.members.personal import Person
from backoffice.office import Office
from backoffice.text import folded
from backoffice.worker.services import Claim, plan

JOB_KIND: Final = "duplicates"
SHARED_MAX: Final = 50
"""An address that more members share is the shop's own, or a family's or firm's: it says nothing of who they are."""
GROUP_MAX: Final = 200
"""Of those who share a birthday or postcode so many are all compared; of more, each with its neighbours by name."""
NEIGHBOURS: Final = 12
OPENED_AT_ONCE: Final = 5_000
PAIRS_MAX: Final = 20_000
"""Pairs that are kept of one search; nobody looks at more."""
NAMES_ALIKE: Final[Mapping[str, int]] = {"birthday": 82, "postcode": 90}
"""From which likeness of names (0 to 100) on a shared birthday, or postcode, makes a pair."""
WEIGHTS: Final[Mapping[str, int]] = {"email": 30, "phone": 30, "birthday": 25, "postcode": 10}
"""What a shared thing adds to half of the likeness of the names."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """A pair as the page shows it. `reasons`: email, phone, birthday, postcode, name."""

    member_a: str
    member_b: str
    reasons: tuple[str, ...]
    score: int


def plan_search(session: Session, doing: Doing) -> bool:
    """Plan a search; False when one is planned for this moment already."""
    now = doing.clock.now()
    return plan(session, doing.ids, doing.organisation_id, JOB_KIND, f"{now:%Y-%m-%dT%H:%M:%S}", now)


def run_search(office: Office, claimed: Claim) -> str:
    """The worker's part: search, and put what is found in place of what was."""
    with office.database.read() as reader:
        pairs = search(reader, claimed.organisation_id)
    run_in_tx(office.database.write, lambda tx: _keep(tx, office.clock, claimed.organisation_id, pairs))
    return _("%(count)s pairs", count=len(pairs))


def search(session: Session, organisation_id: str) -> list[Found]:
    """All pairs, the most alike first, without those of whom somebody said that they are two."""
    shared: dict[Pair, set[str]] = defaultdict(set)
    for pair in _sharing(session, organisation_id, MemberTrait.email_mark):
        shared[pair].add("email")
    for column in (MemberTrait.phone_mark, MemberTrait.sms_mark):
        for pair in _sharing(session, organisation_id, column):
            shared[pair].add("phone")
    for reason, column in (("birthday", MemberTrait.birthday_mark), ("postcode", MemberTrait.postcode_mark)):
        for pair in _alike(session, organisation_id, reason, column):
            shared[pair].add(reason)
    for pair in _said_to_be_two(session, organisation_id):
        shared.pop(pair, None)
    return _scored(session, organisation_id, shared)


def _sharing(session: Session, organisation_id: str, column: InstrumentedAttribute[int | None]) -> Iterator[Pair]:
    """Pairs whose mark is the same, in groups that are not too large to say anything."""
    common = (
        select(column)
        .where(MemberTrait.organisation_id == organisation_id, column.is_not(None))
        .group_by(column)
        .having(func.count().between(2, SHARED_MAX))
    )
    rows = streamed(
        session,
        select(column, MemberTrait.member_id)
        .where(MemberTrait.organisation_id == organisation_id, column.in_(common))
        .order_by(column, MemberTrait.member_id),
        2_000,
    )
    for members in _groups(rows):
        yield from combinations(members, 2)


def _alike(
    session: Session, organisation_id: str, reason: str, column: InstrumentedAttribute[int | None]
) -> Iterator[Pair]:
    """Pairs with nearly the same name among those whose mark is the same."""
    rows = streamed(
        session,
        select(column, MemberTrait.member_id)
        .where(MemberTrait.organisation_id == organisation_id, column.is_not(None))
        .order_by(column, MemberTrait.member_id),
        2_000,
    )
    for chunk in _together(_groups(rows), OPENED_AT_ONCE):
        ids = [member_id for members in chunk for member_id in members]
        persons = personal.load(session, organisation_id, ids)
        names = {member_id: name_of(person) for member_id, person in persons.items()}
        for members in chunk:
            named = [each for each in members if names.get(each)]
            days = _by_day(named, persons) if reason == "birthday" else [named]
            for same in days:
                yield from _near(same, names, NAMES_ALIKE[reason])


def _by_day(members: Sequence[str], persons: Mapping[str, Person]) -> list[list[str]]:
    """The mark of a birthday is that of its day and month; here the year counts too."""
    days: dict[object, list[str]] = defaultdict(list)
    for member_id in members:
        days[persons[member_id].birthday].append(member_id)
    return list(days.values())


def _near(members: Sequence[str], names: Mapping[str, str], least: int) -> Iterator[Pair]:
    if len(members) <= GROUP_MAX:
        candidates: Iterator[Pair] = combinations(members, 2)
    else:
        ordered = sorted(members, key=lambda each: (names[each], each))
        candidates = (
            (one, other) for place, one in enumerate(ordered) for other in ordered[place + 1 : place + 1 + NEIGHBOURS]
        )
    for one, other in candidates:
        if fuzz.ratio(names[one], names[other], score_cutoff=least):
            yield (one, other) if one < other else (other, one)


def name_of(person: Person) -> str:
    """A name as it is compared: without case, accents and marks, its words in the order of the alphabet."""
    words = "".join(each if each.isalnum() else " " for each in folded(person.full_name)).split()
    return " ".join(sorted(words))


def _groups(rows: Iterable[Any]) -> Iterator[list[str]]:
    """Members with the same mark together, out of rows in the order of marks."""
    mark: object = None
    members: list[str] = []
    for row in rows:
        if row[0] != mark:
            if len(members) > 1:
                yield members
            mark, members = row[0], []
        members.append(row[1])
    if len(members) > 1:
        yield members


def _together(groups: Iterator[list[str]], size: int) -> Iterator[list[list[str]]]:
    """Groups until they have so many members, and then again."""
    chunk: list[list[str]] = []
    for members in groups:
        chunk.append(members)
        if sum(map(len, chunk)) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _scored(session: Session, organisation_id: str, shared: Mapping[Pair, set[str]]) -> list[Found]:
    found: list[Found] = []
    pairs = sorted(shared)
    for start in range(0, len(pairs), OPENED_AT_ONCE):
        chunk = pairs[start : start + OPENED_AT_ONCE]
        persons = personal.load(session, organisation_id, {each for pair in chunk for each in pair})
        for pair in chunk:
            one, other = (persons.get(each, Person()) for each in pair)
            likeness = fuzz.ratio(name_of(one), name_of(other)) if one.full_name and other.full_name else 50.0
            alike = {"name"} if likeness >= NAMES_ALIKE["birthday"] and one.full_name else set()
            score = likeness / 2 + sum(WEIGHTS[each] for each in shared[pair])
            found.append(Found(*pair, tuple(sorted(shared[pair] | alike)), min(100, round(score))))
    return sorted(found, key=lambda each: (-each.score, each.member_a, each.member_b))[:PAIRS_MAX]


def _keep(session: Session, clock: Clock, organisation_id: str, pairs: Sequence[Found]) -> None:
    """Members who were taken away meanwhile, and pairs that were decided meanwhile, are left out."""
    session.execute(delete(DuplicatePair).where(DuplicatePair.organisation_id == organisation_id))
    decided = set(_said_to_be_two(session, organisation_id))
    ids = {each for pair in pairs for each in (pair.member_a, pair.member_b)}
    there = set(personal.load(session, organisation_id, ids))
    now = clock.now()
    rows = [
        {
            "organisation_id": organisation_id,
            "member_a": pair.member_a,
            "member_b": pair.member_b,
            "reasons": ",".join(pair.reasons),
            "score": pair.score,
            "found_at": now,
        }
        for pair in pairs
        if (pair.member_a, pair.member_b) not in decided and {pair.member_a, pair.member_b} <= there
    ]
    put(session, DuplicatePair, ("organisation_id", "member_a", "member_b"), rows)


def _said_to_be_two(session: Session, organisation_id: str) -> list[Pair]:
    rows = session.execute(
        select(DistinctPair.member_a, DistinctPair.member_b).where(DistinctPair.organisation_id == organisation_id)
    )
    return [(row.member_a, row.member_b) for row in rows]


def pairs_of(session: Session, organisation_id: str, skip: int, limit: int) -> Sequence[DuplicatePair]:
    """What the last search found, the most alike first."""
    return session.scalars(
        select(DuplicatePair)
        .where(DuplicatePair.organisation_id == organisation_id)
        .order_by(DuplicatePair.score.desc(), DuplicatePair.member_a, DuplicatePair.member_b)
        .offset(skip)
        .limit(limit)
    ).all()


def count_pairs(session: Session, organisation_id: str) -> int:
    """How many pairs wait for a decision."""
    return session.scalar(select(func.count()).where(DuplicatePair.organisation_id == organisation_id)) or 0


def say_two(session: Session, doing: Doing, one: str, other: str) -> None:
    """Remember that these are not the same person. InputError: one of them is not there."""
    first, second = sorted((one, other))
    for member_id in (first, second):
        if first == second or session.get(Member, (doing.organisation_id, member_id)) is None:
            raise InputError(_("this member is no longer there"))
    row = {
        "organisation_id": doing.organisation_id,
        "member_a": first,
        "member_b": second,
        "said_by": doing.actor,
        "said_at": doing.clock.now(),
    }
    put(session, DistinctPair, ("organisation_id", "member_a", "member_b"), [row])
    _drop(session, DuplicatePair, doing.organisation_id, first, second)
    doing.note(session, "not_the_same", "member", first, second)


def take_back(session: Session, doing: Doing, one: str, other: str) -> None:
    """Forget that somebody said so; the next search finds the pair again, and until then it is shown again."""
    first, second = sorted((one, other))
    if session.get(DistinctPair, (doing.organisation_id, first, second)) is None:
        return
    _drop(session, DistinctPair, doing.organisation_id, first, second)
    doing.note(session, "not_the_same_taken_back", "member", first, second)
    plan_search(session, doing)


def forget_pairs(session: Session, organisation_id: str, member_id: str) -> None:
    """Take a member's pairs off the list: it went into another one."""
    session.execute(
        delete(DuplicatePair).where(
            DuplicatePair.organisation_id == organisation_id,
            or_(DuplicatePair.member_a == member_id, DuplicatePair.member_b == member_id),
        )
    )


def _drop(
    session: Session, table: type[DuplicatePair | DistinctPair], organisation_id: str, first: str, second: str
) -> None:
    session.execute(
        delete(table).where(
            and_(table.organisation_id == organisation_id, table.member_a == first, table.member_b == second)
        )
    )
