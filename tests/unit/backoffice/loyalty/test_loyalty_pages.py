"""The page of the programme, and a member's accounts with corrections, as staff use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from backoffice.loyalty import programme
from backoffice.loyalty.ledger import balances_of
from backoffice.members.models import Card
from backoffice.sync_api.models import CampaignSetRow
from pos_engine.core.programme import OfflineRule, PointsExpiry, TierStep
from pos_engine.wire.campaigns import load_set
from tests.support.office import OfficeBench, SellingTill, card_of, csrf_free

FORM = {
    "earn_points": "1",
    "earn_per": "1.00",
    "earn_mode": "half_up",
    "points_step": "50",
    "step_worth": "0.50",
    "points_min": "100",
    "pending_days": "0",
    "as_discount": "yes",
    "spent_points": "within_balance",
    "points_offline": "bounded",
    "points_ceiling": "200",
    "value_offline": "strict",
    "value_ceiling": "",
    "expiry": "year_end",
    "expiry_months": "12",
    "measure": "spend",
    "window": "rolling",
    "tier_months": "12",
    "grace_days": "30",
    "tier_1": "Silver",
    "tier_1_from": "200.00",
    "tier_2": "Gold",
    "tier_2_from": "1,000.00",
}


@pytest.fixture
def shop(bench: OfficeBench) -> Iterator[OfficeBench]:
    with csrf_free(bench.app):
        yield bench


def member_id(shop: OfficeBench) -> str:
    with shop.office.database.read() as reader:
        return reader.scalars(select(Card.member_id).where(Card.card_id == card_of(2))).one()


def saved(shop: OfficeBench) -> programme.Saved | None:
    with shop.office.database.read() as reader:
        return programme.current(reader, shop.organisation_id)


def test_the_form_becomes_a_programme_in_every_tills_set(shop: OfficeBench) -> None:
    client = shop.client()
    assert "Points and tiers" in client.get("/programme").text
    answer = client.post("/programme", data=FORM, follow_redirects=True)
    assert "The programme is published" in answer.text
    kept = saved(shop)
    assert kept is not None
    rules = kept.programme
    assert (rules.points_step, rules.step_minor, rules.points_min, rules.as_discount, rules.as_tender) == (
        (50, 50, 100, True, False)
    )
    assert (rules.expiry, rules.points_offline) == (PointsExpiry("year_end", 12), OfflineRule("bounded", 200))
    assert rules.tiers.steps == (TierStep("silver", "Silver", 20_000), TierStep("gold", "Gold", 100_000))
    with shop.office.database.read() as reader:
        raw = reader.scalars(select(CampaignSetRow.raw).order_by(CampaignSetRow.set_version.desc())).first()
    assert raw is not None
    loaded = load_set(raw)
    assert loaded.programme == rules
    assert programme.EARNING in {campaign.campaign_id for campaign in loaded.campaigns}
    assert 'value="1000.00"' in client.get("/programme").text
    # The same again is no new version; another name is, and the tier that stays keeps its id.
    client.post("/programme", data=FORM)
    assert saved(shop) == kept
    client.post("/programme", data=FORM | {"tier_1": "Bronze", "tier_1_from": "100.00"})
    again = saved(shop)
    assert again is not None
    assert [step.tier_id for step in again.programme.tiers.steps] == ["bronze", "gold"]
    assert again.programme.version == 2


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"points_step": "0"}, "Points at a time: a whole number from 1"),
        ({"points_step": "many"}, "Points at a time: a whole number from 1"),
        ({"step_worth": "0"}, "What they are worth: the amount is too small"),
        ({"earn_per": "cheap"}, "For every amount of: "),
        ({"tier_2_from": "150.00"}, "Gold must ask for more than Silver"),
        ({"tier_2": "Silver"}, "The tier Silver is listed twice"),
        ({"expiry": "tomorrow"}, "tomorrow cannot be chosen here"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(shop: OfficeBench, wrong: dict[str, str], says: str) -> None:
    answer = shop.client().post("/programme", data=FORM | wrong)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="Silver"' in answer.text, "what was typed stays"
    assert saved(shop) is None


def test_only_who_may_publish_may_save(shop: OfficeBench) -> None:
    assert shop.client("clerk").get("/programme").status_code == 200
    assert shop.client("auditor").post("/programme", data=FORM).status_code == 403


def test_a_set_without_a_programme_is_byte_for_byte_as_before(shop: OfficeBench) -> None:
    shop.publish()
    with shop.office.database.read() as reader:
        raw = reader.scalars(select(CampaignSetRow.raw).order_by(CampaignSetRow.set_version.desc())).first()
    assert raw is not None
    assert "programme" not in msgspec.json.decode(raw)


def test_the_members_page_has_balances_history_and_the_way_to_the_next_tier(shop: OfficeBench, tmp_path: Path) -> None:
    client = shop.client()
    client.post("/programme", data=FORM)
    till = SellingTill(tmp_path / "till", shop)
    till.refresh()
    till.sell(("x", 25_000, 1), card_id=card_of(2))
    till.sync_until_quiet()
    till.close()
    page = client.get(f"/members/{member_id(shop)}").text
    assert "worth €2.50" in page
    assert "€750.00 more to Gold" in page
    assert "expire after Dec 31, 2027" in page
    overview = client.get("/programme").text
    assert "worth €2.50" in overview


def test_a_correction_with_its_reason_and_undo(shop: OfficeBench) -> None:
    client, member = shop.client("clerk"), member_id(shop)
    url = f"/members/{member}/accounts"

    def balances() -> dict[str, int]:
        with shop.office.database.read() as reader:
            return balances_of(reader, shop.organisation_id, member)

    answer = client.post(url, data={"unit": "value", "amount": "-1.50", "reason": "till error"}, follow_redirects=True)
    assert "The correction is booked" in answer.text
    assert "till error" in answer.text
    client.post(url, data={"unit": "stamps", "card": "coffee", "amount": "3", "reason": "old card"})
    assert balances() == {"stamps:coffee": 3, "value": -150}
    assert (
        "is not a whole number"
        in client.post(url, data={"unit": "points", "amount": "1.5", "reason": "x"}, follow_redirects=True).text
    )
    undo = answer.text.split(f"{url}/")[1].split('"')[0]
    assert "counter-booking" in client.post(f"{url}/{undo}", follow_redirects=True).text
    assert balances() == {"stamps:coffee": 3, "value": 0}
    assert shop.client("auditor").post(url, data={}).status_code == 403
