"""Organisations (a tree: chain → shops, importer → dealers) and their stores."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id
from pos_engine.core.money import Tariff


class Organisation(Base):
    """A tenant. Every business row carries its id; how it counts money is what the core calls the tariff.

    `owners_need_second_factor`: owners see nothing here before they have one. `campaigns_need_approval`,
    `mailings_need_approval`, `flows_need_approval`: a second person approves what is published, sent, started.
    `closed_at`: nobody comes in since then, and messages and flows rest; its tills go on.
    """

    __tablename__ = "organisation"

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("organisation.organisation_id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8), default="en")
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    cash_step_minor: Mapped[int] = mapped_column(default=1)
    prices_include_tax: Mapped[bool] = mapped_column(default=True)
    unknown_vat_bp: Mapped[int] = mapped_column(default=0)
    owners_need_second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    campaigns_need_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    mailings_need_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    flows_need_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    def tariff(self) -> Tariff:
        """How this organisation counts money, as the core knows it."""
        return Tariff(self.currency, self.cash_step_minor, self.prices_include_tax, self.unknown_vat_bp)


class Store(Base):
    """A place where an organisation sells. Its zone decides what "Monday" and "today" mean there."""

    __tablename__ = "store"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    store_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    created_at: Mapped[datetime]
