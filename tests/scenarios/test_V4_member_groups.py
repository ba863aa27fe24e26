"""V4: members are put in groups, and a member may be in several. V1: a coupon goes to groups, or to one member."""

from __future__ import annotations

from pathlib import Path

from tests.support.office import OfficeBench, SellingTill
from tests.support.shop_desk import ShopDesk

ANNA, BEN, CLARA = (f"iso14443a:04C0FFEE0000{number:02X}" for number in (1, 2, 3))
LASAGNE = ("5001", 980, 1)


def test_v4_v1_who_is_in_two_groups_gets_one_coupon_and_each_member_of_either_gets_theirs(
    office: OfficeBench, tmp_path: Path
) -> None:
    desk = ShopDesk(office)
    birds, walkers = desk.group("Early birds"), desk.group("Walkers")
    anna = desk.member("Anna", ANNA, birds, walkers)
    desk.member("Ben", BEN, walkers)
    clara = desk.member("Clara", CLARA)
    assert "Early birds Walkers" in desk.page(f"/members/{anna}").text
    desk.campaign(
        "member_coupon", name="2 € for friends", reward="amount", amount="2.00", audience_groups=[birds, walkers]
    )
    desk.campaign("member_coupon", name="4 € for Clara", reward="amount", amount="4.00", audience_members=[clara])
    till = SellingTill(tmp_path / "till", office)
    try:
        saved = {
            who: [till.sell(LASAGNE, card_id=card).total_discount_minor for _again in range(2)]
            for who, card in {"Anna": ANNA, "Ben": BEN, "Clara": CLARA, "nobody": ""}.items()
        }
    finally:
        till.close()
    assert saved == {"Anna": [200, 0], "Ben": [200, 0], "Clara": [400, 0], "nobody": [0, 0]}
    assert desk.page(f"/members/{anna}").text.count("2 € for friends") == 1
