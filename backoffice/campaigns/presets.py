"""What a campaign can be started from: each preset is a form that is filled in already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Literal

from backoffice.campaigns.form import CampaignForm, Kind, RewardKind, Step

DAYS_OF_A_NEW_CAMPAIGN: Final = 28
DAYS_OF_A_YEAR: Final = 364
"""What comes round once a year for each member runs for a year."""

PresetGroup = Literal["price", "several", "coupons", "members"]
GROUPS: Final[tuple[PresetGroup, ...]] = ("price", "several", "coupons", "members")
"""In the order of the page."""


@dataclass(frozen=True)
class Preset:
    """A start of a campaign: its code, picture, what it fills in, and how many days it runs (0: today only)."""

    code: str
    icon: str
    group: PresetGroup
    kind: Kind
    reward: RewardKind
    fills: Mapping[str, Any] = field(default_factory=dict)
    days: int = DAYS_OF_A_NEW_CAMPAIGN


PRESETS: Final = (
    Preset("weekday_percent", "percent", "price", "offer", "percent", {"percent_bp": 1000, "weekdays": (0,)}),
    Preset(
        "happy_hour",
        "clock",
        "price",
        "offer",
        "percent",
        {"percent_bp": 2000, "from_minute": 16 * 60, "until_minute": 18 * 60},
    ),
    Preset("free_product", "gift", "price", "offer", "free", {"who": "members", "uses_per_member": 1}, days=0),
    Preset(
        "spend_amount",
        "coin",
        "price",
        "offer",
        "amount",
        {"amount_minor": 500, "minimum_spend_minor": 5000, "uses_per_receipt": 1},
    ),
    Preset(
        "spend_steps",
        "stairs",
        "price",
        "offer",
        "ladder",
        {"steps": (Step(from_minor=5000, amount_minor=500), Step(from_minor=10_000, amount_minor=1200))},
    ),
    Preset(
        "each_full",
        "stairs",
        "price",
        "offer",
        "ladder",
        {"steps": (Step(from_minor=10_000, amount_minor=2000),), "steps_repeat": True},
    ),
    Preset("three_for_two", "stack", "several", "offer", "multi_buy"),
    Preset("second_half", "half", "several", "offer", "multi_buy", {"buy_every": 2, "buy_percent_bp": 5000}),
    Preset("bundle_price", "basket", "several", "offer", "bundle_price", {"bundle_price_minor": 500}),
    Preset("member_coupon", "card", "coupons", "coupon", "percent", {"percent_bp": 1000, "who": "members"}),
    Preset("paper_codes", "receipt", "coupons", "codes", "percent", {"percent_bp": 1000, "uses_per_receipt": 1}),
    Preset(
        "next_visit", "receipt", "coupons", "next_visit", "amount", {"amount_minor": 200, "minimum_spend_minor": 2000}
    ),
    Preset(
        "voucher_each_full",
        "ticket",
        "coupons",
        "next_visit",
        "amount",
        {"amount_minor": 2000, "minimum_spend_minor": 10_000, "coupons_per_receipt": 5, "valid_for_days": 90},
    ),
    Preset(
        "stamp_card", "stamp", "members", "stamps", "free", {"who": "members", "valid_for_days": 90}, DAYS_OF_A_YEAR
    ),
    Preset("double_points", "star", "members", "offer", "points_times", {"who": "members", "weekdays": (1,)}),
    Preset(
        "birthday_points",
        "cake",
        "members",
        "offer",
        "points_times",
        {"who": "members", "birthday": True},
        DAYS_OF_A_YEAR,
    ),
    Preset(
        "birthday_gift",
        "gift",
        "members",
        "offer",
        "free",
        {"who": "members", "birthday": True, "uses_per_member": 1},
        DAYS_OF_A_YEAR,
    ),
    Preset(
        "welcome",
        "heart",
        "members",
        "offer",
        "percent",
        {"who": "members", "percent_bp": 1000, "visit_number": 1, "uses_per_member": 1},
        DAYS_OF_A_YEAR,
    ),
    Preset(
        "welcome_back",
        "back",
        "members",
        "offer",
        "percent",
        {"who": "members", "percent_bp": 1000, "away_days": 60, "uses_per_member": 1},
    ),
    Preset(
        "tier_percent", "trophy", "members", "offer", "percent", {"who": "tiers", "percent_bp": 500}, DAYS_OF_A_YEAR
    ),
)
"""What can be started from, in the order of the page; the words are in `campaigns.preset_words`."""


def form_of_preset(code: str, today: date) -> CampaignForm | None:
    """The filled-in start of a campaign; None when there is no such preset."""
    preset = next((each for each in PRESETS if each.code == code), None)
    if preset is None:
        return None
    return CampaignForm(
        kind=preset.kind,
        preset=code,
        reward=preset.reward,
        starts_on=today,
        ends_on=today + timedelta(days=preset.days),
        **preset.fills,
    )
