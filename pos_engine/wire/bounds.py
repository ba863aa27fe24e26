"""What is plausible in a document: the lowest and highest value of every number, and how much there may be of it.

One table serves the codecs, which refuse with a path, and the JSON Schemas, which show it to others.
"""

from __future__ import annotations

MONEY_MAX_MINOR = 10**12
"""Ten thousand million euros: beyond any till, and small enough for every sum of a basket to stay exact elsewhere."""

LINES_MAX = 10_000
QUANTITY_MAX = 9_999
UNITS_MAX = 100_000
"""Units of one basket in all: the per-unit ledger stays within some megabytes."""

DEPTH_MAX = 20
"""Conditions inside conditions."""

TEXT_MAX = 1_000
"""Characters of any single text or id."""

_MONEY = (0, MONEY_MAX_MINOR)
_MONEY_POSITIVE = (1, MONEY_MAX_MINOR)
_PERCENT = (0, 10_000)
_COUNT = (0, 10**9)
_DAYS = (0, 3_660)

NUMBERS: dict[tuple[str, str], tuple[int, int]] = {
    ("CampaignsFile", "wire_version"): (1, 1),
    ("Tariff", "cash_step_minor"): (1, 100_000),
    ("Tariff", "unknown_vat_bp"): _PERCENT,
    ("BasketLine", "unit_price_minor"): _MONEY,
    ("BasketLine", "quantity"): (1, QUANTITY_MAX),
    ("BasketLine", "vat_bp"): _PERCENT,
    ("PointsSpending", "points"): _COUNT,
    ("PointsSpending", "points_step"): (1, _COUNT[1]),
    ("PointsSpending", "step_minor"): _MONEY_POSITIVE,
    ("PointsSpending", "programme_version"): _COUNT,
    ("BasketLine", "unit_price_floor_minor"): _MONEY,
    ("Programme", "version"): (1, 2**53),
    ("Programme", "points_step"): (1, 1_000_000),
    ("Programme", "step_minor"): (1, 100_000_000),
    ("Programme", "points_min"): _COUNT,
    ("Programme", "pending_days"): (0, 365),
    ("TierLadder", "months"): (1, 120),
    ("TierLadder", "grace_days"): (0, 366),
    ("TierStep", "threshold"): (1, MONEY_MAX_MINOR),
    ("PointsExpiry", "months"): (0, 120),
    ("OfflineRule", "ceiling"): _MONEY,
    ("HeldCoupon", "uses_left"): _COUNT,
    ("OfferLeft", "member_uses"): (-_COUNT[1], _COUNT[1]),
    ("OfferLeft", "total_uses"): (-_COUNT[1], _COUNT[1]),
    ("OfferLeft", "budget_minor"): (-MONEY_MAX_MINOR, MONEY_MAX_MINOR),
    ("ReturnedLine", "quantity"): (1, QUANTITY_MAX),
    ("ReturnedLine", "unit_indexes"): (0, QUANTITY_MAX),
    ("UnitPlace", "unit_index"): (0, QUANTITY_MAX),
    ("Return", "points_pending"): _COUNT,
    ("Return", "earlier_due_minor"): _MONEY,
    ("Moment", "minute_of_day"): (0, 1_439),
    ("Campaign", "version"): (0, 2**53),
    ("Offer", "priority"): (-1_000_000, 1_000_000),
    ("Limits", "uses_per_receipt"): _COUNT,
    ("Limits", "uses_per_member"): _COUNT,
    ("Limits", "uses_total"): _COUNT,
    ("Limits", "budget_minor"): _MONEY,
    ("Limits", "discount_max_minor"): _MONEY,
    ("Limits", "unit_price_floor_minor"): _MONEY,
    ("PeriodLimit", "uses"): _COUNT,
    ("MinimumSpend", "amount_minor"): _MONEY_POSITIVE,
    ("TimeWindow", "from_minute"): (0, 1_439),
    ("TimeWindow", "until_minute"): (0, 1_440),
    ("Weekdays", "days"): (0, 6),
    ("Percent", "percent_bp"): (1, 10_000),
    ("Percent", "units_max"): (1, QUANTITY_MAX),
    ("PercentOfShelf", "percent_bp"): (1, 10_000),
    ("PercentOfShelf", "units_max"): (1, QUANTITY_MAX),
    ("Amount", "amount_minor"): _MONEY_POSITIVE,
    ("Amount", "units_max"): (1, QUANTITY_MAX),
    ("Selector", "unit_price_min_minor"): _MONEY,
    ("Selector", "unit_price_max_minor"): _MONEY,
    ("Member", "birth_month"): (0, 12),
    ("Member", "birth_day"): (0, 31),
    ("Member", "visits"): _COUNT,
    ("Birthday", "days_before"): (0, 180),
    ("Birthday", "days_after"): (0, 180),
    ("NthVisit", "number"): (1, _COUNT[1]),
    ("DaysSinceVisit", "days_min"): _DAYS,
    ("DaysSinceVisit", "days_max"): _DAYS,
    ("MinimumQuantity", "quantity"): (1, QUANTITY_MAX),
    ("DistinctProducts", "count"): (1, QUANTITY_MAX),
    ("AllSame", "count"): (2, QUANTITY_MAX),
    ("AllDifferent", "count"): (2, QUANTITY_MAX),
    ("Points", "points"): _COUNT,
    ("Points", "per_minor"): _MONEY,
    ("Points", "points_max"): _COUNT,
    ("PointsMultiplier", "multiplier_bp"): (10_001, 1_000_000),
    ("Stamps", "stamps"): (1, 10_000),
    ("MultiBuy", "every"): (1, QUANTITY_MAX),
    ("MultiBuy", "count"): (1, QUANTITY_MAX),
    ("MultiBuy", "percent_bp"): (1, 10_000),
    ("NthUnit", "places_bp"): _PERCENT,
    ("AnyForPrice", "count"): (1, QUANTITY_MAX),
    ("AnyForPrice", "price_minor"): _MONEY,
    ("FixedUnitPrice", "price_minor"): _MONEY,
    ("Slot", "quantity"): (1, QUANTITY_MAX),
    ("SlotBundle", "price_minor"): _MONEY,
    ("SlotBundle", "percent_bp"): (1, 10_000),
    ("BuyGet", "buy_quantity"): (1, QUANTITY_MAX),
    ("BuyGet", "get_quantity"): (1, QUANTITY_MAX),
    ("BuyGet", "percent_bp"): (1, 10_000),
    ("LadderStep", "from_minor"): _MONEY,
    ("LadderStep", "amount_minor"): _MONEY,
    ("LadderStep", "percent_bp"): _PERCENT,
    ("LadderStep", "each_minor"): _MONEY,
    ("FreeProduct", "quantity"): (1, QUANTITY_MAX),
    ("CouponLater", "valid_from_days"): _DAYS,
    ("CouponLater", "valid_for_days"): (1, 3_660),
}
"""(class, field) → lowest and highest value; for a list, of each entry. In basis points 10,000 is 100 %."""

