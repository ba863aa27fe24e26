"""The campaign form as one immutable document: what staff filled in, and the presets they start from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import msgspec

Kind = Literal["offer", "coupon", "next_visit"]
"""offer: always on. coupon: held by the cards of chosen members. next_visit: printed on a receipt, redeemed later."""

RewardKind = Literal["percent", "amount", "free"]
Who = Literal["everybody", "members", "groups"]
OfflineKind = Literal["strict", "bounded", "open"]

DAYS_OF_A_NEW_CAMPAIGN: Final = 28


class CampaignForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a campaign says. Money in minor units, rates in basis points, times as minutes of the day.

    `amount_each`: the amount is taken off every unit, not once. `minimum_on_targets`: only the goods of the offer count
    towards the minimum spend. `until_minute` None: no time of day. For coupons, `audience_*` says who gets one. For
    next-visit coupons the conditions say who *earns* the coupon; reward and goods are of the later visit.
    `offline`: what tills without a line accept of coupons and limits; `offline_purchases`: how many purchases each.
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

    def dumps(self) -> str:
        """The form as it is stored."""
        return msgspec.json.encode(self).decode()


def load_form(text: str) -> CampaignForm:
    """A stored form."""
    return msgspec.json.decode(text, type=CampaignForm)


@dataclass(frozen=True)
class Preset:
    """A start of a campaign: its code, picture, and what it fills in."""

    code: str
    icon: str
    kind: Kind
    reward: RewardKind


PRESETS: Final = (
    Preset("weekday_percent", "percent", "offer", "percent"),
    Preset("free_product", "gift", "offer", "free"),
    Preset("spend_amount", "coin", "offer", "amount"),
    Preset("member_coupon", "card", "coupon", "percent"),
    Preset("next_visit", "receipt", "next_visit", "amount"),
)
"""What can be started from; the words are in `campaigns.sentences`."""


def form_of_preset(code: str, today: date) -> CampaignForm | None:
    """The filled-in start of a campaign; None when there is no such preset."""
    preset = next((each for each in PRESETS if each.code == code), None)
    if preset is None:
        return None
    form = CampaignForm(
        kind=preset.kind,
        preset=code,
        reward=preset.reward,
        starts_on=today,
        ends_on=today + timedelta(days=DAYS_OF_A_NEW_CAMPAIGN),
        percent_bp=1000 if preset.reward == "percent" else None,
    )
    changes: dict[str, CampaignForm] = {
        "weekday_percent": msgspec.structs.replace(form, weekdays=(0,)),
        "free_product": msgspec.structs.replace(form, who="members", uses_per_member=1, ends_on=today),
        "spend_amount": msgspec.structs.replace(form, amount_minor=500, minimum_spend_minor=5000, uses_per_receipt=1),
        "member_coupon": msgspec.structs.replace(form, who="members"),
        "next_visit": msgspec.structs.replace(form, amount_minor=200, minimum_spend_minor=2000),
    }
    return changes[code]
