from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pos_engine.journal.effects import Used
from pos_engine.journal.errors import JournalError
from pos_engine.journal.replica import CHUNK_ROWS, Replica
from pos_engine.wire.sync import CardBody, Change, ChangePage, CouponBody, MemberBody, OfferUsageBody, ProductBody


def put(position: int, entity: str, entity_id: str, body: object) -> Change:
    return Change(
        position=position,
        entity=entity,
        entity_id=entity_id,
        operation="put",
        body=msgspec.Raw(msgspec.json.encode(body)),
    )


def delete(position: int, entity: str, entity_id: str) -> Change:
    return Change(position=position, entity=entity, entity_id=entity_id, operation="delete")


def page(*changes: Change, more: bool = False) -> ChangePage:
    return ChangePage(changes=changes, next_cursor=changes[-1].position if changes else 0, more=more)


ANNA = MemberBody(member_id="m1", display_name="Anna", groups=("gold",))
CARD = CardBody(card_id="iso14443a:04A1B2C3D4E5F6", member_id="m1")
COUPON = CouponBody(coupon_id="k1", series_id="s", campaign_id="c", member_id="m1", redeemed_by=("till-2:1:9",))
BREAD = ProductBody(product_id="4001", name="Rye bread", categories=("food", "bread"), vat_bp=700)


def test_everything_arrives_and_can_be_asked_for(replica: Replica) -> None:
    replica.apply_changes(
        page(
            put(1, "member", "m1", ANNA),
            put(2, "card", CARD.card_id, CARD),
            put(3, "coupon", "k1", COUPON),
            put(4, "product", "4001", BREAD),
        )
    )
    assert replica.card(CARD.card_id) == CARD
    assert replica.member("m1") == ANNA
    assert replica.coupons_of("m1") == (COUPON,)
    assert replica.coupon("k1") == COUPON
    assert replica.product("4001") == BREAD
    assert replica.products(["4001", "nothing"]) == {"4001": BREAD}
    assert replica.cursor() == 4
    assert (replica.card("x"), replica.member("x"), replica.coupon("x"), replica.product("x")) == (None,) * 4


def test_paper_coupons_belong_to_nobody(replica: Replica) -> None:
    replica.apply_changes(page(put(1, "coupon", "C1", CouponBody(coupon_id="C1", series_id="s", campaign_id="c"))))
    assert replica.coupons_of("") == ()
    assert replica.coupon("C1") is not None


def test_deletes_and_repeated_pages_do_no_harm(replica: Replica) -> None:
    first = page(put(1, "member", "m1", ANNA), put(2, "card", CARD.card_id, CARD))
    replica.apply_changes(first)
    replica.apply_changes(page(delete(3, "card", CARD.card_id), delete(4, "member", "m1")))
    replica.apply_changes(first)
    assert (replica.card(CARD.card_id), replica.member("m1"), replica.cursor()) == (None, None, 4)


def test_of_a_thing_that_comes_twice_in_a_page_the_last_word_counts(replica: Replica) -> None:
    """Rows are written by statement, not one by one: those of one thing must keep their order all the same."""
    renamed = MemberBody(member_id="m1", display_name="Anne")
    replica.apply_changes(
        page(
            put(1, "member", "m1", ANNA),
            put(2, "card", CARD.card_id, CARD),
            delete(3, "member", "m1"),
            delete(4, "card", CARD.card_id),
            put(5, "member", "m1", renamed),
            put(6, "member", "m2", {"display_name": 7}),
            put(7, "member", "m2", MemberBody(member_id="m2", display_name="Bo")),
        )
    )
    assert (replica.member("m1"), replica.card(CARD.card_id)) == (renamed, None)
    assert replica.kept_aside_count() == 0, "what was understood later in the same page makes the old row needless"


