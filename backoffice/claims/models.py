"""Claims as they are kept: the dealer's rows, which name the importer that is asked to pay."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class ClaimRow(Base):
    """One uploaded invoice. `state` is form, refused, waiting, approved or declined (see `services`).

    `number_mark` is the keyed mark of the invoice's number while it stands for payment, None otherwise: so that each
    invoice stands once. `sealed`: what was read and how it was judged, under the claim's own `wrapped` key.
    `first_by` and `second_by` are the two people who approved; `paid_in` the payment list, empty before.
    """

    __tablename__ = "claim"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "leader_id", "network_campaign_id"],
            ["network_part.organisation_id", "network_part.leader_id", "network_part.network_campaign_id"],
        ),
        Index("ux_claim_number", "organisation_id", "number_mark", unique=True),
        Index("ix_claim_campaign", "leader_id", "network_campaign_id", "state"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[str] = mapped_column(Id, primary_key=True)
    leader_id: Mapped[str] = mapped_column(Id)
    network_campaign_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(8))
    number_mark: Mapped[int | None]
    uploaded_on: Mapped[date]
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str] = mapped_column(String(200))
    share_minor: Mapped[int] = mapped_column(default=0)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    first_by: Mapped[str] = mapped_column(String(200), default="")
    second_by: Mapped[str] = mapped_column(String(200), default="")
    declined_why: Mapped[str] = mapped_column(String(500), default="")
    paid_in: Mapped[str] = mapped_column(Id, default="")


class ClaimPaper(Base):
    """The file of a claim as it was uploaded, sealed under the claim's key."""

    __tablename__ = "claim_paper"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "claim_id"], ["claim.organisation_id", "claim.claim_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ClaimPayment(Base):
    """A payment list: the bank's file as it was made, once. `organisation_id` is the importer."""

    __tablename__ = "claim_payment"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    payment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    network_campaign_id: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(200))
    pay_on: Mapped[date]
    body: Mapped[bytes] = mapped_column(LargeBinary)
