"""Network campaigns, and what each dealer does with them.

Laws: the campaign is the importer's row, all else is the dealer's. A campaign that was published never changes.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class NetworkCampaign(Base):
    """One campaign. `body`: its definition as JSON; `published_at` None: a draft that only the importer sees."""

    __tablename__ = "network_campaign"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    network_campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class NetworkPart(Base):
    """A dealer's part in a campaign of `leader_id`; its addresses were selected when the row was made.

    `ordered_at` None: not ordered. `proposed` and `addresses` count them at the selection and at the order.
    `forfeited_at`: when the list was deleted because nobody ordered it. `channels`: email, sms, letter with blanks
    between. `iban`: where the share is paid to.
    """

    __tablename__ = "network_part"
    __table_args__ = (
        ForeignKeyConstraint(
            ["leader_id", "network_campaign_id"],
            ["network_campaign.organisation_id", "network_campaign.network_campaign_id"],
        ),
        Index("ix_network_part_campaign", "leader_id", "network_campaign_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    leader_id: Mapped[str] = mapped_column(Id, primary_key=True)
    network_campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    selected_at: Mapped[datetime]
    proposed: Mapped[int]
    forfeited_at: Mapped[datetime | None]
    ordered_at: Mapped[datetime | None]
    ordered_by: Mapped[str] = mapped_column(String(200), default="")
    addresses: Mapped[int] = mapped_column(default=0)
    discount_bp: Mapped[int] = mapped_column(default=0)
    channels: Mapped[str] = mapped_column(String(64), default="")
    booking_url: Mapped[str] = mapped_column(String(500), default="")
    reply_email: Mapped[str] = mapped_column(String(200), default="")
    reply_phone: Mapped[str] = mapped_column(String(64), default="")
    iban: Mapped[str] = mapped_column(String(34), default="")


class NetworkAddress(Base):
    """One vehicle that was proposed to a dealer. `rejected`: the dealer said no; silence accepts.

    `counts_from`: its first registration, or the hand-over of a former demonstration car, when it was selected.
    """

    __tablename__ = "network_address"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "leader_id", "network_campaign_id"],
            ["network_part.organisation_id", "network_part.leader_id", "network_part.network_campaign_id"],
            name="fk_network_address_part",
        ),
        ForeignKeyConstraint(
            ["organisation_id", "vehicle_id"], ["vehicle.organisation_id", "vehicle.vehicle_id"], ondelete="CASCADE"
        ),
        Index("ix_network_address_vehicle", "organisation_id", "vehicle_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    leader_id: Mapped[str] = mapped_column(Id, primary_key=True)
    network_campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    vehicle_id: Mapped[str] = mapped_column(Id, primary_key=True)
    counts_from: Mapped[date]
    rejected: Mapped[bool | None]
