"""What a member used of offers with limits, moved to another: the limit of one member counts for both who became one.

Laws: uses in all stay with the tills that counted them; a member who is merged into another has no uses left, the other
has their sum in one part that belongs to no till, so that every till, the one that sold it too, takes it off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, select, update
from sqlalchemy.orm import Session

from backoffice.bulk import add_tuples, table_of
from backoffice.members.merge_record import Moved
from backoffice.sync_api.changes import Entry, record_changes
from backoffice.sync_api.counted_rights import tell_counted_uses
from backoffice.sync_api.models import CardRightUnits, OfferUsage, OfferUsageDay
from pos_engine.rights.ids import member_right, read_right
from pos_engine.wire.sync import DayUses, OfferUsageBody

MERGED: Final = "merged:"
"""Before the member whose uses or visits a part is, in place of a till."""

_USE_KEYS: Final = ("organisation_id", "workstation_id", "offer_id", "member_id")
_DAY_KEYS: Final = (*_USE_KEYS, "business_day")


def part_of(member_id: str) -> str:
    """What stands in place of a till for what a merged member brought along."""
    return f"{MERGED}{member_id}"[:64]


def move_uses(session: Session, organisation_id: str, source: str, target: str, moved: Moved) -> None:
    """Add the source's uses to the target's, here and on the tills; what was moved is kept in `moved`."""
    uses = _uses_of(session, organisation_id, source)
    days = _days_of(session, organisation_id, source, {row.offer_id for row in uses})
    moved.uses = [(row.offer_id, row.workstation_id, row.uses, row.discount_minor) for row in uses]
    moved.use_days = [(row.offer_id, row.workstation_id, row.business_day, row.uses) for row in days]
    _add(session, organisation_id, target, part_of(source), moved)
    _forget(session, organisation_id, source, {row.offer_id for row in uses})
    _tell(session, organisation_id, source, {(offer, till) for offer, till, *_ in moved.uses})
    _tell(session, organisation_id, target, {(offer, part_of(source)) for offer, *_ in moved.uses})
    moved.card_uses = _rename_card_uses(session, organisation_id, source, target)


def take_back_uses(session: Session, organisation_id: str, source: str, target: str, moved: Moved) -> None:
    """Undo `move_uses`: the target loses the source's part, and the source has its uses by till again."""
    part = part_of(source)
    _forget(session, organisation_id, target, {offer for offer, *_ in moved.uses}, part)
    for offer, till, uses, discount_minor in moved.uses:
        row = (organisation_id, till, offer, source, uses, discount_minor)
        add_tuples(session, OfferUsage, _USE_KEYS, ("uses", "discount_minor"), [row])
    for offer, till, day, uses in moved.use_days:
        add_tuples(session, OfferUsageDay, _DAY_KEYS, ("uses",), [(organisation_id, till, offer, source, day, uses)])
    _tell(session, organisation_id, source, {(offer, till) for offer, till, *_ in moved.uses})
    _tell(session, organisation_id, target, {(offer, part) for offer, *_ in moved.uses})
    _rename_card_uses(session, organisation_id, target, source, only={tuple(each) for each in moved.card_uses})


def _uses_of(session: Session, organisation_id: str, member_id: str) -> Sequence[Row[Any]]:
    uses = table_of(OfferUsage)
    which = (uses.c.organisation_id == organisation_id, uses.c.member_id == member_id)
    return session.execute(select(uses).where(*which)).all()


def _days_of(session: Session, organisation_id: str, member_id: str, offers: set[str]) -> Sequence[Row[Any]]:
    days = table_of(OfferUsageDay)
    which = (days.c.organisation_id == organisation_id, days.c.member_id == member_id)
    asked = select(days).where(*which, days.c.offer_id.in_(sorted(offers)), days.c.uses != 0)
    return session.execute(asked.order_by(days.c.business_day)).all()


