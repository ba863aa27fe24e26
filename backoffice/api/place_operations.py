"""Stores and their tills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from backoffice.api import documents as d
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.place_documents import Store, Till
from backoffice.api.scopes import Scope
from backoffice.organisations.services import stores_of
from backoffice.sync_api.tills import till_states

Item = TypeVar("Item", Store, Till)


def list_stores(session: Session, call: Call) -> d.Page[Store]:
    """Every store, by id."""
    known = sorted(stores_of(session, call.organisation_id), key=lambda each: each.store_id)
    stores = [Store(store_id=each.store_id, name=each.name, zone=each.zone) for each in known]
    shown, more = _part(stores, [each.store_id for each in stores], call.query)
    return d.Page[Store](items=shown, next_cursor=more)


def list_tills(session: Session, call: Call) -> d.Page[Till]:
    """Every till with how it was when it asked last, by id."""
    known = sorted(till_states(session, call.organisation_id), key=lambda each: each.workstation_id)
    tills = [
        Till(
            workstation_id=each.workstation_id,
            name=each.name,
            store_id=each.store_id,
            state=each.state,
            last_seen_at=each.last_seen_at,
            newest_set_version=each.newest_set_version,
            received_set_version=each.received_set_version,
            active_set_version=each.active_set_version,
            waiting_receipts=each.outbox_count,
            clock_offset_ms=each.clock_offset_ms,
            devices=dict(each.devices),
            inactive_campaigns=dict(each.inactive_campaigns),
            alarms=dict(each.alarms),
        )
        for each in known
    ]
    shown, more = _part(tills, [each.workstation_id for each in tills], call.query)
    return d.Page[Till](items=shown, next_cursor=more)


def _part(all_of_them: Sequence[Item], ids: Sequence[str], query: d.PageQuery) -> tuple[tuple[Item, ...], str | None]:
    """The part of a short list that a query asks for, by id, and the cursor of what follows."""
    after = key_of(query.cursor, 1)
    first = sum(1 for each in ids if each <= after[0]) if after else 0
    last = first + query.limit
    return tuple(all_of_them[first:last]), cursor_of(ids[last - 1]) if last < len(ids) else None


OPERATIONS: Final = (
    Operation(
        "listStores", "GET", "/stores", "Stores", Scope.STORES_READ, list_stores, d.Page[Store], query=d.PageQuery
    ),
    Operation(
        "listTills", "GET", "/tills", "Tills and how they are", Scope.STORES_READ, list_tills, d.Page[Till],
        query=d.PageQuery,
    ),
)  # fmt: skip
