"""An erased member is gone here and on the tills; the books still add up; late receipts are taken all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.audit.services import history
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.loyalty.corrections import correct
from backoffice.loyalty.ledger import balances_of
from backoffice.loyalty.night import faults_of
from backoffice.members import personal, services
from backoffice.members.dossier import dossier
from backoffice.members.erasure import erase, erase_again, erased_members
from backoffice.members.models import Card
from backoffice.members.search import search
from backoffice.sync_api.models import Receipt
from tests.support.office import OfficeBench, SellingTill, card_of, csrf_free

CARD = card_of(2)


@pytest.fixture
def till(bench: OfficeBench, tmp_path: Path) -> Iterator[SellingTill]:
    bench.publish()
    made = SellingTill(tmp_path / "till", bench)
    made.sync_until_quiet()
    yield made
    made.close()


@pytest.fixture
def member_id(bench: OfficeBench) -> str:
    with bench.office.database.read() as session:
        return session.get_one(Card, (bench.organisation_id, CARD)).member_id


def erased(bench: OfficeBench, member_id: str) -> None:
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, member_id))


def book(bench: OfficeBench, member_id: str, unit: str, amount: int) -> None:
    run_in_tx(bench.office.database.write, lambda tx: correct(tx, bench.doing, member_id, unit, amount, "test"))


def test_nothing_says_who_it_was_and_the_till_forgets_the_card(
    bench: OfficeBench, till: SellingTill, member_id: str
) -> None:
    till.sell(("5001", 980, 1), card_id=CARD)
    till.sync_until_quiet()
    book(bench, member_id, "points", 120)
    till.sync_until_quiet()
    assert till.replica.card(CARD) is not None
    with bench.office.database.read() as session:
        name = personal.load(session, bench.organisation_id, [member_id])[member_id].first_name
    erased(bench, member_id)
    till.sync_until_quiet()
    assert till.replica.card(CARD) is None
    assert till.replica.member(member_id) is None
    assert till.replica.balances_of(member_id) == ()
    with bench.office.database.read() as session:
        assert services.get_member(session, bench.organisation_id, member_id) is None
        assert member_id not in {row.member_id for row in search(session, bench.organisation_id, name)}
        for table in ("member_key", "member_person", "member_word", "card", "member_in_group", "member_standing"):
            rows = session.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE member_id = :id"), {"id": member_id})  # noqa: S608 - our own names
            assert rows == 0, table
        assert not any(balances_of(session, bench.organisation_id, member_id).values())
        assert faults_of(session, bench.organisation_id) == []
        assert session.query(Receipt).filter_by(member_id=member_id).count() == 1
        assert [row.member_id for row in erased_members(session, bench.organisation_id)] == [member_id]
        assert history(session, bench.organisation_id, "member", member_id)[0].action == "member_erased"


def rows_about(bench: OfficeBench, member_id: str) -> dict[str, int]:
    """Rows that would tell tills or staff something of a member; the feed's deletions are not among them."""
    asked = {
        "till_part": "SELECT count(*) FROM ledger_till_part WHERE owner = :id",
        "offer_usage": "SELECT count(*) FROM offer_usage WHERE member_id = :id",
        "offer_usage_day": "SELECT count(*) FROM offer_usage_day WHERE member_id = :id",
        "coupon": "SELECT count(*) FROM coupon WHERE member_id = :id AND state = 'open'",
        "change": "SELECT count(*) FROM change_row WHERE operation = 'put' AND entity_id LIKE :like",
        "standing": "SELECT count(*) FROM member_standing WHERE member_id = :id",
    }
    with bench.office.database.read() as session:
        return {
            name: session.scalar(sa.text(query), {"id": member_id, "like": f"%{member_id}%"}) or 0
            for name, query in asked.items()
        }


def test_a_late_receipt_puts_nothing_of_an_erased_member_back(
    bench: OfficeBench, till: SellingTill, member_id: str
) -> None:
    """The till had not heard of it: the receipt counts for the shop, and for nobody."""
    till.sell(("5001", 980, 1), card_id=CARD)
    erased(bench, member_id)
    before = rows_about(bench, member_id)
    till.sync_until_quiet()
    assert till.journal.outbox_count() == 0
    assert rows_about(bench, member_id) == before
    assert till.replica.balances_of(member_id) == ()
    with bench.office.database.read() as session:
        (receipt,) = session.query(Receipt).filter_by(member_id=member_id)
        assert b'"bookings":[{' in receipt.raw, "it must have something to book, or nothing is shown here"
        assert services.get_member(session, bench.organisation_id, member_id) is None
        assert not any(balances_of(session, bench.organisation_id, member_id).values())
        assert faults_of(session, bench.organisation_id) == []


def test_the_same_late_receipt_of_a_member_who_stayed_does(
    bench: OfficeBench, till: SellingTill, member_id: str
) -> None:
    before = rows_about(bench, member_id)
    till.sell(("5001", 980, 1), card_id=CARD)
    till.sync_until_quiet()
    after = rows_about(bench, member_id)
    assert [name for name in ("till_part", "change") if after[name] <= before[name]] == []


def test_money_on_account_is_paid_out_first(bench: OfficeBench, member_id: str) -> None:
    book(bench, member_id, "value", 2500)
    with pytest.raises(InputError, match="money on account"):
        erased(bench, member_id)
    book(bench, member_id, "value", -2500)
    erased(bench, member_id)
    with pytest.raises(InputError, match="no longer there"):
        erased(bench, member_id)


def test_a_member_that_a_backup_brings_back_is_erased_again(bench: OfficeBench, member_id: str) -> None:
    book(bench, member_id, "value", 900)

    def again(tx: Session) -> int:
        return erase_again(tx, bench.doing, [member_id, "never-there"])

    assert run_in_tx(bench.office.database.write, again) == 1
    assert run_in_tx(bench.office.database.write, again) == 0
    with bench.office.database.read() as session:
        assert services.get_member(session, bench.organisation_id, member_id) is None
        assert faults_of(session, bench.organisation_id) == []


def test_everything_we_keep_is_handed_out(bench: OfficeBench, till: SellingTill, member_id: str) -> None:
    till.sell(("5001", 980, 1), card_id=CARD)
    till.sync_until_quiet()
    book(bench, member_id, "points", 120)
    with bench.office.database.read() as session:
        person = personal.load(session, bench.organisation_id, [member_id])[member_id]
        said = json.loads(dossier(session, bench.organisation_id, member_id))
    assert said["person"]["email"] == person.email != ""
    assert said["cards"][0]["card_id"] == CARD
    assert said["balances"]["points"] == 120
    assert said["receipts"][0]["document"]["basket"]["lines"][0]["product_id"] == "5001"


def test_the_pages(bench: OfficeBench, member_id: str) -> None:
    with csrf_free(bench.app):
        client = bench.client()
        page = client.get(f"/members/{member_id}")
        assert "Erase …" in page.text
        assert (
            client.get(f"/members/{member_id}/everything.json").headers["Content-Disposition"].startswith("attachment")
        )
        refused = client.post(f"/members/{member_id}/erase", data={"number": "wrong"})
        assert refused.status_code == 422
        assert "Type the member" in refused.text
        done = client.post(f"/members/{member_id}/erase", data={"number": "2"}, follow_redirects=True)
        assert "was erased" in done.text
        assert client.get(f"/members/{member_id}").status_code == 404
        assert client.get(f"/members/{member_id}/erase").status_code == 404
