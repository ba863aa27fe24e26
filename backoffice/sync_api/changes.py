"""The change feed: written by whoever changes what tills know, read by tills with a cursor that misses nothing.

Laws: a position is taken from the organisation's counter row by UPDATE … RETURNING inside the writer's transaction,
which holds that row until it commits; so positions become visible in order, and a reader that saw position n will
never find anything new at or below n. Only the newest state of a thing is kept: a till that was off for a month reads
each thing once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from backoffice.bulk import put, table_of, upsert
from backoffice.prepared import Prepared
from backoffice.sync_api.lives import present_life
from backoffice.sync_api.models import ChangeCounter, ChangeRow
from pos_engine.wire.sync import Change, ChangePage

ENTITIES: Final = frozenset(
    {
        *("member", "card", "coupon", "product", "offer_usage", "balance", "picture"),
        *("cashier", "counter_policy", "member_mark", "coupon_run"),
    }
)
"""What tills keep a replica of."""

PAGE_ROWS_MAX: Final = 1_000
"""Rows in one page of the feed; about 200 KB of members."""

_CHUNK_ROWS: Final = 5_000
"""Rows per statement, so that an import of a million members needs no million parameters in memory at once."""

_CHANGES, _COUNTERS = table_of(ChangeRow), table_of(ChangeCounter)
# Made once: every till asks every few seconds, and every receipt writes.
_HEAD: Final = Prepared(select(_COUNTERS.c.position).where(_COUNTERS.c.organisation_id == bindparam("organisation")))
_ADVANCE: Final = Prepared(
    update(_COUNTERS)
    .where(_COUNTERS.c.organisation_id == bindparam("organisation"))
    .values(position=_COUNTERS.c.position + bindparam("more"))
    .returning(_COUNTERS.c.position)
)
_PAGE: Final = Prepared(
    select(_CHANGES.c.position, _CHANGES.c.entity, _CHANGES.c.entity_id, _CHANGES.c.operation, _CHANGES.c.body)
    .where(_CHANGES.c.organisation_id == bindparam("organisation"), _CHANGES.c.position > bindparam("cursor"))
    .order_by(_CHANGES.c.position)
    .limit(bindparam("at_most"))
)

Operation = Literal["put", "delete"]


@dataclass(frozen=True)
class Entry:
    """One change to be recorded: the thing, and its new state as JSON (null when deleted)."""

    entity: str
    entity_id: str
    operation: Operation
    body: bytes = b"null"


def record_change(
    session: Session, organisation_id: str, entity: str, entity_id: str, operation: Operation, body: bytes
) -> int:
    """Tell the tills that one thing has a new state; returns its position. Belongs in the transaction that changed it.

    `body` is the JSON of MemberBody, CardBody, CouponBody, ProductBody, OfferUsageBody, BalanceBody, PictureBody,
    CashierBody, CounterPolicy, MemberMark or CouponRunBody, `b"null"` for a delete.
    """
    return record_changes(session, organisation_id, [Entry(entity, entity_id, operation, body)])


def record_changes(session: Session, organisation_id: str, entries: Sequence[Entry]) -> int:
    """The same for many things at once, without ORM objects; returns the new head of the feed.

    ValueError: an entity that tills do not know.
    """
    unknown = {entry.entity for entry in entries} - ENTITIES
    if unknown:
        raise ValueError(f"tills keep no {', '.join(sorted(unknown))}; they keep {', '.join(sorted(ENTITIES))}")
    newest = {(entry.entity, entry.entity_id): entry for entry in entries}
    head = _advance(session, organisation_id, len(newest))
    position = head - len(newest)
    remaining = iter(newest.values())
    while chunk := list(islice(remaining, _CHUNK_ROWS)):
        rows = [_row(organisation_id, position + n, entry) for n, entry in enumerate(chunk, start=1)]
        position += len(rows)
        put(session, ChangeRow, ("organisation_id", "entity", "entity_id"), rows)
    return head


def _row(organisation_id: str, position: int, entry: Entry) -> dict[str, Any]:
    return {
        "organisation_id": organisation_id,
        "entity": entry.entity,
        "entity_id": entry.entity_id,
        "position": position,
        "operation": entry.operation,
        "body": entry.body,
    }


def _advance(session: Session, organisation_id: str, count: int) -> int:
    """Take the next `count` positions; returns the last of them and keeps the counter's row locked until commit."""
    # A statement outside the ORM does not flush by itself; what the caller changed must reach the database first.
    session.flush()
    which = {"organisation": organisation_id, "more": count}
    head = _ADVANCE.value(session.connection(), **which)
    if head is None:
        first = upsert(session, ChangeCounter).values(organisation_id=organisation_id, position=0)
        session.execute(first.on_conflict_do_nothing(index_elements=["organisation_id"]))
        head = _ADVANCE.value(session.connection(), **which)
    return int(head)


def change_head(session: Session, organisation_id: str) -> int:
    """The position of the newest change; 0 when there is none."""
    return _HEAD.value(session.connection(), organisation=organisation_id) or 0


def change_page(session: Session, organisation_id: str, cursor: int, limit: int) -> ChangePage:
    """The rows after a cursor, in order; at most `limit`, itself at most PAGE_ROWS_MAX."""
    bounded = max(1, min(limit, PAGE_ROWS_MAX))
    rows = _PAGE.all(session.connection(), organisation=organisation_id, cursor=cursor, at_most=bounded + 1)
    page = rows[:bounded]
    return ChangePage(
        changes=tuple(
            Change(
                position=row.position,
                entity=row.entity,
                entity_id=row.entity_id,
                operation="delete" if row.operation == "delete" else "put",
                body=msgspec.Raw(row.body),
            )
            for row in page
        ),
        next_cursor=page[-1].position if page else cursor,
        more=len(rows) > bounded,
        office_life=present_life(session, organisation_id),
    )
