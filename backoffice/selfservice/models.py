"""Since when links to a member's own page count."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class MemberLinkCut(Base):
    """Every link to this member's own page that was made until then is over. `until_ms`: milliseconds since 1970."""

    __tablename__ = "member_link_cut"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    until_ms: Mapped[int]
