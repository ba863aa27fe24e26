"""Writing down what happened, in the transaction in which it does: what is rolled back is never told.

Bodies name members by their ids alone. Where nobody listens, nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many
from backoffice.ids import UuidIds
from backoffice.prepared import Prepared
from backoffice.webhooks.kinds import EventKind, kinds_of
from backoffice.webhooks.models import WebhookDelivery, WebhookEvent, WebhookSubscription

ACTIVE: Final = "active"
_IDS: Final = UuidIds()
_LISTENING: Final = Prepared(
    select(WebhookSubscription.subscription_id, WebhookSubscription.events).where(
        WebhookSubscription.organisation_id == bindparam("organisation_id"), WebhookSubscription.state == ACTIVE
    )
)
"""Asked for each batch of receipts of a till."""


def happened(
    session: Session, organisation_id: str, kind: EventKind, things: Sequence[Mapping[str, Any]], at: datetime
) -> None:
    """One event for each thing, for everybody who listens to this kind."""
    if not things:
        return
    listening = [
        row.subscription_id
        for row in _LISTENING.all(session.connection(), organisation_id=organisation_id)
        if kind in kinds_of(row.events)
    ]
    if listening:
        write(session, organisation_id, kind, things, listening, at)


def write(
    session: Session,
    organisation_id: str,
    kind: str,
    things: Sequence[Mapping[str, Any]],
    subscription_ids: Sequence[str],
    at: datetime,
) -> None:
    """The rows of events and of their deliveries."""
    events = [
        {
            "organisation_id": organisation_id,
            "event_id": _IDS.new_id(),
            "kind": str(kind),
            "body": msgspec.json.encode({"type": str(kind), "timestamp": at, "data": thing}),
            "at": at,
        }
        for thing in things
    ]
    deliveries = [
        {
            "organisation_id": organisation_id,
            "subscription_id": subscription_id,
            "event_id": event["event_id"],
            "state": "waiting",
            "attempts": 0,
            "next_at": at,
            "status": 0,
            "problem": "",
            "done_at": None,
        }
        for event in events
        for subscription_id in subscription_ids
    ]
    session.flush()
    execute_many(session, insert(WebhookEvent), events)
    execute_many(session, insert(WebhookDelivery), deliveries)
