"""Subscriptions: who is told of what. Made, tested, stopped, taken up again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.vault import Vault, vault_of
from backoffice.webhooks.client import checked_url
from backoffice.webhooks.kinds import TEST, EventKind, TripProblem
from backoffice.webhooks.models import WebhookDelivery, WebhookEvent, WebhookSubscription
from backoffice.webhooks.outbox import ACTIVE, write
from backoffice.webhooks.signing import new_secret, secret_text

SUBSCRIPTIONS_MAX: Final = 20
STOPPED: Final = "stopped"
BY_STAFF: Final = "by_staff"
FAILED_TOO_LONG: Final = "failed_too_long"
EVENTS_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Delivered:
    """A delivery with its event, as the page shows it."""

    delivery: WebhookDelivery
    kind: str
    at: datetime


def subscribe(
    session: Session, doing: Doing, url: str, kinds: Collection[EventKind], *, inside: bool
) -> tuple[str, str]:
    """A new subscription; its id, and the secret, which is shown only now. InputError."""
    address = checked_url(url, inside=inside)
    if not kinds:
        raise InputError(_("Tick at least one event."))
    count = session.scalar(select(func.count()).where(WebhookSubscription.organisation_id == doing.organisation_id))
    if (count or 0) >= SUBSCRIPTIONS_MAX:
        raise InputError(_("There are %(most)s receivers already. Take one away first.", most=SUBSCRIPTIONS_MAX))
    subscription_id, secret = doing.ids.new_id(), new_secret()
    place = secret_place(doing.organisation_id, subscription_id)
    session.add(
        WebhookSubscription(
            organisation_id=doing.organisation_id,
            subscription_id=subscription_id,
            url=address,
            events=" ".join(sorted(kinds)),
            secret=vault_of(session).wrap(secret, place),
            state=ACTIVE,
            stopped_why="",
            failing_since=None,
            created_at=doing.clock.now(),
            created_by=doing.actor,
        )
    )
    session.flush()
    doing.note(session, "webhook_made", "webhook", subscription_id, f"{address}: {' '.join(sorted(kinds))}")
    return subscription_id, secret_text(secret)


def secret_place(organisation_id: str, subscription_id: str) -> str:
    """Where a sealed secret stands."""
    return f"webhook_subscription:{organisation_id}:{subscription_id}:secret"


def secret_of(vault: Vault, row: WebhookSubscription) -> bytes:
    """The secret of a subscription."""
    return vault.unwrap(row.secret, secret_place(row.organisation_id, row.subscription_id))


def get_subscription(session: Session, organisation_id: str, subscription_id: str) -> WebhookSubscription | None:
    """One subscription of this organisation."""
    return session.get(WebhookSubscription, (organisation_id, subscription_id))


def subscriptions_of(session: Session, organisation_id: str) -> Sequence[WebhookSubscription]:
    """Every subscription, in the order in which they were made."""
    return session.scalars(
        select(WebhookSubscription)
        .where(WebhookSubscription.organisation_id == organisation_id)
        .order_by(WebhookSubscription.subscription_id)
    ).all()


def deliveries_of(session: Session, organisation_id: str, subscription_id: str, limit: int) -> list[Delivered]:
    """The newest deliveries of a subscription."""
    rows = session.execute(
        select(WebhookDelivery, WebhookEvent.kind, WebhookEvent.at)
        .join(
            WebhookEvent,
            (WebhookEvent.organisation_id == WebhookDelivery.organisation_id)
            & (WebhookEvent.event_id == WebhookDelivery.event_id),
        )
        .where(WebhookDelivery.organisation_id == organisation_id, WebhookDelivery.subscription_id == subscription_id)
        .order_by(WebhookDelivery.event_id.desc())
        .limit(limit)
    )
    return [Delivered(delivery, kind, at) for delivery, kind, at in rows]


def send_again(session: Session, doing: Doing, subscription_id: str, event_id: str) -> bool:
    """Let a delivery be tried at once, also one that arrived; False when there is none."""
    row = session.get(WebhookDelivery, (doing.organisation_id, subscription_id, event_id))
    if row is None:
        return False
    row.state, row.attempts, row.next_at, row.done_at = "waiting", 0, doing.clock.now(), None
    session.flush()
    doing.note(session, "webhook_sent_again", "webhook", subscription_id, event_id)
    return True


def send_test(session: Session, doing: Doing, subscription_id: str) -> None:
    """An event that says nothing, to see whether anybody listens."""
    thing = {"note": "a test, sent by hand"}
    write(session, doing.organisation_id, TEST, [thing], [subscription_id], doing.clock.now())


def stop(session: Session, doing: Doing, subscription_id: str, why: str) -> None:
    """Tell this receiver nothing more; what waits is given up."""
    row = session.get_one(WebhookSubscription, (doing.organisation_id, subscription_id))
    row.state, row.stopped_why = STOPPED, why
    session.flush()
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.organisation_id == doing.organisation_id,
            WebhookDelivery.subscription_id == subscription_id,
            WebhookDelivery.state == "waiting",
        )
        .values(state="failed", problem=TripProblem.STOPPED.value, done_at=doing.clock.now())
        .execution_options(synchronize_session=False)
    )
    doing.note(session, "webhook_stopped", "webhook", subscription_id, why)


def take_up(session: Session, doing: Doing, subscription_id: str) -> None:
    """Tell a stopped receiver again of what happens from now on."""
    row = session.get_one(WebhookSubscription, (doing.organisation_id, subscription_id))
    row.state, row.stopped_why, row.failing_since = ACTIVE, "", None
    session.flush()
    doing.note(session, "webhook_taken_up", "webhook", subscription_id)


def remove(session: Session, doing: Doing, subscription_id: str) -> None:
    """Take a subscription away with its deliveries."""
    session.execute(
        delete(WebhookSubscription).where(
            WebhookSubscription.organisation_id == doing.organisation_id,
            WebhookSubscription.subscription_id == subscription_id,
        )
    )
    doing.note(session, "webhook_removed", "webhook", subscription_id)


def stopped_by_failures(session: Session, organisation_id: str) -> int:
    """How many receivers nobody stopped but their own failures: somebody must look."""
    wanted = select(func.count()).where(
        WebhookSubscription.organisation_id == organisation_id,
        WebhookSubscription.state == STOPPED,
        WebhookSubscription.stopped_why != BY_STAFF,
    )
    return session.scalar(wanted) or 0


def forget_events(session: Session, organisation_id: str, now: datetime) -> None:
    """Take away events that are long past, with their deliveries."""
    session.execute(
        delete(WebhookEvent).where(WebhookEvent.organisation_id == organisation_id, WebhookEvent.at < now - EVENTS_KEPT)
    )
