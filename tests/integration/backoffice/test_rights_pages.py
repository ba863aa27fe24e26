"""What a power cut holds back stands on the reconciliation page, and a person frees it, once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from backoffice.db import run_in_tx
from backoffice.sync_api.coupons import assign_coupons
from backoffice.sync_api.rights import answer_ask
from backoffice.sync_api.tills import Till
from pos_engine.rights.ids import coupon_right
from pos_engine.wire.rights import RightAnswer, RightAsk, RightWant
from tests.support.office import OfficeBench, SellingTill, csrf_free


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
    assert client.get("/doubles.csv").text.removeprefix("\ufeff").startswith("kind,right,campaign,worth,used,receipt")
