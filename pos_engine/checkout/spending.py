"""Using points and stored value up: what a sale may take, and the sentence why it may not take more.

Laws: points as a discount are part of the quote; points and stored value as a tender are looked at when the sale is
closed, before anything is written; a refusal closes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pos_engine import words
from pos_engine.checkout.accounts import NOTHING, Account, Allowance, Reserved, allowance
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.point_shares import NO_SHARE, PointShare
from pos_engine.core.basket import PointsSpending
from pos_engine.core.bookings import POINTS, POINTS_TENDER, VALUE, VALUE_TENDER
from pos_engine.core.outcome import Outcome
from pos_engine.core.programme import Programme, points_for, usable_on
from pos_engine.wire.sync import RightUse, Tender

NO_PROGRAMME = Programme(as_discount=False)
"""Where the shop has published none: points are earned, and nothing can be used."""


@dataclass(frozen=True)
class Purse:
    """What a member can settle with at this till now. `trusted`: the card that was shown may spend.

    `share`: of the member's points, what is lent to this till and to others. `today`: the store's day; None where the
    time of the year does not matter.
    """

    programme: Programme
    accounts: Mapping[str, Account]
    on_line: bool
    trusted: bool = True
    share: PointShare = NO_SHARE
    today: date | None = None

    @property
    def in_window(self) -> bool:
        """Whether points may be used at this time of the year."""
        return self.today is None or usable_on(self.programme, self.today)

    @property
    def points(self) -> Allowance:
        """Points that may be used; none below the programme's least balance."""
        account = self.accounts.get(POINTS, NOTHING)
        if not self.trusted:
            return Allowance(0)
        if not self.in_window or account.usable < self.programme.points_min:
            return Allowance(0)
        aside = Reserved(self.share.held, self.share.elsewhere, self.share.loose)
        return allowance(account, self.programme.points_offline, on_line=self.on_line, reserved=aside)

    @property
    def value(self) -> Allowance:
        """Stored value that may be used, in minor units."""
        if not self.trusted:
            return Allowance(0)
        return allowance(self.accounts.get(VALUE, NOTHING), self.programme.value_offline, on_line=self.on_line)


def usable_as_discount(purse: Purse) -> int:
    """How many points may be used as a discount, in whole steps."""
    if not purse.programme.as_discount:
        return 0
    step = purse.programme.points_step
    return purse.points.amount // step * step


def spending_for(purse: Purse, wanted: int) -> PointsSpending | None:
    """What the basket is told of the points a member wants to use; None when none may be."""
    points = min(wanted, usable_as_discount(purse))
    if points <= 0:
        return None
    programme = purse.programme
    return PointsSpending(points, programme.points_step, programme.step_minor, programme.version)


def why_less(purse: Purse | None, wanted: int) -> str:
    """The phrase that says why fewer points count than were asked for; empty when all do."""
    if wanted <= 0:
        return ""
    if purse is None:
        return "checkout.points_no_member"
    if not purse.programme.as_discount:
        return "checkout.points_no_discount"
    if not purse.trusted:
        return "checkout.card_not_trusted"
    if wanted <= usable_as_discount(purse):
        return ""
    return _lack(purse)


def _lack(purse: Purse) -> str:
    """The phrase for points that a trusted card cannot use now."""
    if not purse.in_window:
        return "checkout.points_not_now"
    return "checkout.points_off_line" if purse.points.off_line else "checkout.points_too_few"


def points_uses(purse: Purse | None, member_id: str, outcome: Outcome, tendered: int = 0) -> tuple[RightUse, ...]:
    """The points that a sale uses, as its receipt names them. `tendered`: beside those that lower the price."""
    spent = 0 if outcome.points_spent is None else outcome.points_spent.points
    return () if purse is None else purse.share.uses(member_id, spent + tendered)


def covers_discount(purse: Purse | None, outcome: Outcome) -> bool:
    """Whether the points that a price rests on are still there."""
    if outcome.points_spent is None:
        return True
    return purse is not None and outcome.points_spent.points <= usable_as_discount(purse)


@dataclass(frozen=True)
class Settlement:
    """A sale that is about to be closed. `top_up_minor`: what of it is put onto the card."""

    outcome: Outcome
    tenders: Sequence[Tender]
    top_up_minor: int
    currency: str
    language: str

    def amount(self, kind: str) -> int:
        """What is settled in one way, in minor units."""
        return sum(tender.amount_minor for tender in self.tenders if tender.kind == kind)


def check_tenders(purse: Purse | None, sale: Settlement) -> None:
    """CheckoutError tender_refused: points or stored value that cannot settle this sale, with the reason."""
    by_points, by_value = sale.amount(POINTS_TENDER), sale.amount(VALUE_TENDER)
    if sale.top_up_minor and purse is None:
        raise _refusal(sale, "checkout.top_up_needs_card")
    if not by_points and not by_value:
        return
    if purse is None:
        raise _refusal(sale, "checkout.tender_no_member")
    if not purse.trusted:
        raise _refusal(sale, "checkout.card_not_trusted")
    if by_points < 0 or by_value < 0 or by_points + by_value > sale.outcome.total_due_minor - sale.top_up_minor:
        raise _refusal(sale, "checkout.tender_too_much")
    if by_points and not purse.programme.as_tender:
        raise _refusal(sale, "checkout.points_no_tender")
    spent = 0 if sale.outcome.points_spent is None else sale.outcome.points_spent.points
    needed = points_for(purse.programme, by_points) + spent
    if by_points and needed > purse.points.amount:
        _refuse_points(sale, purse, needed)
    if by_value > purse.value.amount:
        code = "checkout.value_off_line" if purse.value.off_line else "checkout.value_too_little"
        raise _refusal(sale, code, usable=words.money_text(purse.value.amount, sale.currency, sale.language))


def _refuse_points(sale: Settlement, purse: Purse, needed: int) -> None:
    raise _refusal(sale, _lack(purse), wanted=needed, usable=purse.points.amount)


def _refusal(sale: Settlement, code: str, **params: int | str) -> CheckoutError:
    return CheckoutError("tender_refused", words.text(code, sale.language, **params))
