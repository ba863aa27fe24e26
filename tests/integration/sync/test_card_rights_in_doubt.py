"""A card is pulled while it writes down that a coupon was used: the office hears of it, a person may count it, and no
till grants it once more, whatever the card says in the end.

Tills, sync and back-office are the product's; the card is simulated and shares no code with the driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.sync_api.card_rights import units_of
from backoffice.sync_api.models import CardRight, CardRightUnits
from pos_engine.core.offline import Offline
from pos_engine.rights.ids import coupon_right
from pos_engine.sync.client import RefusedError
from pos_engine.wire.card_rights import CardRightBody, CardRightReport
from tests.support.card_shop import CARD_ID, chip_card, remembered
from tests.support.rights_bench import FACE_MINOR, Shop
from tests.support.rights_in_doubt import LONG_ENOUGH, CardCounter, decide, told

SALE = "pulled-1"


class Scene:
    """Two counters, and a coupon of which nobody knows whether the card has written it down at the first one."""

    def __init__(self, folder: Path, *, written: bool) -> None:
        self.shop = Shop(folder, Offline("card"), coupons=2)
        self.card = chip_card()
        self.one = CardCounter(self.shop.counter("one"), self.card)
        self.two = CardCounter(self.shop.counter("two"), self.card)
        assert self.one.buy("first") == FACE_MINOR
        used = {use.right_id for use in self.one.counter.till.journal.receipt("one:1:1").rights}  # type: ignore[union-attr]
        self.one.pull(SALE, self.card.commands, written=written)
        self.right = next(iter({coupon_right(coupon) for coupon in self.shop.coupons} - used))

    def forward(self) -> None:
        self.shop.office.clock.forward(LONG_ENOUGH)

    def tell(self) -> None:
        """Long enough after, everybody speaks with the office."""
        self.forward()
        self.sync()

    def sync(self) -> None:
        self.one.sync()
        self.two.sync()

    def give_up(self) -> None:
        """The customer is gone: the sale is given up."""
        self.one.counter.checkout.void(SALE, "17")


@pytest.fixture(params=[True, False], ids=["written", "not-written"])
def scene(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scene]:
    made = Scene(tmp_path, written=request.param)
    yield made
    made.shop.close()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path, written=True)
    yield made
    made.shop.close()


def paths(scene: Scene) -> list[str]:
    """What the first till asks for from now on."""
    asked: list[str] = []

    def watch(request: httpx.Request, _response: httpx.Response) -> None:
        asked.append(request.url.path.rpartition("/")[2])

    scene.one.counter.till.line.attacker = watch
    return asked


def test_the_office_is_told_once_and_not_while_the_customer_stands_there(written: Scene) -> None:
    asked = paths(written)
    written.sync()
    assert told(written.shop) == []
    written.tell()
    (row,) = told(written.shop)
    assert (row.card_id, row.reference, row.state, row.kept) == (CARD_ID, SALE, "pending", False)
    with written.shop.office.database.read() as session:
        assert units_of(session, row) == {written.right: 1}
    written.one.kill()
    asked = paths(written)
    written.sync()
    assert asked.count("card-rights") == 0, "both know the same, after kill -9 too"


def test_counted_as_used_no_till_grants_it_again_whatever_the_card_says(scene: Scene) -> None:
    scene.tell()
    decide(scene.shop, "used")
    scene.sync()
    assert scene.one.row(SALE).decision == "used"
    assert scene.two.buy("two-1") == 0, "neither at a till that has heard of it"
    scene.give_up()
    before = remembered(scene.card, scene.right)
    assert scene.one.buy("one-1") == 0, "nor where it happened, when the card is back"
    assert remembered(scene.card, scene.right) == before, "it is not given back to the card"
    scene.sync()
    (row,) = told(scene.shop)
    assert (row.state, row.decision, row.taken) == ("done" if before else "undone", "used", "used")


def test_taken_back_the_card_has_it_again(scene: Scene) -> None:
    scene.tell()
    scene.give_up()
    decide(scene.shop, "used")
    scene.sync()
    scene.one.kill()
    assert scene.one.buy("one-1") == 0
    scene.sync()
    decide(scene.shop, "unused", "It was another customer")
    scene.sync()
    scene.one.hold()
    assert remembered(scene.card, scene.right) == 0, "given back at the next tap, where it was written down"
    assert scene.two.buy("two-1") == FACE_MINOR
    assert scene.one.buy("one-2") == 0, "and granted once"


def test_not_counted_the_card_settles_it_at_its_next_tap(scene: Scene) -> None:
    scene.tell()
    decide(scene.shop, "unused")
    scene.sync()
    scene.give_up()
    scene.one.hold()
    assert scene.two.buy("two-1") == FACE_MINOR
    assert scene.one.buy("one-1") == 0
    scene.sync()
    assert told(scene.shop)[0].state in {"done", "undone"}


def test_the_card_alone_settles_it_and_the_office_hears(scene: Scene) -> None:
    scene.tell()
    assert scene.one.buy(SALE) == FACE_MINOR, "the customer came back to the same sale"
    scene.sync()
    (row,) = told(scene.shop)
    assert row.decision == ""
    assert row.state in {"done", "undone"}
    assert row.kept, "the sale's receipt rests on what the card has written down"
    with pytest.raises(InputError):
        decide(scene.shop, "used")


def test_a_receipt_that_was_on_its_way_takes_the_decision_back(written: Scene) -> None:
    written.tell()
    line = written.one.counter.till.line
    line.down = True
    written.one.hold()
    assert written.one.counter.sell(SALE) == FACE_MINOR
    decide(written.shop, "used")
    line.down = False
    written.sync()
    (row,) = told(written.shop)
    assert (row.state, row.kept, row.decision) == ("done", True, ""), "the receipt counts it, and nobody else"
    assert written.two.buy("two-1") == 0
    with pytest.raises(InputError, match="receipt names it"):
        decide(written.shop, "used")


def test_a_bad_line_and_kills_only_delay_it(written: Scene) -> None:
    till = written.one.counter.till
    written.forward()
    faults = ("no_line", "answer_lost", "sent_twice", "proxy_page", "cut_short")
    for number, fault in enumerate(faults):
        decision = ("used", "unused")[number % 2]
        till.line.plan = ["good", fault]  # the heartbeat, then what follows it
        till.sync.tick()
        till.sync_until_quiet()
        decide(written.shop, decision)
        till.line.plan = ["good", fault]
        till.sync.tick()
        if fault == "answer_lost":
            written.one.kill()
        till.sync_until_quiet()
        (row,) = told(written.shop)
        assert (row.decision, row.taken, written.one.row(SALE).decision) == (decision,) * 3, fault
    assert all(till.line.happened[fault] for fault in faults)


def test_a_back_office_that_forgot_is_told_again(written: Scene) -> None:
    def forget(session: Session) -> None:
        session.execute(delete(CardRightUnits))
        session.execute(delete(CardRight))

    written.tell()
    run_in_tx(written.shop.office.database.write, forget)
    written.sync()
    assert [row.state for row in told(written.shop)] == ["pending"]


def test_a_till_from_an_old_disk_hears_what_its_card_had_said(written: Scene) -> None:
    written.tell()
    assert written.one.buy(SALE) == FACE_MINOR
    written.sync()
    written.one.counter.till.journal.write(
        lambda c: (
            c.execute(
                "UPDATE card_right_changes SET state = 'pending', kept = 0, told = '' WHERE reference = ?", (SALE,)
            )
            and None
        )
    )
    written.sync()
    row = written.one.row(SALE)
    assert (row.state, row.kept) == ("done", True)
    written.sync()
    asked = paths(written)
    written.sync()
    assert asked.count("card-rights") == 0


def test_what_a_new_disk_does_not_know_waits_for_a_person_and_then_for_nobody(written: Scene) -> None:
    written.tell()
    written.one.counter.till.journal.write(
        lambda c: c.execute("DELETE FROM card_right_changes WHERE reference = ?", (SALE,)) and None
    )
    written.sync()
    assert [row.state for row in told(written.shop)] == ["unclear"]
    asked = paths(written)
    written.sync()
    assert asked.count("card-rights") == 0
    decide(written.shop, "used")
    written.sync()
    assert [row.taken for row in told(written.shop)] == ["used"]
    assert written.two.buy("two-1") == 0


def test_an_older_back_office_is_not_asked_and_an_older_till_counts_what_was_decided(written: Scene) -> None:
    def of_old(request: httpx.Request, response: httpx.Response) -> bytes | None:
        if request.url.path.endswith("/heartbeat"):
            body = msgspec.json.decode(response.content)
            body.pop("card_rights")
            return msgspec.json.encode(body)
        assert not request.url.path.endswith("/card-rights"), "it does not know this request"
        return None

    for counter in (written.one, written.two):
        counter.counter.till.line.attacker = of_old
    written.tell()
    assert told(written.shop) == []
    written.one.counter.till.line.attacker = lambda _request, _response: None
    written.sync()
    decide(written.shop, "used")
    written.sync()
    assert written.two.buy("two-1") == 0, "it hears of it as of any use"


def test_a_member_has_used_an_offer_once_more(written: Scene) -> None:
    """As a till tells it of an offer with a limit per member."""
    till = written.one.counter.till
    member = "member|twice-o|anna"
    till.journal.write(
        lambda c: (
            c.execute("UPDATE card_right_changes SET units = ? WHERE reference = ?", (f'{{"{member}":1}}', SALE))
            and None
        )
    )
    written.tell()
    for decision, uses in (("used", 1), ("unused", 0)):
        decide(written.shop, decision)
        written.sync()
        known = [
            counter.counter.till.replica.offer_usage(
                ["twice-o"],
                "anna",
                but_workstation_id=counter.counter.till.journal.identity().workstation_id,  # type: ignore[union-attr]
            )["twice-o"].member_uses
            for counter in (written.one, written.two)
        ]
        assert known == [uses, uses], "the till where it happened too"


def test_nobody_speaks_for_another_till(written: Scene) -> None:
    till = written.one.counter.till
    report = CardRightReport(workstation_id="another", sent_at=till.clock.now(), changes=())
    with pytest.raises(RefusedError) as refused:
        till.backoffice.card_rights(report)
    assert refused.value.code == "foreign_workstation"


@pytest.mark.parametrize("behind", [timedelta(hours=3), timedelta(hours=-3), timedelta(days=9_825)], ids=str)
def test_a_wrong_clock_does_not_say_since_when(written: Scene, behind: timedelta) -> None:
    till = written.one.counter.till
    now, identity = till.clock.now(), till.journal.identity()
    assert identity is not None
    begun = now - timedelta(minutes=7)
    body = CardRightBody(
        change_id="0" * 31 + "3",
        card_id=CARD_ID,
        reference="s9",
        sequence=9,
        units={written.right: 1},
        begun_at=begun - behind,
        state="pending",
    )
    report = CardRightReport(workstation_id=identity.workstation_id, sent_at=now - behind, changes=(body,))
    till.backoffice.card_rights(report)
    assert [row.begun_at for row in told(written.shop) if row.reference == "s9"] == [begun]


def test_a_clock_that_is_set_back_delays_nothing(written: Scene) -> None:
    written.one.counter.till.journal.write(
        lambda c: c.execute("UPDATE card_right_changes SET begun_at = '2026-12-24T10:00:00+00:00'") and None
    )
    written.sync()
    assert [row.begun_at for row in told(written.shop)] == [written.shop.office.clock.now()]


def test_unclear_changes_wait_for_a_person_and_grant_nothing(written: Scene) -> None:
    written.one.counter.till.journal.write(
        lambda c: c.execute("UPDATE card_right_changes SET state = 'unclear' WHERE reference = ?", (SALE,)) and None
    )
    written.sync()
    assert [row.state for row in told(written.shop)] == ["unclear"], "at once: no tap will tell"
    written.shop.office.clock.forward(timedelta(days=1))
    decide(written.shop, "used")
    written.sync()
    assert written.two.buy("two-1") == 0