NOT_EMPTY: frozenset[tuple[str, str]] = frozenset(
    {
        ("BasketLine", "line_id"),
        ("Campaign", "campaign_id"),
        ("Campaign", "offers"),
        ("Offer", "offer_id"),
        ("Weekdays", "days"),
        ("TimeWindows", "windows"),
        ("Store", "store_ids"),
        ("Group", "groups"),
        ("CouponHeld", "series_id"),
        ("CouponPresented", "series_id"),
        ("FreeProduct", "product_ids"),
        ("NthUnit", "places_bp"),
        ("Return", "lines"),
        ("Workstation", "workstation_ids"),
        ("Channel", "channels"),
        ("Tier", "tiers"),
        ("Segment", "segments"),
        ("Tender", "tenders"),
        ("CardTechnology", "technologies"),
        ("Stamps", "stamp_card_id"),
        ("Message", "message"),
        ("SlotBundle", "bundle_slots"),
        ("SpendLadder", "steps"),
        ("CouponLater", "series_id"),
        ("Member", "member_id"),
        ("HeldCoupon", "coupon_id"),
        ("PresentedCoupon", "coupon_id"),
        ("TierStep", "tier_id"),
        ("TierStep", "name"),
    }
)
"""(class, field) that must hold at least one character or entry."""
