"""An older copy of the back-office is put back: what it lent counts on, nothing is lent twice, tills read anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.sync_api.changes import record_change
from backoffice.sync_api.lives import FIRST_LIFE, go_on_without, owing_tills, present_life
from pos_engine.core.offline import Offline
from pos_engine.wire.rights import RIGHTS_MAX, RightAnswer, RightAsk
from pos_engine.wire.sync import MemberBody
from tests.support.databases import ON_POSTGRESQL
from tests.support.rights_bench import FACE_MINOR, Counter, Shop

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="copies of a SQLite file")

SAID = pytest.mark.parametrize("said", [True, False], ids=["backoffice restore", "files copied"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path, Offline("strict"))
    yield shop
    shop.close()


def fetch(counter: Counter, sale_ref: str) -> int:
    """The sale wishes for the coupon and the till asks for it; what it takes off then."""
    counter.ring(sale_ref)
    for _ in range(4):
        counter.talk()
    return counter.ring(sale_ref).total_discount_minor


def life(shop: Shop) -> str:
    with shop.office.database.read() as session:
        return present_life(session, shop.office.organisation_id)


def owing(shop: Shop) -> dict[str, bool]:
    with shop.office.database.read() as session:
        return {x.workstation_id: x.told for x in owing_tills(session, shop.office.organisation_id)}


def add_member(shop: Shop, member_id: str, *, on_record: bool = False) -> None:
    """A member whom tills hear of; `on_record`: as if somebody had added them on a page."""
    office = shop.office
    body = msgspec.json.encode(MemberBody(member_id=member_id, display_name=member_id))

    def work(tx: Session) -> None:
        record_change(tx, office.organisation_id, "member", member_id, "put", body)
        if on_record:
            Doing(office.organisation_id, "anna", office.clock, office.ids).note(
                tx, "member_added", "member", member_id
            )

    run_in_tx(office.database.write, work)


def settle(*counters: Counter) -> None:
    for _ in range(3):
        for counter in counters:
            counter.till.sync_until_quiet()
            counter.talk()


@SAID
def test_what_was_lent_after_the_copy_is_not_lent_again(shop: Shop, said: bool) -> None:
    one, two = shop.counter("One"), shop.counter("Two")
    fetch(two, "s0")
    two.checkout.void("s0", "17")
    two.talk()
    copy = shop.copy()
    one.ring("s1")
    for counter in (one, two, two, one, one):
        counter.talk()
    assert fetch(one, "s1") == FACE_MINOR, "the coupon went over to the first till, after the copy"
    shop.put_back(copy, said=said)
    one.till.sync_until_quiet()
    assert (life(shop) != FIRST_LIFE) == said
    one.talk()
    assert life(shop) != FIRST_LIFE, "who copied files is found out by the first till that was told more"
    assert fetch(two, "s2") == 0
    assert one.ring("s1").total_discount_minor == FACE_MINOR, "what it holds counts on, meanwhile too"
    settle(one, two)
    assert fetch(two, "s2") == 0, "it is lent to the other till, and that is known again"
    one.pay("s1", 1_500)
    settle(one, two)
    assert two.sell("s3") == 0
    assert sum(use.units for use in shop.uses()) == 1
    one_id = one.till.journal.identity()
    assert one_id is not None
    assert {loan.workstation_id for loan in shop.loans() if loan.granted > loan.returned} == {one_id.workstation_id}


def test_it_lends_again_as_soon_as_every_till_has_told(shop: Shop) -> None:
    one, two = shop.counter("One"), shop.counter("Two")
    fetch(one, "s1")
    one.checkout.void("s1", "17")
    shop.put_back(shop.copy(), said=True)
    assert list(owing(shop).values()) == [False, False]
    settle(one)
    assert len(owing(shop)) == 1
    assert fetch(two, "s2") == 0, "this till itself never borrowed, and has not said so yet"
    settle(two, one)
    assert not owing(shop)
    for counter in (two, one, one, two):
        counter.ring("s2") if counter is two else None
        counter.talk()
    assert two.sell("s2") == FACE_MINOR


def test_a_till_with_many_rights_tells_them_in_pages(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Offline("strict"), coupons=3)
    try:
        one = shop.counter("One")
        asked: list[RightAsk] = []
        lender = one.rights._lender

        def noted(ask: RightAsk) -> RightAnswer:
            asked.append(ask)
            return lender(ask)

        one.rights._lender = noted
        copy = shop.copy()
        fetch(one, "s1")
        shop.put_back(copy, said=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pos_engine.journal.rights_held.RIGHTS_MAX", 2)
            settle(one)
        pages = [ask for ask in asked if ask.held is not None]
        assert [(len(page.held or ()), page.held_more) for page in pages] == [(2, True), (1, False)]
        assert RIGHTS_MAX > 2
        assert not owing(shop), "its first life towards the back-office: there is none that nobody knows"
        assert sum(loan.granted for loan in shop.loans()) == 3
        assert one.sell("s1") >= FACE_MINOR
    finally:
        shop.close()


def test_a_till_that_lost_power_since_waits_for_a_person(shop: Shop) -> None:
    one, two = shop.counter("One"), shop.counter("Two")
    fetch(two, "s0")
    two.checkout.void("s0", "17")
    copy = shop.copy()
    two.restart(properly=False)
    shop.put_back(copy, said=True)
    settle(one, two)
    fetch(two, "s2")
    two_id = two.till.journal.identity()
    assert two_id is not None
    assert owing(shop) == {two_id.workstation_id: True}, "what its life before had, nobody knows"
    office = shop.office
    doing = Doing(office.organisation_id, "anna", office.clock, office.ids)
    run_in_tx(office.database.write, lambda tx: go_on_without(tx, doing, two_id.workstation_id))
    assert not owing(shop)
    with pytest.raises(InputError):
        run_in_tx(office.database.write, lambda tx: go_on_without(tx, doing, two_id.workstation_id))
    assert fetch(one, "s3") == 0, "the copy knows that the old life has it; a person frees that"


def test_what_nobody_knows_stays_unknown_when_another_copy_is_put_back(shop: Shop) -> None:
    one, two = shop.counter("One"), shop.counter("Two")
    copy = shop.copy()
    assert fetch(one, "s1") == FACE_MINOR
    one.restart(properly=False)
    shop.put_back(copy, said=True)
    settle(one, two)
    assert list(owing(shop).values()) == [True]
    shop.put_back(shop.copy(), said=True)
    settle(one, two)
    assert list(owing(shop).values()) == [True], "the till has told twice what it has now, not what it had then"
    assert fetch(two, "s2") == 0


def test_a_till_that_owes_news_of_one_copy_is_news_of_the_next(shop: Shop) -> None:
    one = shop.counter("One")
    fetch(one, "s1")
    shop.put_back(shop.copy(), said=True)
    one.till.sync_until_quiet()
    assert list(owing(shop).values()) == [False], "it has not told yet what it holds"
    copy = shop.copy()
    add_member(shop, "late", on_record=True)
    one.till.sync_until_quiet()
    shop.put_back(copy, said=False)
    for member_id in ("new-1", "new-2", "new-3"):
        add_member(shop, member_id, on_record=True)
    one.till.sync_until_quiet()
    assert one.till.replica.member("late") is None
    assert one.till.replica.member("new-1") is not None


def test_who_was_given_up_holds_nothing_when_it_comes_back(shop: Shop) -> None:
    one, two = shop.counter("One"), shop.counter("Two")
    copy = shop.copy()
    assert fetch(one, "s1") == FACE_MINOR
    shop.put_back(copy, said=True)
    settle(two)
    office = shop.office
    one_id = one.till.journal.identity()
    assert one_id is not None
    doing = Doing(office.organisation_id, "anna", office.clock, office.ids)
    run_in_tx(office.database.write, lambda tx: go_on_without(tx, doing, one_id.workstation_id))
    assert fetch(two, "s2") == FACE_MINOR, "a person said that the other till does not come back"
    one.talk()
    assert one.ring("s1").total_discount_minor == 0


def test_the_feed_is_read_anew_at_the_next_contact(shop: Shop) -> None:
    """The copy's head grows past the till's cursor before the till comes: positions mean other changes now."""
    one = shop.counter("One")
    copy = shop.copy()
    add_member(shop, "forgotten")
    one.till.sync_until_quiet()
    assert one.till.replica.member("forgotten") is not None
    shop.put_back(copy, said=True)
    for member_id in ("new-1", "new-2", "new-3"):
        add_member(shop, member_id)
    one.till.sync_until_quiet()
    assert one.till.replica.member("forgotten") is None
    assert one.till.replica.member("new-1") is not None
    cursor = one.till.replica.cursor()
    shop.office.clock.forward(timedelta(minutes=1))
    one.till.sync_until_quiet()
    assert one.till.replica.cursor() == cursor, "and once only"


def test_a_cursor_beyond_the_head_tells_of_copied_files(shop: Shop) -> None:
    one = shop.counter("One")
    one.till.sync_until_quiet()
    copy = shop.copy()
    add_member(shop, "late")
    one.till.sync_until_quiet()
    shop.put_back(copy, said=False)
    one.till.sync_until_quiet()
    assert life(shop) != FIRST_LIFE
    assert one.till.replica.member("late") is None


def test_an_older_till_is_not_believed_to_have_told(shop: Shop) -> None:
    """It cannot say what it holds: nothing is lent until a person says that it need not be waited for."""
    one, two = shop.counter("One"), shop.counter("Two")
    lender = one.rights._lender

    def as_before(ask: RightAsk) -> RightAnswer:
        older = msgspec.structs.replace(ask, heard=0, ended=0, held=None, held_more=False)
        told = lender(older)
        return msgspec.structs.replace(told, lender_life="office", stated=False)

    one.rights._lender = as_before
    fetch(one, "s1")
    shop.put_back(shop.copy(), said=True)
    settle(two)
    for _ in range(3):
        one.talk()
    one_id = one.till.journal.identity()
    assert one_id is not None
    assert owing(shop) == {one_id.workstation_id: False}
    assert one.ring("s1").total_discount_minor == FACE_MINOR, "what it has, it may use"