def test_a_page_larger_than_a_chunk_arrives_whole(replica: Replica) -> None:
    count = 2 * CHUNK_ROWS + 1
    replica.apply_changes(
        page(*(put(n, "member", f"m{n}", MemberBody(member_id=f"m{n}", display_name="")) for n in range(1, count + 1)))
    )
    assert replica.cursor() == count
    assert replica.member(f"m{count}") is not None


def test_the_cursor_moves_over_an_empty_page(replica: Replica) -> None:
    replica.apply_changes(ChangePage(changes=(), next_cursor=17, more=False))
    assert replica.cursor() == 17


def test_what_is_not_understood_is_kept_aside_and_blocks_nothing(tmp_path: Path, replica: Replica) -> None:
    replica.apply_changes(
        page(
            put(1, "appointment", "a1", {"at": "noon"}),
            put(2, "member", "m1", {"display_name": 7}),
            put(3, "card", CARD.card_id, CARD),
        )
    )
    assert (replica.kept_aside_count(), replica.cursor(), replica.card(CARD.card_id)) == (2, 3, CARD)
    replica.apply_changes(page(put(4, "member", "m1", ANNA)))
    assert replica.kept_aside_count() == 1, "a newer row of the same member makes the old one needless"
    replica.close()
    again = Replica.open(tmp_path / "replica.db")
    assert (again.kept_aside_count(), again.member("m1")) == (1, ANNA)
    again.close()


def test_usage_of_other_tills_is_added_up_and_the_own_one_left_out(replica: Replica) -> None:
    rows = [
        OfferUsageBody(offer_id="o", member_id="", workstation_id="till-1", uses=50, discount_minor=5000),
        OfferUsageBody(offer_id="o", member_id="", workstation_id="till-2", uses=3, discount_minor=300),
        OfferUsageBody(offer_id="o", member_id="", workstation_id="till-3", uses=4, discount_minor=400),
        OfferUsageBody(offer_id="o", member_id="m1", workstation_id="till-2", uses=1, discount_minor=100),
        OfferUsageBody(offer_id="o", member_id="m2", workstation_id="till-2", uses=2, discount_minor=200),
        OfferUsageBody(offer_id="p", member_id="", workstation_id="till-2", uses=9, discount_minor=900),
    ]
    replica.apply_changes(page(*(put(n, "offer_usage", f"u{n}", row) for n, row in enumerate(rows, 1))))
    assert replica.offer_usage(["o", "q"], "m1", but_workstation_id="till-1") == {"o": Used(7, 1, 700)}
    assert replica.offer_usage(["o"], "", but_workstation_id="till-1") == {"o": Used(7, 0, 700)}


def test_a_set_is_staged_then_flipped_and_never_back(replica: Replica) -> None:
    assert (replica.active_set(), replica.received_set_version(), replica.staged_set()) == (None, 0, None)
    replica.stage_set(4, b"four")
    replica.stage_set(5, b"five")
    assert (replica.active_set(), replica.received_set_version()) == (None, 5)
    replica.activate_set(5)
    active = replica.active_set()
    assert active is not None
    assert (active.set_version, active.raw, replica.staged_set()) == (5, b"five", None)
    for version, code in ((4, "set_not_newer"), (6, "set_unknown")):
        with pytest.raises(JournalError) as refused:
            replica.activate_set(version)
        assert refused.value.code == code
    assert replica.active_set() == active
    replica.stage_set(7, b"seven")
    staged = replica.staged_set()
    assert staged is not None
    assert staged.raw == b"seven"
    replica.drop_staged_set(7)
    assert replica.staged_set() is None


@pytest.mark.parametrize("damage", [b"this is no database" * 300, b""], ids=["foreign bytes", "empty"])
def test_a_damaged_replica_is_begun_again(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "damaged.db"
    path.write_bytes(damage)
    fresh = Replica.open(path)
    assert fresh.cursor() == 0
    fresh.apply_changes(page(put(1, "member", "m1", ANNA)))
    assert fresh.member("m1") == ANNA
    fresh.start_over()
    assert (fresh.cursor(), fresh.member("m1")) == (0, None)
    fresh.close()
