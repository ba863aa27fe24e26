"""Members who get nothing of any campaign: a standing hold-out, to tell what all campaigns together earn.

Laws: the lot is a keyed hash of the member, the seed is made when the option is switched on and is not changed while it
is on, so that nobody is drawn twice and whoever joins later is drawn the same way; advertising alone is held back, what
belongs to a purchase is not; what a card holds already stays promised.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from backoffice.audiences.holdout import is_held_out
from backoffice.audiences.models import StandingHoldOut
from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _

STANDING_PERCENT_MAX: Final = 20
"""Of the members; more than a fifth without any offer is no measurement any more."""


@dataclass(frozen=True)
class Standing:
    """Who is held out of everything; `percent` 0: nobody."""

    seed: str = ""
    percent: int = 0

    def holds_out(self, member_id: str) -> bool:
        """Whether this member gets nothing of any campaign."""
        return self.percent > 0 and is_held_out(self.seed, member_id, self.percent)

    def among(self, member_ids: Iterable[str]) -> frozenset[str]:
        """Those of some members who are held out."""
        return frozenset(filter(self.holds_out, member_ids)) if self.percent else frozenset()


def standing_of(session: Session, organisation_id: str) -> Standing:
    """The standing hold-out of an organisation as it is now."""
    row = session.get(StandingHoldOut, organisation_id)
    return Standing(row.seed, row.percent) if row is not None else Standing()


def set_standing(session: Session, doing: Doing, percent: int) -> StandingHoldOut:
    """Hold so many of a hundred members out of everything from now on; 0: nobody.

    A larger share keeps those who are held out already; switching it off and on again draws anew.
    InputError: no share that is offered.
    """
    if not 0 <= percent <= STANDING_PERCENT_MAX:
        raise InputError(_("Hold out between 0 and %(most)s of a hundred members.", most=STANDING_PERCENT_MAX))
    organisation_id, now = doing.organisation_id, doing.clock.now()
    row = session.get(StandingHoldOut, organisation_id)
    if row is None:
        row = StandingHoldOut(organisation_id=organisation_id, percent=0, seed="", since=now)
        session.add(row)
    if row.percent == percent:
        return row
    if not row.percent:
        row.seed = doing.ids.new_id()
    row.percent, row.since = percent, now
    session.flush()
    doing.note(session, "standing_hold_out", "organisation", organisation_id, f"{percent} %")
    return row
