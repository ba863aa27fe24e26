"""What a power cut holds back stands on the reconciliation page, and a person frees it, once."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from backoffice.db import run_in_tx
from backoffice.members.models import Card
from backoffice.sync_api.coupons import assign_coupons
from backoffice.sync_api.lives import begin_life
from backoffice.sync_api.rights import answer_ask
from backoffice.sync_api.tills import Till
from pos_engine.rights.ids import coupon_right
from pos_engine.wire.rights import RightAnswer, RightAsk, RightWant
from tests.support.office import OfficeBench, SellingTill, card_of, csrf_free
from tests.support.sync_bench import draft_of


@pytest.fixture
def client(bench: OfficeBench) -> Iterator[FlaskClient]:
    with csrf_free(bench.app):
        yield bench.client()


def test_a_person_frees_what_a_power_cut_holds_back(bench: OfficeBench, client: FlaskClient, till: SellingTill) -> None:
    office = bench.office
    identity = till.journal.identity()
    assert identity is not None
    own = Till(bench.organisation_id, identity.workstation_id, identity.store_id)
    (coupon_id,) = run_in_tx(
        office.database.write,
        lambda tx: assign_coupons(
            tx, office.clock, office.ids, bench.organisation_id, "thanks", "thanks-c", ["anna"], None, None
        ),
    )

    def ask(life: str, turn: int) -> RightAnswer:
        wants = (RightWant(right_id=coupon_right(coupon_id), units=1),)
        document = RightAsk(workstation_id=own.workstation_id, life=life, turn=turn, wants=wants)
        return run_in_tx(office.database.write, lambda tx: answer_ask(tx, office.clock, own, document))

    assert "Held back" not in client.get("/reconciliation").text
    assert [grant.granted for grant in ask("before", 1).grants] == [1]
    assert [grant.granted for grant in ask("after", 1).grants] == [0], "nobody knows whether it was used"
    assert ask("before", 2).verdict == "life_over"
    page = client.get("/reconciliation").text
    assert "Held back after a power cut" in page
    assert "1 coupon or limit" in page
    address = f"/tills/{own.workstation_id}/free-rights"
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 404, "once"
    assert "Held back" not in client.get("/reconciliation").text
    assert [grant.granted for grant in ask("after", 2).grants] == [1]


def test_a_coupon_used_at_two_tills_stands_there_with_both_receipts(
    bench: OfficeBench, client: FlaskClient, till: SellingTill, tmp_path: Path
) -> None:
    """Who, what, when, at which till, by whom, what it cost: enough to talk about it without looking further."""
    office = bench.office
    with office.database.read() as reader:
        member_id = reader.get_one(Card, (bench.organisation_id, card_of(1))).member_id
    (coupon_id,) = run_in_tx(
        office.database.write,
        lambda tx: assign_coupons(
            tx, office.clock, office.ids, bench.organisation_id, "thanks", "thanks-c", [member_id], None, None
        ),
    )
    assert "Nothing was used more than once" in client.get("/doubles").text
    other = SellingTill(tmp_path / "other", bench, name="Garden till")
    try:
        for one in (till, other):
            one.journal.append_receipt(draft_of("sale-1", coupons=(coupon_id,), member_id=member_id))
            one.sync_until_quiet()
            bench.clock.forward(timedelta(minutes=5))
        page = client.get("/doubles").text
        for told in ("Front till", "Garden till", "used 2 of 1 times", "loss €1.00", coupon_id):
            assert told in page
        assert page.count("too many") == 1
        rows = list(csv.DictReader(client.get("/doubles.csv").text.removeprefix("\ufeff").splitlines()))
        assert [(row["till"], row["too_many"], row["loss_of_case_minor"]) for row in rows] == [
            ("Front till", "no", "100"),
            ("Garden till", "yes", "100"),
        ]
        assert len({row["receipt"] for row in rows}) == 2
        assert "1 coupon or limit was used more often" in client.get("/reconciliation").text
    finally:
        other.close()


def test_a_person_goes_on_without_a_till_after_a_copy_was_put_back(
    bench: OfficeBench, client: FlaskClient, till: SellingTill
) -> None:
    identity = till.journal.identity()
    assert identity is not None
    assert "put back" not in client.get("/reconciliation").text
    run_in_tx(bench.office.database.write, lambda tx: begin_life(tx, bench.doing, "restored"))
    page = client.get("/reconciliation").text
    assert "A copy of this back-office was put back" in page
    assert "has not told yet" in page
    address = f"/tills/{identity.workstation_id}/go-on-without"
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 404, "once"
    assert "put back" not in client.get("/reconciliation").text
