"""What the presets are called, what each is good for, and under which headings they stand."""

from __future__ import annotations

from backoffice.campaigns.presets import PresetGroup
from backoffice.i18n import gettext as _


def group_title(group: PresetGroup) -> str:
    """The heading over some presets."""
    return {
        "price": _("Off the price"),
        "several": _("For several pieces"),
        "coupons": _("Coupons"),
        "members": _("Points, birthdays and regulars"),
    }[group]


def preset_title(code: str) -> str:
    """What a preset is called."""
    return {
        "weekday_percent": _("Percent off on certain days"),
        "happy_hour": _("Happy hour"),
        "free_product": _("A product for free"),
        "spend_amount": _("Amount off from a minimum spend"),
        "spend_steps": _("The more, the cheaper"),
        "each_full": _("Amount off for each full 100"),
        "three_for_two": _("Three for two"),
        "second_half": _("The second at half price"),
        "bundle_price": _("Several for one price"),
        "member_coupon": _("Coupon for members"),
        "paper_codes": _("Coupons on leaflets, or a code for all"),
        "next_visit": _("Coupon for the next visit"),
        "voucher_each_full": _("A voucher for each full 100"),
        "stamp_card": _("Stamp card"),
        "double_points": _("Double points"),
        "birthday_points": _("Double points in the birthday week"),
        "birthday_gift": _("Birthday present"),
        "welcome": _("Welcome on the first visit"),
        "welcome_back": _("Welcome back"),
        "tier_percent": _("For gold members"),
    }.get(code, code)


def preset_example(code: str) -> str:
    """What it is good for."""
    return {
        "weekday_percent": _("“Mondays 10 %% on all main dishes”, “Friday 10 %% on every kind of bread”."),
        "happy_hour": _("“From four to six all cakes 20 %% off”."),
        "free_product": _("“Next Wednesday one coffee free”."),
        "spend_amount": _("“5 off when you spend 50”, on the whole basket or on some goods."),
        "spend_steps": _("“5 off from 50, 12 off from 100”."),
        "each_full": _("“20 off for each full 100 spent”, at once."),
        "three_for_two": _("“Buy three, pay two”: of every three pieces the cheapest is free."),
        "second_half": _("“The second loaf at half price”."),
        "bundle_price": _("“Any three rolls for 5”."),
        "member_coupon": _(
            "The card alone is the key: reading it takes the discount off. For groups or single members."
        ),
        "paper_codes": _("Thousands of papers with a code of their own, each good once; or one code like SUMMER26."),
        "next_visit": _("Printed on the receipt today, redeemed from paper at a later visit."),
        "voucher_each_full": _(
            "“For each full 100 spent a voucher of 20 for the next visit”, on paper or on the card."
        ),
        "stamp_card": _("“The tenth coffee is free”: stamps are collected on the card."),
        "double_points": _("“Tuesdays double points”, on everything or on some goods."),
        "birthday_points": _("“Double points from three days before your birthday to three days after it”."),
        "birthday_gift": _("“A piece of cake for your birthday”, once for each member."),
        "welcome": _("“10 %% off on your first visit with the card”."),
        "welcome_back": _("“We have missed you”: for members who were not here for two months."),
        "tier_percent": _("“5 %% off for gold members”, for the tiers of your programme."),
    }.get(code, "")
