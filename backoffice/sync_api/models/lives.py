"""The lives of an organisation's back-office, and the tills that have yet to tell what an earlier life lent them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id
from backoffice.sync_api.models.rights import LifeText


class OfficeLife(Base):
    """One life: from the first start, or from an older copy being put back, to the next one. One is `present`.

    Lives that only tills know of stand here too, as past ones, once a till has named them. `reason`: how it began.
    """

    __tablename__ = "office_life"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    life: Mapped[str] = mapped_column(LifeText, primary_key=True)
    present: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(64))
    began_at: Mapped[datetime]


class RightOwing(Base):
    """A till that may hold rights which were lent after the copy was made: nothing is lent until none of these is left.

    `known_life`: the till's life that the copy knows. `told`: it has told what it has in its present life, which is
    another one; what its lives in between had, nobody knows.
    """

    __tablename__ = "right_owing"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id"], ["workstation.organisation_id", "workstation.workstation_id"]
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    known_life: Mapped[str] = mapped_column(LifeText)
    told: Mapped[bool]
