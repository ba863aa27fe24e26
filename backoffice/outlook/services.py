"""Making the outlook anew in the night, and reading it: the model, its check, members by chance and by segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

import msgspec
import numpy as np
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import MemberDay
from backoffice.audiences.resolve import member_ids
from backoffice.audiences.segments import segments_of
from backoffice.audiences.tree import decode
from backoffice.audit.services import Doing
from backoffice.bulk import insert_tuples
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.measurement.outlook import Outlook, Part, Visits, outlook_of
from backoffice.members.models import Member
from backoffice.office import Office
from backoffice.outlook.models import MemberOutlook, VisitModel

BANDS_BP: Final = ((0, 2_000), (2_000, 5_000), (5_000, 8_000), (8_000, 10_001))
"""Chances to be a customer still, from … to less than …, in basis points."""
BP: Final = 10_000
VISITS_E2_MAX: Final = 1_000_000
ROWS_AT_ONCE: Final = 5_000
"""Members written in one transaction: some tenths of a second, so that tills need not wait."""

_Row = tuple[str, int, int]
"""A member's id, chance and visits as they are kept."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The model as it is kept: its four parameters (weeks), and its check. `holds` None: nothing to check it by yet."""

    r: float
    alpha: float
    a: float
    b: float
    members: int
    holds: bool | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Band:
    """Members with a chance in one range: how many, how many of them are still there, visits to be expected."""

    name: str
    members: int
    alive: float
    visits: float


def renew(office: Office, organisation_id: str, until: date) -> int:
    """Make the outlook from all days up to `until`; of how many members."""
    with office.database.read() as reader:
        ids, visits = _visits(reader, organisation_id, until)
    found = outlook_of(visits, until.toordinal())
    doing = Doing(organisation_id, "worker", office.clock, office.ids)
    if found is not None:
        alive = np.clip(np.rint(found.alive * BP), 0, BP).astype(int).tolist()
        expected = np.clip(np.rint(found.expected * 100), 0, VISITS_E2_MAX).astype(int).tolist()
        # By their places, which are in the database's own order of ids: it may not be Python's.
        rows = [(ids[at], *said) for at, *said in sorted(zip(found.known.tolist(), alive, expected, strict=True))]
        _write(office, organisation_id, rows)
    run_in_tx(office.database.write, lambda tx: _keep(tx, doing, until, found))
    return 0 if found is None else len(found.known)


def kept_model(session: Session, organisation_id: str) -> tuple[date, Kept] | None:
    """The last day that the model knows, and the model; None: there is none."""
    row = session.get(VisitModel, organisation_id)
    return (row.until, msgspec.json.decode(row.body, type=Kept)) if row else None


def bands_of(session: Session, organisation_id: str) -> Sequence[Band]:
    """All members who ever came, by their chance, the least likely first."""
    bands = []
    for low, high in BANDS_BP:
        row = session.execute(
            select(func.count(), func.sum(MemberOutlook.alive_bp), func.sum(MemberOutlook.visits_e2)).where(
                MemberOutlook.organisation_id == organisation_id,
                MemberOutlook.alive_bp >= low,
                MemberOutlook.alive_bp < high,
            )
        ).one()
        bands.append(Band(str(low), row[0], float(row[1] or 0) / BP, float(row[2] or 0) / 100))
    return bands


def segments_seen(session: Session, organisation_id: str, now: datetime) -> Sequence[Band]:
    """The same of each saved segment; one that cannot be asked is left out."""
    rows = session.execute(
        select(MemberOutlook.member_id, MemberOutlook.alive_bp, MemberOutlook.visits_e2).where(
            MemberOutlook.organisation_id == organisation_id
        )
    )
    known = {row[0]: (row[1], row[2]) for row in rows}
    bands = []
    for segment in segments_of(session, organisation_id):
        try:
            found = member_ids(session, organisation_id, decode(segment.tree), now)
        except InputError:
            continue
        seen = [known[each] for each in found if each in known]
        alive = sum(each[0] for each in seen) / BP
        bands.append(Band(segment.name, len(seen), alive, sum(each[1] for each in seen) / 100))
    return bands


