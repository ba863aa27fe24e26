"""Why members came: for what the campaign is about or for other goods, to its stores or to others, after a long time.

The goods of a campaign are those it reduces (or, where it limits nothing, all): a member came *for it* who bought one
of them in the campaign's days. A share is of those who came; one member may be in several.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import CampaignMember, MemberDay, MemberProductDay
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.giving import TREATED
from backoffice.catalogue.models import Product
from backoffice.catalogue.services import parents_of
from backoffice.catalogue.tree import subtree_of
from backoffice.reports.comparison import Days
from pos_engine.core.money import divide_half_up

LONG_AWAY: Final = timedelta(days=365)
Motive = Literal["came", "for_it", "for_other", "other_store", "after_a_year"]
MOTIVES: Final[tuple[Motive, ...]] = ("came", "for_it", "for_other", "other_store", "after_a_year")


@dataclass(frozen=True)
class Returns:
    """Of the members who got it, who came, by motive. `whole_range`: every article is of the campaign."""

    members: int = 0
    by_motive: Mapping[Motive, AbstractSet[str]] = field(default_factory=dict)
    whole_range: bool = True
    every_store: bool = True

    def count(self, motive: Motive) -> int:
        """How many members."""
        return len(self.by_motive.get(motive, ()))

    def share_bp(self, motive: Motive) -> int | None:
        """Of all who came, in basis points; for `came` itself, of all who got it. None: there is nobody."""
        of = self.members if motive == "came" else self.count("came")
        return divide_half_up(self.count(motive) * 10_000, of) if of else None

    @property
    def shown(self) -> tuple[Motive, ...]:
        """The motives that say something for this campaign."""
        hidden = {"for_it", "for_other"} if self.whole_range else set()
        return tuple(
            each for each in MOTIVES if each not in hidden and not (each == "other_store" and self.every_store)
        )


def returns_of(
    session: Session, organisation_id: str, campaign_id: str, form: CampaignForm, days: Days | None
) -> Returns:
    """Who of the treated came in the campaign's days, and for what."""
    mine = select(CampaignMember.member_id).where(
        CampaignMember.organisation_id == organisation_id,
        CampaignMember.campaign_id == campaign_id,
        CampaignMember.arm == TREATED,
    )
    members = session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    goods = _goods_of(session, organisation_id, form)
    if days is None or not members:
        return Returns(members, {}, goods is None, not form.store_ids)
    during = MemberDay.business_day.between(days.first, days.last)
    came = _visitors(session, organisation_id, mine, during)
    lately = MemberDay.business_day.between(days.first - LONG_AWAY, days.first - timedelta(days=1))
    before = _visitors(session, organisation_id, mine, lately)
    earlier = _visitors(session, organisation_id, mine, MemberDay.business_day < days.first - LONG_AWAY)
    found: dict[Motive, AbstractSet[str]] = {"came": came, "after_a_year": (came & earlier) - before}
    if goods is not None:
        for_it = _buyers(session, organisation_id, mine, days, goods) & came
        found |= {"for_it": for_it, "for_other": came - for_it}
    if form.store_ids:
        elsewhere = during & MemberDay.store_id.not_in(form.store_ids)
        found["other_store"] = _visitors(session, organisation_id, mine, elsewhere) & came
    return Returns(members, found, goods is None, not form.store_ids)


def _visitors(session: Session, organisation_id: str, mine: Select[str], when: ColumnElement[bool]) -> frozenset[str]:
    return frozenset(
        session.scalars(
            select(MemberDay.member_id)
            .where(MemberDay.organisation_id == organisation_id, when, MemberDay.member_id.in_(mine))
            .group_by(MemberDay.member_id)
            .having(func.sum(MemberDay.visits) > 0)
        )
    )


def _buyers(
    session: Session, organisation_id: str, mine: Select[str], days: Days, goods: Select[str]
) -> frozenset[str]:
    return frozenset(
        session.scalars(
            select(MemberProductDay.member_id)
            .where(
                MemberProductDay.organisation_id == organisation_id,
                MemberProductDay.business_day.between(days.first, days.last),
                MemberProductDay.member_id.in_(mine),
                MemberProductDay.product_id.in_(goods),
            )
            .group_by(MemberProductDay.member_id)
            .having(func.sum(MemberProductDay.units) > 0)
        )
    )


def _goods_of(session: Session, organisation_id: str, form: CampaignForm) -> Select[str] | None:
    """The articles that the campaign is about; None: all."""
    chosen, left_out = (form.categories, form.products), (form.exclude_categories, form.exclude_products)
    if not any((*chosen, *left_out)):
        return None
    parents = parents_of(session, organisation_id)

    def among(categories: tuple[str, ...], products: tuple[str, ...]) -> ColumnElement[bool]:
        below = sorted({each for category_id in categories for each in subtree_of(parents, category_id)})
        return Product.category_id.in_(below) | Product.product_id.in_(products)

    goods = select(Product.product_id).where(Product.organisation_id == organisation_id)
    if any(chosen):
        goods = goods.where(among(*chosen))
    if any(left_out):
        goods = goods.where(~func.coalesce(among(*left_out), False))
    return goods
