"""What goods that stay with the customer cost anew, when some of a receipt's campaigns price them again.

Laws: only campaigns that gave something on the receipt, in the version it was priced with, give again, on the units
that are kept; what the other campaigns gave stays as it was, to the cent; the result depends on which units are kept
and on nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from pos_engine.core.allocate import share_under_ceilings
from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.document import document
from pos_engine.core.evaluate import evaluate
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import PROGRAMME, Outcome, UnitShare
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage

Place = tuple[str, int]
"""One unit: its line and its number in the line, from 0."""


@document
@dataclass(frozen=True)
class Sold:
    """What a receipt was priced with: the campaigns in their versions of then, the goods, the member, the instant."""

    campaigns: tuple[Campaign, ...]
    basket: Basket
    moment: Moment
    tariff: Tariff = Tariff()
    member: Member | None = None
    usage: Usage = field(default_factory=Usage)


def repricing_offers(original: Outcome, sold: Sold) -> dict[str, Offer]:
    """The offers that price again: those that gave something, of campaigns that want it so."""
    given = {applied.offer_id for applied in original.applied}
    return {
        offer.offer_id: offer
        for campaign in sold.campaigns
        if campaign.returns == "reprice"
        for offer in campaign.offers
        if offer.offer_id in given
    }


def kept_dues(original: Outcome, sold: Sold, gone: AbstractSet[Place]) -> dict[Place, int]:
    """What each kept unit costs when the campaigns that price again see the kept goods alone."""
    again = repricing_offers(original, sold)
    by_points: dict[Place, int] = {}
    fixed: dict[Place, list[UnitShare]] = {}
    for share in original.shares:
        place = (share.line_id, share.unit_index)
        if share.campaign_id == PROGRAMME:
            by_points[place] = by_points.get(place, 0) + share.amount_minor
        elif share.offer_id not in again:
            fixed.setdefault(place, []).append(share)
    stacking = {o.offer_id for c in sold.campaigns for o in c.offers if o.policy == "stack"}
    kept = [
        (line, index)
        for line in sold.basket.lines
        for index in range(line.quantity)
        if (line.line_id, index) not in gone
    ]
    rows = [
        _as_left(line, str(number), fixed.get((line.line_id, index), []), again, stacking)
        for number, (line, index) in enumerate(kept)
    ]
    campaigns = [replace(c, offers=tuple(o for o in c.offers if o.offer_id in again)) for c in sold.campaigns]
    ruleset = compile_ruleset([campaign for campaign in campaigns if campaign.offers], sold.tariff)
    basket = replace(sold.basket, lines=tuple(rows), points_spending=None)
    outcome = evaluate(ruleset, basket, sold.member, sold.usage, sold.moment, explain=False)
    dues: dict[Place, int] = {}
    for (line, index), total in zip(kept, outcome.lines, strict=True):
        place = (line.line_id, index)
        points = min(by_points.get(place, 0), max(0, total.due_minor))
        dues[place] = total.due_minor - points
    return dues


def _as_left(
    line: BasketLine, line_id: str, fixed: list[UnitShare], again: Mapping[str, Offer], stacking: AbstractSet[str]
) -> BasketLine:
    """One kept unit as the campaigns that stand left it; in their phase nobody else may touch it, unless both stack."""
    consumed = any(
        share.phase == offer.phase and not (share.offer_id in stacking and offer.policy == "stack")
        for share in fixed
        for offer in again.values()
    )
    return replace(
        line,
        line_id=line_id,
        quantity=1,
        unit_price_minor=line.unit_price_minor - sum(share.amount_minor for share in fixed),
        line_kind="price_fixed" if consumed else line.line_kind,
    )


def fitted(dues: Mapping[Place, int], prices: Mapping[Place, int], total_minor: int) -> dict[Place, int]:
    """The same units at another total: spread by what they cost, or by what was taken off them; 0 ≤ due ≤ price."""
    places = list(dues)
    missing = total_minor - sum(dues.values())
    rooms = [max(0, prices[place] - dues[place] if missing > 0 else dues[place]) for place in places]
    shares = share_under_ceilings(min(abs(missing), sum(rooms)), rooms, rooms)
    sign = 1 if missing > 0 else -1
    return {place: dues[place] + sign * share for place, share in zip(places, shares, strict=True)}