def members_in(
    session: Session, organisation_id: str, band: int, after: tuple[int, str], limit: int
) -> Sequence[MemberOutlook]:
    """Members of one band, the least likely first; `after`: chance and id of the last one that was shown."""
    low, high = BANDS_BP[band]
    beyond = (MemberOutlook.alive_bp > after[0]) | (
        (MemberOutlook.alive_bp == after[0]) & (MemberOutlook.member_id > after[1])
    )
    return session.scalars(
        select(MemberOutlook)
        .where(MemberOutlook.organisation_id == organisation_id, MemberOutlook.alive_bp >= low)
        .where(MemberOutlook.alive_bp < high, beyond)
        .order_by(MemberOutlook.alive_bp, MemberOutlook.member_id)
        .limit(limit)
    ).all()


def last_visits(session: Session, organisation_id: str, ids: Sequence[str]) -> dict[str, date]:
    """When these members last came."""
    rows = session.execute(
        select(MemberDay.member_id, func.max(MemberDay.business_day))
        .where(MemberDay.organisation_id == organisation_id, MemberDay.member_id.in_(ids), MemberDay.visits > 0)
        .group_by(MemberDay.member_id)
    )
    return {row[0]: row[1] for row in rows}


def _visits(reader: Session, organisation_id: str, until: date) -> tuple[list[str], Visits]:
    """Every member's days with a visit, as numbers: of members who are there, in the order of their ids."""
    there = set(reader.scalars(select(Member.member_id).where(Member.organisation_id == organisation_id)))
    rows = reader.execute(
        select(MemberDay.member_id, MemberDay.business_day)
        .where(MemberDay.organisation_id == organisation_id, MemberDay.business_day <= until)
        .group_by(MemberDay.member_id, MemberDay.business_day)
        .having(func.sum(MemberDay.visits) > 0)
        .order_by(MemberDay.member_id)
    )
    ids: dict[str, int] = {}
    who, day = [], []
    for member_id, business_day in rows:
        if member_id in there:
            who.append(ids.setdefault(member_id, len(ids)))
            day.append(business_day.toordinal())
    return list(ids), Visits(np.array(who, np.int64), np.array(day, np.int64), len(ids))


def _write(office: Office, organisation_id: str, rows: Sequence[_Row]) -> None:
    """Put members' new outlook, in the database's order of their ids, in the place of the old one.

    In parts, each from one id to the next: a till that brings receipts waits for one part at most.
    """
    after = ""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[start : start + ROWS_AT_ONCE]
        last = part[-1][0] if start + ROWS_AT_ONCE < len(rows) else ""
        run_in_tx(office.database.write, partial(_write_part, own=organisation_id, part=part, after=after, last=last))
        after = last


def _write_part(session: Session, own: str, part: Sequence[_Row], after: str, last: str) -> None:
    """Everybody's beyond the id `after` up to `last`; an empty one: to the end."""
    old = delete(MemberOutlook).where(MemberOutlook.organisation_id == own, MemberOutlook.member_id > after)
    meant = select(Member.member_id).where(Member.organisation_id == own, Member.member_id > after)
    if last:
        old, meant = old.where(MemberOutlook.member_id <= last), meant.where(Member.member_id <= last)
    session.execute(old)
    there = set(session.scalars(meant))
    rows = ((own, *row) for row in part if row[0] in there)  # who was erased since the days were read is left out
    insert_tuples(session, MemberOutlook, ("organisation_id", "member_id", "alive_bp", "visits_e2"), rows)


def _keep(session: Session, doing: Doing, until: date, found: Outlook | None) -> None:
    """The model by which the outlook was made; nothing of both where nothing can be said."""
    organisation_id = doing.organisation_id
    session.execute(delete(VisitModel).where(VisitModel.organisation_id == organisation_id))
    if found is None:
        session.execute(delete(MemberOutlook).where(MemberOutlook.organisation_id == organisation_id))
        return
    model, check = found.model, found.check
    kept = Kept(
        r=model.r,
        alpha=model.alpha,
        a=model.a,
        b=model.b,
        members=len(found.known),
        holds=check.holds if check else None,
        parts=tuple(check.parts) if check else (),
    )
    body = msgspec.json.encode(kept).decode()
    session.add(VisitModel(organisation_id=organisation_id, until=until, made_at=doing.clock.now(), body=body))
    session.flush()
