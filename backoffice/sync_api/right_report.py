"""What is held back of rights that were lent: by lives of tills that are over, and by tills that are shut out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.sync_api.models import RightAccount, RightBorrower, RightLoan, Workstation

ROWS_MAX: Final = 1_000
"""Rows of each list; more of them is a fault that is not read row by row."""


@dataclass(frozen=True)
class HeldBack:
    """Units lent to a life of a till that is over: nobody can use them until a person frees them."""

    right_id: str
    campaign_id: str
    workstation_id: str
    life: str
    units: int


def held_back(session: Session, organisation_id: str) -> Sequence[HeldBack]:
    """Units of lives that are over, and of tills that are shut out."""
    outstanding = RightLoan.granted - RightLoan.returned - RightLoan.spent
    rows = session.execute(
        select(RightLoan.right_id, RightAccount.campaign_id, RightLoan.workstation_id, RightLoan.life, outstanding)
        .join(
            RightAccount,
            (RightAccount.organisation_id == RightLoan.organisation_id) & (RightAccount.right_id == RightLoan.right_id),
        )
        .join(
            RightBorrower,
            (RightBorrower.organisation_id == RightLoan.organisation_id)
            & (RightBorrower.workstation_id == RightLoan.workstation_id)
            & (RightBorrower.life == RightLoan.life),
        )
        .join(
            Workstation,
            (Workstation.organisation_id == RightLoan.organisation_id)
            & (Workstation.workstation_id == RightLoan.workstation_id),
        )
        .where(
            RightLoan.organisation_id == organisation_id,
            outstanding > 0,
            or_(RightBorrower.present.is_(False), Workstation.state == "revoked"),
        )
        .order_by(RightLoan.workstation_id, RightLoan.right_id)
        .limit(ROWS_MAX)
    )
    return [HeldBack(*row) for row in rows]


def free_held_back(session: Session, doing: Doing, workstation_id: str) -> int:
    """A person says that nothing was used with what this till held in lives that are over; returns the units freed.

    InputError: nothing of this till is held back.
    """
    freed = 0
    for held in held_back(session, doing.organisation_id):
        if held.workstation_id != workstation_id:
            continue
        key = (RightLoan.organisation_id == doing.organisation_id, RightLoan.right_id == held.right_id)
        done = session.execute(
            update(RightLoan)
            .where(
                *key,
                RightLoan.workstation_id == workstation_id,
                RightLoan.life == held.life,
                RightLoan.granted - RightLoan.returned - RightLoan.spent == held.units,
            )
            .values(returned=RightLoan.returned + held.units, recalled=False)
            .returning(RightLoan.right_id)
            .execution_options(synchronize_session=False)
        ).first()
        if done is None:
            continue
        session.execute(
            update(RightAccount)
            .where(RightAccount.organisation_id == doing.organisation_id, RightAccount.right_id == held.right_id)
            .values(out=RightAccount.out - held.units)
            .execution_options(synchronize_session=False)
        )
        freed += held.units
    if not freed:
        raise InputError(_("Nothing of this till is held back."))
    doing.note(session, "rights_freed", "till", workstation_id, f"{freed} units")
    return freed


def held_back_by_till(session: Session, organisation_id: str) -> dict[str, int]:
    """How many rights of each till are held back."""
    counts: dict[str, int] = defaultdict(int)
    for held in held_back(session, organisation_id):
        counts[held.workstation_id] += 1
    return dict(counts)


def points_set_aside(session: Session, organisation_id: str) -> int:
    """Points that tills hold for members: perhaps used already, and not booked here yet."""
    left = RightLoan.granted - RightLoan.returned - RightLoan.spent
    query = (
        select(func.coalesce(func.sum(left), 0))
        .join(
            RightBorrower,
            (RightBorrower.organisation_id == RightLoan.organisation_id)
            & (RightBorrower.workstation_id == RightLoan.workstation_id)
            & (RightBorrower.life == RightLoan.life),
        )
        .where(
            RightLoan.organisation_id == organisation_id,
            RightLoan.right_id.like("points|%"),
            RightBorrower.present,
            left > 0,
        )
    )
    return int(session.execute(query).scalar_one())
