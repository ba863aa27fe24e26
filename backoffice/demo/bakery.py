"""Sets up the bakery-café with its garage: members, cards, products, and campaigns of each kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.campaigns.actions import add_version, create_campaign
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.giving import give_coupons
from backoffice.catalogue.feed import tell_products
from backoffice.catalogue.models import Category, Product
from backoffice.catalogue.services import product_search_text
from backoffice.demo.bakery_data import CARD_PREFIX, CATEGORIES, GROUPS, MEMBERS, PRODUCTS
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_group, create_member
from backoffice.organisations.models import Store
from pos_engine.core.money import Tariff

NAME: Final = "Bakery-café and garage"
STORE_ID: Final = "bakery"
ZONE: Final = "Europe/Berlin"
TARIFF: Final = Tariff("EUR", 1, prices_include_tax=True, unknown_vat_bp=1900)

WEDNESDAY: Final = 2
RUNNING_DAYS: Final = 182


def fill(session: Session, doing: Doing, today: date, say: Callable[[str], None]) -> None:
    """Everything of this shop, in the caller's transaction; the organisation is there already."""
    own: dict[str, object] = {"organisation_id": doing.organisation_id}
    now = doing.clock.now()
    session.add(
        Store(
            organisation_id=doing.organisation_id, store_id=STORE_ID, name="Station Road 5", zone=ZONE, created_at=now
        )
    )
    session.flush()
    session.execute(
        insert(Category),
        [own | {"category_id": each, "name": name, "parent_id": parent} for each, name, parent in CATEGORIES],
    )
    rows = [
        own
        | {
            "product_id": product_id,
            "name": name,
            "category_id": category,
            "price_minor": price,
            "vat_bp": vat_bp,
            "line_kind": kind,
            "search_text": product_search_text(product_id, name),
            "updated_at": now,
        }
        for product_id, name, category, price, vat_bp, kind in PRODUCTS
    ]
    session.execute(insert(Product), rows)
    tell_products(session, doing.organisation_id, [product[0] for product in PRODUCTS])
    groups = {name: create_group(session, doing, name).group_id for name in GROUPS}
    for number, (first_name, last_name, language, names) in enumerate(MEMBERS, start=1):
        person = Person(first_name, last_name, email=f"member{number}@demo.example", town="Berlin", postcode="10115")
        values = MemberInput(person, str(number), language, tuple(groups[name] for name in names))
        member = create_member(session, doing, values)
        add_card(session, doing, member.member_id, f"{CARD_PREFIX}{number:08X}")
    forms = campaigns(today, groups)
    for form in forms:
        campaign = create_campaign(session, doing, form)
        add_version(session, doing, campaign)
        give_coupons(session, doing, campaign.campaign_id, form)
    say(f"{NAME}: {len(PRODUCTS)} products, {len(MEMBERS)} members with cards, {len(forms)} campaigns")


def next_wednesday(today: date) -> date:
    """The first Wednesday after today."""
    return today + timedelta(days=(WEDNESDAY - today.weekday() - 1) % 7 + 1)


def campaigns(today: date, groups: dict[str, str]) -> tuple[CampaignForm, ...]:
    """One campaign of each kind, running from today."""
    ends_on = today + timedelta(days=RUNNING_DAYS)
    coffee_day = next_wednesday(today)
    return (
        CampaignForm(
            preset="weekday_percent",
            name="Mondays 10 % on all main dishes",
            starts_on=today,
            ends_on=ends_on,
            percent_bp=1000,
            categories=("main-dishes",),
            weekdays=(0,),
        ),
        CampaignForm(
            preset="weekday_percent",
            name="Friday 10 % on every kind of bread",
            starts_on=today,
            ends_on=ends_on,
            percent_bp=1000,
            categories=("bread",),
            weekdays=(4,),
        ),
        CampaignForm(
            preset="free_product",
            name="Next Wednesday one coffee free",
            starts_on=coffee_day,
            ends_on=coffee_day,
            reward="free",
            free_products=tuple(product[0] for product in PRODUCTS if product[2] == "coffee"),
            who="members",
            uses_per_member=1,
        ),
        CampaignForm(
            kind="next_visit",
            preset="next_visit",
            name="2 € off your next visit",
            starts_on=today,
            ends_on=ends_on,
            reward="amount",
            amount_minor=200,
            minimum_spend_minor=1000,
            valid_from_days=1,
            valid_for_days=28,
        ),
        CampaignForm(
            kind="coupon",
            preset="member_coupon",
            name="Garage customers: 10 % on parts",
            starts_on=today,
            ends_on=today + timedelta(days=56),
            percent_bp=1000,
            categories=("parts",),
            who="members",
            audience_groups=(groups["Garage customers"],),
        ),
        CampaignForm(
            preset="weekday_percent",
            name="Regulars: 5 % on pastry",
            starts_on=today,
            ends_on=ends_on,
            percent_bp=500,
            categories=("pastry",),
            who="groups",
            group_ids=(groups["Regulars"],),
        ),
        CampaignForm(
            preset="spend_amount",
            name="10 € off from 150 € in the garage",
            starts_on=today,
            ends_on=ends_on,
            reward="amount",
            amount_minor=1000,
            minimum_spend_minor=15000,
            minimum_on_targets=True,
            categories=("garage",),
            with_services=True,
            uses_per_receipt=1,
        ),
    )
