"""C6: a membership card is issued, lost and replaced: points and tier stay the member's, the old card opens nothing."""

from __future__ import annotations

from pathlib import Path

from pos_engine.ports.devices import CardIdentity, CardPresented
from tests.support.office import OfficeBench, SellingTill
from tests.support.shop_desk import ShopDesk

OLD, NEW = CardIdentity("iso14443a", "04C0FFEE000021"), CardIdentity("iso14443a", "04C0FFEE000022")
CROISSANT = ("4101", 180)


def test_c6_a_lost_card_is_replaced_and_nothing_of_the_member_is_lost(office: OfficeBench, tmp_path: Path) -> None:
    desk = ShopDesk(office)
    desk.send(
        "/programme", r"/programme$", earn_points="1", earn_per="1.00", measure="points",
        tier_1="Silver", tier_1_from="15",
    )  # fmt: skip
    anna = desk.member("Anna", OLD.card_id)
    tills = [SellingTill(tmp_path / name, office, name=name) for name in ("Front till", "Back till")]
    front, back = tills
    try:
        assert points(front, 10, OLD) == 18
        front.sync_until_quiet()
        assert "Silver" in desk.page(f"/members/{anna}").text  # the upgrade of the tier

        desk.send(f"/members/{anna}", r"/block$")  # she calls: it is lost
        for till in tills:
            till.refresh()
            assert blocked(till, OLD)

        replaced = desk.send(f"/members/{anna}", r"/cards$", replaces=OLD.card_id, card_id=NEW.card_id)
        assert "which no till takes any more" in replaced.text
        assert desk.cards(anna) == {OLD.card_id: "replaced", NEW.card_id: "active"}
        for till in tills:
            till.refresh()
            assert blocked(till, OLD)
        assert points(back, 5, NEW) == 18 + 9
        member = back.checkout.screen()
        assert member.sale is None or member.sale.state == "closed"
        back.sync_until_quiet()
        assert "Points 27" in desk.page(f"/members/{anna}").text
    finally:
        for till in tills:
            till.close()


def points(till: SellingTill, croissants: int, card: CardIdentity) -> int:
    """What the receipt says the member has after buying so many."""
    closed = till.sell((*CROISSANT, croissants), card_id=card.card_id)
    (balance,) = [told.balance for told in closed.balances if told.unit == "points"]
    return balance


def blocked(till: SellingTill, card: CardIdentity) -> bool:
    """Whether a tap of it greets nobody, and buying with it earns nothing."""
    till.checkout.reader_event("counter", CardPresented(card))
    message = till.checkout.screen().message
    assert message is not None
    closed = till.sell((*CROISSANT, 1), card_id=card.card_id)
    return not closed.member_id and message.code in {"card_blocked", "card_replaced"}
