"""The worker's part: deliveries that are due are claimed one by one, sent, and tried again later when they fail.

Laws: a claim is one UPDATE that only one worker wins; a delivery whose worker died is sent again (receivers know a
repeated one by its `webhook-id`); a receiver that fails keeps no other waiting, and is stopped after STOP_AFTER.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.office import Office
from backoffice.vault import vault_of
from backoffice.webhooks.client import Trip, deliver
from backoffice.webhooks.kinds import TripProblem
from backoffice.webhooks.models import WebhookDelivery, WebhookEvent, WebhookSubscription
from backoffice.webhooks.outbox import ACTIVE
from backoffice.webhooks.services import FAILED_TOO_LONG, secret_of, stop
from backoffice.webhooks.signing import headers_of

CLAIM_LIFE: Final = timedelta(minutes=2)
"""Longer than any trip."""
PER_ROUND_MAX: Final = 100
WAITS: Final = tuple(timedelta(seconds=each) for each in (5, 60, 600, 3_600, 10_800, 21_600, 43_200))
"""Before each next try; the last one again and again."""
STOP_AFTER: Final = timedelta(days=5)
BY_WORKER: Final = "worker"


@dataclass(frozen=True)
class Due:
    """A delivery that this worker has claimed."""

    organisation_id: str
    subscription_id: str
    event_id: str
    attempt: int
    url: str
    secret: bytes
    body: bytes


Send = Callable[..., Trip]


def deliver_due(office: Office, send: Send = deliver) -> int:
    """Send what is due, a bounded number; a receiver that fails is left alone for this round. Returns how many."""
    failing: set[str] = set()
    for done in range(PER_ROUND_MAX):
        now = office.clock.now()
        with office.database.read() as reader:
            found = _oldest(reader, now, failing)
        if found is None:
            return done
        due = run_in_tx(office.database.write, partial(_claim, row=found, now=now))
        if due is None:
            continue  # another worker was faster
        headers = headers_of(due.secret, due.event_id, int(now.timestamp()), due.body)
        trip = send(due.url, headers, due.body, inside=office.settings.webhooks_inside)
        if trip.problem is not None:
            failing.add(due.subscription_id)
        run_in_tx(office.database.write, partial(_settle, office=office, due=due, trip=trip))
    return PER_ROUND_MAX


def _oldest(reader: Session, now: datetime, failing: set[str]) -> WebhookDelivery | None:
    rows = reader.scalars(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.state == "waiting",
            WebhookDelivery.next_at <= now,
            WebhookDelivery.subscription_id.not_in(failing),
        )
        .order_by(WebhookDelivery.next_at, WebhookDelivery.event_id)
        .limit(1)
    )
    return rows.first()


def _claim(tx: Session, row: WebhookDelivery, now: datetime) -> Due | None:
    key = (
        WebhookDelivery.organisation_id == row.organisation_id,
        WebhookDelivery.subscription_id == row.subscription_id,
        WebhookDelivery.event_id == row.event_id,
    )
    won = tx.execute(
        update(WebhookDelivery)
        .where(*key, WebhookDelivery.state == "waiting", WebhookDelivery.next_at == row.next_at)
        .values(next_at=now + CLAIM_LIFE, attempts=WebhookDelivery.attempts + 1)
        .returning(WebhookDelivery.attempts)
        .execution_options(synchronize_session=False)
    ).first()
    if won is None:
        return None
    subscription = tx.get_one(WebhookSubscription, (row.organisation_id, row.subscription_id))
    event = tx.get_one(WebhookEvent, (row.organisation_id, row.event_id))
    return Due(
        row.organisation_id,
        row.subscription_id,
        row.event_id,
        won.attempts,
        subscription.url,
        secret_of(vault_of(tx), subscription),
        event.body,
    )


def _settle(tx: Session, office: Office, due: Due, trip: Trip) -> None:
    """Write down how it went; stop a receiver that fails for too long or wants nothing any more."""
    row = tx.get(WebhookDelivery, (due.organisation_id, due.subscription_id, due.event_id))
    subscription = tx.get(WebhookSubscription, (due.organisation_id, due.subscription_id))
    if row is None or subscription is None:
        return  # taken away while it was sent
    now = office.clock.now()
    row.status, row.problem = trip.status, trip.problem.value if trip.problem else ""
    if trip.problem is None:
        row.state, row.done_at = "delivered", now
        subscription.failing_since = None
        tx.flush()
        return
    subscription.failing_since = subscription.failing_since or now
    row.next_at = now + WAITS[min(due.attempt, len(WAITS)) - 1]
    tx.flush()
    gone = trip.problem is TripProblem.GONE
    if subscription.state == ACTIVE and (gone or now - subscription.failing_since >= STOP_AFTER):
        doing = Doing(due.organisation_id, BY_WORKER, office.clock, office.ids)
        stop(tx, doing, due.subscription_id, TripProblem.GONE.value if gone else FAILED_TOO_LONG)
    elif subscription.state != ACTIVE:
        row.state, row.done_at = "failed", now
