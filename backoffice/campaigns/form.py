"""The campaign form as one immutable document: what staff filled in. Fields are only appended, with a default."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from backoffice.audiences.tree import AudienceTree

Kind = Literal["offer", "coupon", "next_visit", "stamps", "codes"]
"""offer: always on. coupon: held by the cards of chosen members. next_visit: earned by a purchase, redeemed later.
stamps: a purchase gives stamps; so many of them put a coupon onto the card. codes: redeemed by a code on paper or one
that everybody knows (`backoffice.coupon_runs`)."""

RewardKind = Literal["percent", "amount", "free", "multi_buy", "bundle_price", "ladder", "points_times", "points_extra"]
"""multi_buy: of every so many pieces some are cheaper. bundle_price: so many pieces for one price. ladder: the more is
spent, the more comes off. points_times: points count several times. points_extra: so many points once a receipt."""

POINTS_REWARDS: Final = frozenset({"points_times", "points_extra"})
"""What goes onto the card of a member and takes nothing off the price."""

Medium = Literal["paper", "card"]
"""Where a coupon for the next visit is: printed after the receipt, or on the member's card."""

BuyChoice = Literal["grouped", "cheapest"]
"""grouped: pieces are put together so that the customer saves most. cheapest: the cheapest of the whole purchase."""

RESULT_AFTER_DAYS: Final = 7
"""Time for tills that were off line to send what they sold, where nobody says otherwise."""
RESULT_AFTER_DAYS_MAX: Final = 180

Who = Literal["everybody", "members", "groups", "tiers"]
OfflineKind = Literal["strict", "bounded", "open", "card"]


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a spend of `from_minor` on, `amount_minor` comes off."""

    from_minor: int
    amount_minor: int


class CampaignForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a campaign says. Money in minor units, rates in basis points, times as minutes of the day.

    `amount_each`: the amount is taken off every unit, not once. `minimum_on_targets`: only the goods of the offer count
    towards the minimum spend. `until_minute` None: no time of day. For coupons, `audience_*` says who gets one:
    groups, members, a saved segment and (`audience_own`) conditions of the campaign's own, `audience_tree`, together;
    less `audience_not_segment` and `audience_not_members`; `hold_out_percent` of them are drawn to get nothing. For
    next-visit coupons the conditions say who *earns* the coupon; reward and goods are of the later visit.
    `offline`: what tills without a line accept of coupons and limits; `offline_purchases`: how many purchases each.

    multi_buy: of every `buy_every` pieces `buy_reduced` are `buy_percent_bp` off. `steps_repeat`: the last step's
    amount once more for every full spend of that step. `points_factor_bp`: 20,000 is double. `birthday`: only from so
    many days before the member's birthday to so many after it. `visit_number`: only on that visit; with
    `visit_repeats` also on each multiple. `away_days`: only for who was not seen for so long.

    `result_after_days`: from the last day to the day on which treated and held out are compared.

    `coupons_per_receipt` above 1: a coupon for each full minimum spend, at most so many, which may
    be used together. `stamp_card`: its name on the receipt; `stamp_goal` stamps give the reward; `stamp_each`:
    every piece gives one, else every purchase.
    """

    kind: Kind = "offer"
    preset: str = "weekday_percent"
    name: str = ""
    starts_on: date
    ends_on: date

    reward: RewardKind = "percent"
    percent_bp: int | None = None
    amount_minor: int | None = None
    amount_each: bool = False
    free_products: tuple[str, ...] = ()
    free_quantity: int = 1

    categories: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    exclude_categories: tuple[str, ...] = ()
    exclude_products: tuple[str, ...] = ()
    with_services: bool = False
    skip_already_reduced: bool = False

    weekdays: tuple[int, ...] = ()
    from_minute: int | None = None
    until_minute: int | None = None
    store_ids: tuple[str, ...] = ()
    who: Who = "everybody"
    group_ids: tuple[str, ...] = ()
    minimum_spend_minor: int | None = None
    minimum_on_targets: bool = False

    audience_groups: tuple[str, ...] = ()
    audience_members: tuple[str, ...] = ()
    audience_segment: str = ""
    hold_out_percent: int = 0
    valid_from_days: int = 1
    valid_for_days: int = 28

    uses_per_receipt: int | None = None
    uses_per_member: int | None = None
    uses_total: int | None = None
    budget_minor: int | None = None
    discount_max_minor: int | None = None
    combinable: bool = False

    offline: OfflineKind = "bounded"
    offline_purchases: int = 10

    buy_every: int = 3
    buy_reduced: int = 1
    buy_percent_bp: int | None = 10_000
    buy_choice: BuyChoice = "grouped"
    bundle_count: int = 3
    bundle_price_minor: int | None = None
    steps: tuple[Step, ...] = ()
    steps_repeat: bool = False
    points_factor_bp: int | None = 20_000
    points_extra: int | None = None

    tier_ids: tuple[str, ...] = ()
    birthday: bool = False
    birthday_before: int = 3
    birthday_after: int = 3
    visit_number: int | None = None
    visit_repeats: bool = False
    away_days: int | None = None

    coupon_medium: Medium = "paper"
    coupons_per_receipt: int = 1
    stamp_card: str = ""
    stamp_goal: int = 9
    stamp_each: bool = True

    result_after_days: int = RESULT_AFTER_DAYS
    audience_own: bool = False
    audience_tree: AudienceTree = AudienceTree()
    audience_not_segment: str = ""
    audience_not_members: tuple[str, ...] = ()

    @property
    def has_audience(self) -> bool:
        """Whether it says at all who gets a coupon."""
        return bool(self.audience_groups or self.audience_members or self.audience_segment or self.audience_own)

    @property
    def coupons_at_once(self) -> int:
        """How many coupons one receipt can earn; each is used by itself, and has the budget for itself."""
        return coupons_at_once(self.kind, self.coupons_per_receipt)

    @property
    def budget_in_all_minor(self) -> int | None:
        """What tills give at most, over all coupons of a receipt; None: there is no budget."""
        return self.budget_minor and self.budget_minor * self.coupons_at_once

    def dumps(self) -> str:
        """The form as it is stored."""
        return msgspec.json.encode(self).decode()


def coupons_at_once(kind: str, coupons_per_receipt: int) -> int:
    """How many coupons one receipt can earn by a form with these two fields."""
    return coupons_per_receipt if kind == "next_visit" else 1


def without_audience(form: CampaignForm) -> CampaignForm:
    """The form without those it was given to: a sentence for one member, or for a program, names no other."""
    return msgspec.structs.replace(
        form,
        audience_members=(),
        audience_groups=(),
        audience_segment="",
        audience_own=False,
        audience_tree=AudienceTree(),
        audience_not_segment="",
        audience_not_members=(),
    )


def result_day(form: CampaignForm) -> date:
    """When the members who got a coupon of this form are compared with those who were held out."""
    return form.ends_on + timedelta(days=form.result_after_days)


def load_form(text: str) -> CampaignForm:
    """A stored form."""
    return msgspec.json.decode(text, type=CampaignForm)
