"""Says the deals, baskets and members of the workload in our own documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Literal

from pos_engine.core.basket import Basket, BasketLine, PresentedCoupon
from pos_engine.core.campaign import Campaign, Condition, Offer, Reward
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.group import Group
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.message import Message
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.stamps import Stamps
from tests.benchmarks.workload import Deal, Goods, RealBasket, RealMember, Workload

Reading = Literal["priority", "best"]
"""priority: in the order of rank, each unit consumed once. best: the best total for the customer. Under both, the one
best offer on the whole basket comes after the others, on what they left."""

ALL_YEAR = (date(2000, 1, 1), date(2099, 12, 31))


@dataclass(frozen=True)
class Visit:
    """One evaluation's inputs."""

    basket: Basket
    member: Member
    moment: Moment


def visits_of(workload: Workload) -> list[Visit]:
    """Every basket of the workload with its member and moment."""
    return [_visit(basket, workload.members[basket.member]) for basket in workload.baskets]


def _visit(real: RealBasket, member: RealMember) -> Visit:
    lines = tuple(
        BasketLine(
            line_id=str(number),
            product_id=str(line.product),
            unit_price_minor=line.unit_price_minor,
            quantity=line.quantity,
            categories=(f"d{line.department}", f"c{line.category}"),
        )
        for number, line in enumerate(real.lines)
    )
    coupons = tuple(PresentedCoupon(str(number), str(number)) for number in real.coupons)
    basket = Basket(lines, store_id=str(real.store), presented_coupons=coupons)
    groups = tuple(f"g{number}" for number in member.groups) + tuple(f"sent{number}" for number in member.campaigns)
    moment = Moment(real.at.replace(tzinfo=UTC), real.at.date(), real.at.hour * 60 + real.at.minute)
    return Visit(basket, Member(str(real.member), groups), moment)


def campaigns_of(deals: Sequence[Deal], reading: Reading) -> tuple[Campaign, ...]:
    """One campaign per deal."""
    return tuple(
        Campaign(
            deal.deal_id,
            1,
            deal.deal_id,
            deal.starts_on or ALL_YEAR[0],
            deal.ends_on or ALL_YEAR[1],
            _offers(deal, reading),
        )
        for deal in deals
    )


def beside_money() -> tuple[Campaign, ...]:
    """What most shops give their members on everything: a point for each full euro, a stamp, a sentence."""
    rewards = (Points(1, 100), Stamps("visits"), Message("Thank you for coming back."))
    return tuple(
        Campaign(f"beside-{n}", 1, f"beside {n}", *ALL_YEAR, (Offer(f"beside-{n}", "beside money", AllOf(()), reward),))
        for n, reward in enumerate(rewards)
    )


def selector_of(goods: Goods) -> Selector:
    """Our selector for a deal's goods."""
    categories = tuple(f"c{number}" for number in goods.categories) + tuple(
        f"d{number}" for number in goods.departments
    )
    return Selector(tuple(str(number) for number in goods.products), categories)


def _offers(deal: Deal, reading: Reading) -> tuple[Offer, ...]:
    """A ladder is one offer per step, the highest first: it takes the units, and leaves none to the lower ones."""
    if deal.kind == "percent":
        return (_offer(deal, reading, Percent(deal.percent_bp)),)
    if deal.kind == "unit_off":
        limits = Limits(uses_per_receipt=1)
        return (_offer(deal, reading, Amount(deal.off_minor, per="unit"), limits=limits),)
    if deal.kind in {"amount", "wide_amount"}:
        return (_offer(deal, reading, Amount(deal.off_minor), deal.spend_minor),)
    if deal.kind in {"ladder", "wide_ladder"}:
        steps = sorted(deal.steps, reverse=True)
        return tuple(
            _offer(deal, reading, Amount(off), spend, f"{deal.deal_id}-{number}")
            for number, (spend, off) in enumerate(steps)
        )
    if deal.kind == "cheapest":
        return (_offer(deal, reading, MultiBuy(deal.every)),)
    return (_offer(deal, reading, _bought(deal), limits=Limits(uses_per_receipt=deal.times_max or None)),)


def _bought(deal: Deal) -> Reward:
    """For each `buy` units another one: the cheapest of them all, or one of the other goods the deal names."""
    if deal.other == Goods():
        return MultiBuy(deal.buy + 1, percent_bp=deal.percent_bp)
    return BuyGet(selector_of(deal.goods), selector_of(deal.other), deal.buy, percent_bp=deal.percent_bp)


def _offer(
    deal: Deal,
    reading: Reading,
    reward: Reward,
    spend_minor: int = 0,
    offer_id: str = "",
    limits: Limits = Limits(),
) -> Offer:
    wide = deal.kind.startswith("wide_")
    # What is bought and what is got stands in the reward's two slots.
    target = Selector() if isinstance(reward, BuyGet) else selector_of(deal.goods)
    conditions = _conditions(deal)
    if spend_minor:
        conditions.append(MinimumSpend(spend_minor, target, "after" if wide else "before"))
    return Offer(
        offer_id=offer_id or deal.deal_id,
        name=deal.deal_id,
        condition=AllOf(tuple(conditions)),
        reward=reward,
        target=target,
        phase="basket" if wide else "line",
        policy="exclusive" if wide else reading,
        priority=100 - deal.rank,
        exclusive_group="whole basket" if wide else "",
        limits=limits,
    )


def _conditions(deal: Deal) -> list[Condition]:
    conditions: list[Condition] = []
    if deal.coupon:
        conditions.append(CouponPresented(str(deal.coupon)))
    elif deal.campaign:
        conditions.append(Group((f"sent{deal.campaign}",)))
    if deal.groups:
        conditions.append(Group(tuple(f"g{number}" for number in deal.groups)))
    if deal.weekdays:
        conditions.append(Weekdays(deal.weekdays))
    if deal.hours is not None:
        start, end = deal.hours
        conditions.append(TimeWindows((TimeWindow(start * 60, end * 60),)))
    return conditions
