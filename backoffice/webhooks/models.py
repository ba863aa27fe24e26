"""Who outside is told what happened here, what happened, and how each telling went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class WebhookSubscription(Base):
    """An address that is told about some events. state: active, or stopped with the reason in `stopped_why`.

    `events`: kinds, with a blank between them. `secret`: sealed under the installation's key. `failing_since`: the
    first failure since the last success.
    """

    __tablename__ = "webhook_subscription"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    subscription_id: Mapped[str] = mapped_column(Id, primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes] = mapped_column(LargeBinary(128))
    state: Mapped[str] = mapped_column(String(16), default="active")
    stopped_why: Mapped[str] = mapped_column(String(32), default="")
    failing_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(254))


class WebhookEvent(Base):
    """Something that happened, written in the transaction in which it did. `body`: what is sent, byte for byte."""

    __tablename__ = "webhook_event"
    __table_args__ = (Index("ix_webhook_event_at", "organisation_id", "at"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class WebhookDelivery(Base):
    """One event for one subscription. state: waiting (until `next_at`), delivered, or failed.

    `status`: HTTP status of the last try, 0 without an answer; `problem`: what went wrong, a word of `webhooks.kinds`.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "subscription_id"],
            ["webhook_subscription.organisation_id", "webhook_subscription.subscription_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organisation_id", "event_id"],
            ["webhook_event.organisation_id", "webhook_event.event_id"],
            ondelete="CASCADE",
        ),
        Index("ix_webhook_delivery_due", "state", "next_at"),
        Index("ix_webhook_delivery_event", "organisation_id", "event_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    subscription_id: Mapped[str] = mapped_column(Id, primary_key=True)
    event_id: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    status: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(32), default="")
    done_at: Mapped[datetime | None]
