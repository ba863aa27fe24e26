"""The share of a member's points that is lent to this till: what may be used of them while nobody can be asked.

Laws: points are wished for when the member is seen, never waited for; what a sale uses rests on the share as far as it
goes; beyond it, off line, only the programme's floor is used, until those receipts have arrived.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos_engine.checkout.accounts import Account
from pos_engine.core.programme import Programme
from pos_engine.journal.rights_held import HeldRights
from pos_engine.rights.borrowing import OFFICE, Wish
from pos_engine.rights.ids import points_right
from pos_engine.rights.wished import Wishes
from pos_engine.wire.sync import RightUse

LENT, BEYOND = "programme", "programme-beyond"
"""What stands for the campaign in a use of points: resting on the share, and on nothing."""

PARTS = 2
"""A till wishes for half of what a member has, so that another till finds some too."""


@dataclass(frozen=True)
class PointShare:
    """Points of one member at this till. `held`: lent to it. `loose`: used beyond it by receipts that still wait.

    `elsewhere`: lent to others. `root`: the life that receipts name.
    """

    held: int = 0
    loose: int = 0
    elsewhere: int = 0
    root: str = ""

    def uses(self, member_id: str, points: int) -> tuple[RightUse, ...]:
        """So many points, as a receipt names them."""
        right_id = points_right(member_id)
        lent = min(points, self.held)
        parts = (RightUse(right_id, LENT, lent, self.root), RightUse(right_id, BEYOND, points - lent))
        return tuple(use for use in parts if use.units > 0)


NO_SHARE = PointShare()


class PointShares:
    """One till's view. `wishes` are fetched by others."""

    def __init__(self, held: HeldRights, wishes: Wishes) -> None:
        self._held = held
        self._wishes = wishes

    def of(self, member_id: str, account: Account, sale_ref: str, *, closing: bool) -> PointShare:
        """What a sale may rest on now."""
        right_id = points_right(member_id)
        held, loose, root = self._held.share(right_id, sale_ref, closing=closing)
        lent = account.lent_here + account.lent_elsewhere
        # What a hub has lent on to this till is lent to the hub in the back-office's books.
        elsewhere = account.lent_elsewhere if self._held.lender == OFFICE else max(0, lent - held)
        return PointShare(held, loose, elsewhere, root)

    def wish(self, member_id: str, account: Account, share: PointShare, programme: Programme, wanted: int) -> None:
        """Ask for a share of what the member can use; for all that is wanted where that is more than is here."""
        if programme.points_offline.policy == "strict":
            return  # used on line only: then each till may use all of them, and nothing is held back from the others
        if not (programme.as_discount or programme.as_tender) or account.usable < programme.points_min:
            return
        # What others hold is asked for only where the customer wants it now.
        desired = min(account.usable, max((account.usable - share.elsewhere) // PARTS, wanted))
        if share.held < (desired + 1) // 2 or share.held < min(wanted, account.usable):
            self._wishes.add({points_right(member_id): Wish(desired - share.held, LENT)})
