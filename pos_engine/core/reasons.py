"""The stable codes of every reason, and the parameters each sentence needs.

Law: a code once published keeps its meaning; parameters are only added. Names ending in `_minor` are money in minor
units, names ending in `_on` are ISO dates, `weekdays` lists day numbers (Monday is 0) separated by commas.
"""

from __future__ import annotations

APPLIED = "applied"
COUPON_EARNED = "coupon_earned"
POINTS_EARNED = "points_earned"
STAMPS_EARNED = "stamps_earned"
MESSAGE = "message"

LOST_TO = "lost_to"
NOTHING_TO_SAVE = "nothing_to_save"
DECLINED = "declined"
REGISTER_PRICE = "register_price"

CAMPAIGN_NOT_STARTED = "campaign_not_started"
CAMPAIGN_OVER = "campaign_over"
CAMPAIGN_UNKNOWN_KIND = "campaign_unknown_kind"
CAMPAIGN_UNREADABLE = "campaign_unreadable"
CAMPAIGN_CHANGED_ON_THE_WAY = "campaign_changed_on_the_way"

WRONG_DATE = "wrong_date"
WRONG_WEEKDAY = "wrong_weekday"
WRONG_TIME = "wrong_time"
WRONG_STORE = "wrong_store"
WRONG_WORKSTATION = "wrong_workstation"
WRONG_CHANNEL = "wrong_channel"
WRONG_TENDER = "wrong_tender"
WRONG_CARD = "wrong_card"

NO_MEMBER = "no_member"
NOT_IN_GROUP = "not_in_group"
NOT_IN_TIER = "not_in_tier"
NOT_IN_SEGMENT = "not_in_segment"
NOT_BIRTHDAY = "not_birthday"
OTHER_VISIT = "other_visit"
OTHER_LAST_VISIT = "other_last_visit"
COUPON_NOT_HELD = "coupon_not_held"
COUPON_NOT_PRESENTED = "coupon_not_presented"
COUPON_NOT_YET_VALID = "coupon_not_yet_valid"
COUPON_EXPIRED = "coupon_expired"
COUPON_REDEEMED = "coupon_redeemed"
COUPON_NOT_CONFIRMED = "coupon_not_confirmed"
COUPON_USED_BY_OTHER = "coupon_used_by_other"

MISSING_SPEND = "missing_spend"
MISSING_UNITS = "missing_units"
MISSING_PRODUCTS = "missing_products"
MISSING_SAME = "missing_same"
MISSING_DIFFERENT = "missing_different"
TARGET_NOT_IN_BASKET = "target_not_in_basket"
FREE_PRODUCT_NOT_IN_BASKET = "free_product_not_in_basket"
EXCLUDED = "excluded"

LIMIT_RECEIPT = "limit_receipt"
LIMIT_MEMBER = "limit_member"
LIMIT_TOTAL = "limit_total"
LIMIT_MEMBER_DAY = "limit_member_day"
LIMIT_MEMBER_WEEK = "limit_member_week"
LIMIT_MEMBER_MONTH = "limit_member_month"
LIMIT_DAY = "limit_day"
LIMIT_WEEK = "limit_week"
LIMIT_MONTH = "limit_month"
BUDGET_SPENT = "budget_spent"
FLOOR_REACHED = "floor_reached"

REASON_PARAMS: dict[str, tuple[str, ...]] = {
    APPLIED: ("discount_minor",),
    COUPON_EARNED: ("title",),
    POINTS_EARNED: ("points",),
    STAMPS_EARNED: ("stamps",),
    MESSAGE: ("message",),
    LOST_TO: ("winner_offer_id", "winner_name", "by_minor"),
    NOTHING_TO_SAVE: (),
    DECLINED: (),
    REGISTER_PRICE: (),
    CAMPAIGN_NOT_STARTED: ("starts_on",),
    CAMPAIGN_OVER: ("ends_on",),
    CAMPAIGN_UNKNOWN_KIND: (),
    CAMPAIGN_UNREADABLE: (),
    CAMPAIGN_CHANGED_ON_THE_WAY: (),
    WRONG_DATE: ("starts_on", "ends_on"),
    WRONG_WEEKDAY: ("weekdays",),
    WRONG_TIME: ("windows",),
    WRONG_STORE: (),
    WRONG_WORKSTATION: (),
    WRONG_CHANNEL: (),
    WRONG_TENDER: ("tenders",),
    WRONG_CARD: (),
    NO_MEMBER: (),
    NOT_IN_GROUP: ("groups",),
    NOT_IN_TIER: ("tiers",),
    NOT_IN_SEGMENT: (),
    NOT_BIRTHDAY: (),
    OTHER_VISIT: ("visit",),
    OTHER_LAST_VISIT: (),
    COUPON_NOT_HELD: ("series_id",),
    COUPON_NOT_PRESENTED: ("series_id",),
    COUPON_NOT_YET_VALID: ("coupon_id", "valid_on"),
    COUPON_EXPIRED: ("coupon_id", "expired_on"),
    COUPON_REDEEMED: ("coupon_id",),
    COUPON_NOT_CONFIRMED: ("coupon_id",),
    COUPON_USED_BY_OTHER: ("winner_offer_id", "winner_name"),
    MISSING_SPEND: ("missing_minor", "minimum_minor"),
    MISSING_UNITS: ("missing",),
    MISSING_PRODUCTS: ("missing",),
    MISSING_SAME: ("missing",),
    MISSING_DIFFERENT: ("missing",),
    TARGET_NOT_IN_BASKET: (),
    FREE_PRODUCT_NOT_IN_BASKET: ("products",),
    EXCLUDED: (),
    LIMIT_RECEIPT: (),
    LIMIT_MEMBER: (),
    LIMIT_TOTAL: (),
    LIMIT_MEMBER_DAY: (),
    LIMIT_MEMBER_WEEK: (),
    LIMIT_MEMBER_MONTH: (),
    LIMIT_DAY: (),
    LIMIT_WEEK: (),
    LIMIT_MONTH: (),
    BUDGET_SPENT: (),
    FLOOR_REACHED: (),
}
"""Every code with the names of its parameters."""

HINTS: frozenset[str] = frozenset(
    {
        MISSING_SPEND,
        MISSING_UNITS,
        MISSING_PRODUCTS,
        MISSING_SAME,
        MISSING_DIFFERENT,
        FREE_PRODUCT_NOT_IN_BASKET,
        NO_MEMBER,
    }
)
"""Reasons that the customer can change now; a cashier's screen shows them first."""

PERIOD_LIMITS: dict[tuple[str, str], str] = {
    ("member", "day"): LIMIT_MEMBER_DAY,
    ("member", "week"): LIMIT_MEMBER_WEEK,
    ("member", "month"): LIMIT_MEMBER_MONTH,
    ("total", "day"): LIMIT_DAY,
    ("total", "week"): LIMIT_WEEK,
    ("total", "month"): LIMIT_MONTH,
}
"""Whose uses are counted, and the period → the code of that limit."""