def _add(session: Session, organisation_id: str, target: str, part: str, moved: Moved) -> None:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for offer, _till, uses, discount_minor in moved.uses:
        sums[offer][0] += uses
        sums[offer][1] += discount_minor
    by_day: dict[tuple[str, date], int] = defaultdict(int)
    for offer, _till, day, uses in moved.use_days:
        by_day[offer, day] += uses
    rows = [(organisation_id, part, offer, target, *both) for offer, both in sums.items()]
    add_tuples(session, OfferUsage, _USE_KEYS, ("uses", "discount_minor"), rows)
    of_days = [(organisation_id, part, offer, target, day, uses) for (offer, day), uses in by_day.items()]
    add_tuples(session, OfferUsageDay, _DAY_KEYS, ("uses",), of_days)


def _forget(session: Session, organisation_id: str, member_id: str, offers: set[str], part: str = "") -> None:
    """Delete a member's uses of some offers; `part`: only what stands under it."""
    for table in (OfferUsage, OfferUsageDay):
        which = [table.organisation_id == organisation_id, table.member_id == member_id]
        which += [table.offer_id.in_(sorted(offers)), *([table.workstation_id == part] if part else [])]
        session.execute(delete(table).where(*which).execution_options(synchronize_session=False))


def _tell(session: Session, organisation_id: str, member_id: str, touched: set[tuple[str, str]]) -> None:
    """What stands now of these offers and tills; a part that is no more is deleted on the tills too."""
    days: dict[tuple[str, str], list[DayUses]] = defaultdict(list)
    for of_day in _days_of(session, organisation_id, member_id, {offer for offer, _ in touched}):
        days[of_day.offer_id, of_day.workstation_id].append(DayUses(day=of_day.business_day, uses=of_day.uses))
    rows = {(row.offer_id, row.workstation_id): row for row in _uses_of(session, organisation_id, member_id)}
    entries = []
    for key in sorted(touched):
        offer, till = key
        row, name = rows.get(key), f"{till}:{offer}:{member_id}"
        if row is None:
            entries.append(Entry("offer_usage", name, "delete"))
            continue
        body = OfferUsageBody(
            offer_id=offer,
            member_id=member_id,
            workstation_id=till,
            uses=row.uses,
            discount_minor=row.discount_minor,
            days=tuple(days.get(key, ())),
        )
        entries.append(Entry("offer_usage", name, "put", msgspec.json.encode(body)))
    record_changes(session, organisation_id, entries)


def _rename_card_uses(
    session: Session, organisation_id: str, source: str, target: str, only: set[tuple[str, ...]] | None = None
) -> list[tuple[str, str, str]]:
    """Uses that a card may have written down become the other's; till, change and offer of each. `only`: just these."""
    found = session.execute(
        select(CardRightUnits.workstation_id, CardRightUnits.change_id, CardRightUnits.right_id).where(
            CardRightUnits.organisation_id == organisation_id,
            CardRightUnits.right_id.startswith("member|", autoescape=True),
            CardRightUnits.right_id.endswith(f"|{source}", autoescape=True),
        )
    ).all()
    renamed: list[tuple[str, str, str]] = []
    for row in found:
        name = read_right(row.right_id)
        if name is None or (only is not None and (row.workstation_id, row.change_id, name.subject_id) not in only):
            continue
        session.execute(
            update(CardRightUnits)
            .where(
                CardRightUnits.organisation_id == organisation_id,
                CardRightUnits.workstation_id == row.workstation_id,
                CardRightUnits.change_id == row.change_id,
                CardRightUnits.right_id == row.right_id,
            )
            .values(right_id=member_right(name.subject_id, target))
            .execution_options(synchronize_session=False)
        )
        renamed.append((row.workstation_id, row.change_id, name.subject_id))
    offers = sorted({offer for *_, offer in renamed})
    tell_counted_uses(session, organisation_id, [(offer, who) for offer in offers for who in (source, target)])
    return renamed
