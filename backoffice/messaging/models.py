"""Mailings, their recipients, what is heard of them; templates, pictures and the rules of sending.

The words of the state columns are in `messaging.kinds`. A *mailing* is what is written once; a *dispatch* is that for
one member on one channel.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Mailing(Base):
    """A message to several members, or to one. `audience` and `content`: JSON, see `messaging.audience`, `.content`."""

    __tablename__ = "mailing"
    __table_args__ = (
        Index("ix_mailing_state", "state"),
        Index("ix_mailing_source", "organisation_id", "source"),
        Index("ix_mailing_source_key", "organisation_id", "source_key", unique=True),
        Index("ix_mailing_campaign", "organisation_id", "campaign_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    mailing_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(16))
    channel_rule: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    audience: Mapped[str] = mapped_column(Text)
    """Whom it is for, as it was used: never changed once the recipients are frozen."""
    content: Mapped[str] = mapped_column(Text)
    undo: Mapped[str] = mapped_column(Text)
    """JSON list of earlier contents, the newest last; emptied when the recipients are frozen."""
    waterfall: Mapped[str] = mapped_column(Text)
    """JSON object of counts: from everybody who was meant to those who were frozen."""
    zone: Mapped[str] = mapped_column(String(64))
    """Whose clock the schedule and the quiet hours mean."""
    send_at: Mapped[datetime | None]
    """None: as soon as it is launched."""
    window_minutes: Mapped[int]
    """How late it may begin by itself."""
    rate_per_minute: Mapped[int]
    hold_until: Mapped[datetime | None]
    """The provider is in trouble: nothing is offered to it before this."""
    hold_count: Mapped[int]
    trouble: Mapped[str] = mapped_column(String(400))
    frozen_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(254))
    source: Mapped[str] = mapped_column(Id, default="", server_default="")
    """The flow that sends it; empty: a person does."""
    source_key: Mapped[str | None] = mapped_column(String(200))
    """Names a flow's mailing, so that all who take the same step on the same day are in one."""
    campaign_id: Mapped[str] = mapped_column(Id, default="", server_default="")
    """The campaign it speaks of: who is held out of that gets no message of it. Empty: none."""
    preparing: Mapped[str] = mapped_column(Text, default="", server_default="")
    """JSON, while its list is being written in parts: how far it came, see `messaging.preparing`. Else empty."""


class MailingRemoval(Base):
    """A member whom somebody took off the list before it was sent."""

    __tablename__ = "mailing_removal"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "mailing_id"], ["mailing.organisation_id", "mailing.mailing_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        Index("ix_mailing_removal_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    mailing_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime]


class Dispatch(Base):
    """One mailing to one member on one channel, made when the recipients are frozen, never twice.

    `dispatch_id` is what links, bounce addresses and providers name it by. Goes with the member.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "mailing_id"], ["mailing.organisation_id", "mailing.mailing_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("dispatch_id", "organisation_id"),
        UniqueConstraint("organisation_id", "mailing_id", "channel", "address_mark"),
        Index("ix_dispatch_waiting", "organisation_id", "mailing_id", "state", "due_at"),
        Index("ix_dispatch_member", "organisation_id", "member_id", "channel", "handed_at"),
        Index("ix_dispatch_handed", "organisation_id", "channel", "handed_at"),
        Index("ix_dispatch_claimed", "claimed_at"),
        Index("ix_dispatch_address", "organisation_id", "address_mark"),
        Index("ix_dispatch_provider", "provider_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    mailing_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    dispatch_id: Mapped[str] = mapped_column(Id)
    address_mark: Mapped[int]
    """Keyed mark of the address that the member had when the list was frozen; once per mailing and channel."""
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(300))
    due_at: Mapped[datetime | None]
    """Not offered before this; None: not (again) by itself."""
    attempts: Mapped[int]
    claim_id: Mapped[str] = mapped_column(Id)
    claimed_at: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]
    """When it was last offered to the provider."""
    provider_id: Mapped[str] = mapped_column(String(128))
    state_at: Mapped[datetime]
    segments: Mapped[int]
    """Parts of an SMS that were paid for, in all attempts that the provider took."""


class DispatchEvent(Base):
    """What was heard of a dispatch: one row per kind and detail (which link, which code), with how often."""

    __tablename__ = "dispatch_event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["dispatch_id", "organisation_id"], ["dispatch.dispatch_id", "dispatch.organisation_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    dispatch_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    detail: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class MessageTemplate(Base):
    """A content to begin from. Mailings copy it; a later change reaches none that was made before."""

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    template_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    undo: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(254))


class MessagePicture(Base):
    """A picture in messages, made anew from the pixels of the upload. `picture_id`: SHA-256 of `data`, in hex."""

    __tablename__ = "message_picture"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    picture_id: Mapped[str] = mapped_column(Id, primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(32))
    width_px: Mapped[int]
    height_px: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_at: Mapped[datetime]


class SendingRules(Base):
    """How an organisation sends: quiet hours, how often one member may hear from it, and what a message costs."""

    __tablename__ = "sending_rules"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    quiet_from_minute: Mapped[int]
    """Minute of the local day; equal to `quiet_until_minute`: no quiet hours."""
    quiet_until_minute: Mapped[int]
    email_cap: Mapped[int]
    """Advertising messages to one member by this channel within `cap_days`; 0: no limit."""
    sms_cap: Mapped[int]
    cap_days: Mapped[int]
    email_cost_e4: Mapped[int]
    """Ten-thousandths of the currency's unit, 0.0004 EUR is 4: one message costs less than a cent."""
    sms_segment_cost_e4: Mapped[int]
    letter_cost_e4: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Of one letter, postage included."""
