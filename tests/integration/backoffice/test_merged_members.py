"""Two members become one: the till knows it after the next sync, late receipts follow, and it can be undone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, latest, record
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.loyalty.corrections import correct
from backoffice.loyalty.ledger import balances_of
from backoffice.members import duplicates, merging, personal, services, unmerging
from backoffice.members.erasure import erase, erased_members
from backoffice.members.models import Member, MemberMerge
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_member
from backoffice.sync_api.models import Receipt
from backoffice.worker.services import Claim
from tests.support.office import OfficeBench, SellingTill, csrf_free

ADA = Person("Ada", "Lovelace", "ada@example.org", "+41 79 111 11 11", birthday=date(1980, 12, 10))
AGAIN = Person("Ada", "Lovlace", "ada@example.org", "", "Via 1", birthday=date(1980, 12, 10))
OLD_CARD, NEW_CARD = "iso14443a:04ADA000000001", "iso14443a:04ADA000000002"


@pytest.fixture
def pair(bench: OfficeBench) -> tuple[str, str]:
    """Ada, and Ada again with another card."""

    def work(tx: object) -> tuple[str, str]:
        made: list[str] = []
        for person, number, card in ((ADA, "A1", OLD_CARD), (AGAIN, "A2", NEW_CARD)):
            groups = ("regulars",) if number == "A2" else ()
            member = create_member(tx, bench.doing, MemberInput(person, number, "en", groups))  # type: ignore[arg-type]
            add_card(tx, bench.doing, member.member_id, card)  # type: ignore[arg-type]
            correct(tx, bench.doing, member.member_id, "points", 100 * len(made) + 10, "kind")  # type: ignore[arg-type]
            made.append(member.member_id)
        return made[0], made[1]

    return run_in_tx(bench.office.database.write, work)


def points(bench: OfficeBench, member_id: str) -> int:
    with bench.office.database.read() as reader:
        return balances_of(reader, bench.organisation_id, member_id).get("points", 0)


def merged(bench: OfficeBench, kept: str, gone: str, *taken: str) -> str:
    return run_in_tx(bench.office.database.write, lambda tx: merging.merge(tx, bench.doing, kept, gone, taken))


def undone(bench: OfficeBench, merge_id: str) -> str:
    return run_in_tx(bench.office.database.write, lambda tx: unmerging.unmerge(tx, bench.doing, merge_id))


def person_of(bench: OfficeBench, member_id: str) -> Person | None:
    with bench.office.database.read() as reader:
        return personal.load(reader, bench.organisation_id, [member_id]).get(member_id)


def buyers(bench: OfficeBench) -> list[str]:
    with bench.office.database.read() as reader:
        return list(reader.scalars(select(Receipt.member_id).order_by(Receipt.seq)))


def test_they_are_found_shown_and_said_to_be_two(bench: OfficeBench, pair: tuple[str, str]) -> None:
    search = Claim(bench.organisation_id, "job", duplicates.JOB_KIND, "now")
    duplicates.run_search(bench.office, search)
    with bench.office.database.read() as reader:
        (found,) = duplicates.pairs_of(reader, bench.organisation_id, 0, 10)
    assert (found.member_a, found.member_b) == pair
    assert found.reasons == "birthday,email,name"
    client = bench.client("clerk")
    assert "same e-mail address" in client.get("/members/duplicates").text
    with csrf_free(bench.app):
        client.post(f"/members/{pair[0]}/distinct/{pair[1]}")
        duplicates.run_search(bench.office, search)
        assert "No duplicates" in client.get("/members/duplicates").text
        client.post(f"/members/{pair[1]}/distinct/{pair[0]}?back=1")
    duplicates.run_search(bench.office, search)
    assert "Lovlace" in client.get("/members/duplicates").text


def test_the_card_of_the_one_who_went_works_at_the_till(
    bench: OfficeBench, till: SellingTill, pair: tuple[str, str]
) -> None:
    kept, gone = pair
    till.sync_until_quiet()
    till.sell(("5001", 980, 1), card_id=NEW_CARD)
    till.sync_until_quiet()
    before = points(bench, kept) + points(bench, gone)
    merged(bench, kept, gone, "street")
    assert (points(bench, kept), points(bench, gone)) == (before, 0)
    person = person_of(bench, kept)
    assert person is not None
    assert (person.last_name, person.street) == ("Lovelace", "Via 1")
    assert person_of(bench, gone) is None
    till.sell(("5001", 980, 1), card_id=NEW_CARD)  # off line: this till still knows two members
    till.sync_until_quiet()
    till.sell(("5001", 980, 1), card_id=NEW_CARD)
    till.sync_until_quiet()
    assert buyers(bench) == [kept, kept, kept]
    assert points(bench, gone) == 0
    with bench.office.database.read() as reader:
        assert services.groups_of_member(reader, bench.organisation_id, kept) == ("regulars",)
        assert reader.get(Member, (bench.organisation_id, gone)) is None
    assert till.replica.card(NEW_CARD).member_id == kept  # type: ignore[union-attr]


def test_of_two_consents_the_stricter_one_wins(bench: OfficeBench, pair: tuple[str, str]) -> None:
    kept, gone = pair
    now = bench.clock.now()
    email, sms = (Channel.EMAIL, Purpose.MARKETING), (Channel.SMS, Purpose.SERVICE)
    said = [
        Said(kept, *email, Decision.GRANTED, Source.PAPER_FORM, now, wording="yes"),
        Said(gone, *email, Decision.WITHDRAWN, Source.ONE_CLICK, now),
        Said(gone, *sms, Decision.GRANTED, Source.PAPER_FORM, now, wording="sms"),
    ]
    run_in_tx(bench.office.database.write, lambda tx: record(tx, bench.doing, said))
    bench.clock.forward(timedelta(minutes=1))
    merge_id = merged(bench, kept, gone)

    def standing() -> dict[tuple[str, str], str]:
        with bench.office.database.read() as reader:
            found = latest(reader, bench.organisation_id, [kept], bench.clock.now())[kept]
        return {key: entry.decision for key, entry in found.items()}

    assert standing() == {("email", "marketing"): "withdrawn", ("sms", "service"): "granted"}
    bench.clock.forward(timedelta(minutes=1))
    undone(bench, merge_id)
    assert standing() == {("email", "marketing"): "withdrawn", ("sms", "service"): "withdrawn"}


def test_a_merge_is_undone_where_nothing_moved_since(
    bench: OfficeBench, till: SellingTill, pair: tuple[str, str]
) -> None:
    kept, gone = pair
    till.sync_until_quiet()
    till.sell(("5001", 980, 1), card_id=NEW_CARD)
    till.sync_until_quiet()
    had = points(bench, kept), points(bench, gone)
    bench.clock.forward(timedelta(minutes=1))
    merge_id = merged(bench, kept, gone, "last_name", "number")
    bench.clock.forward(timedelta(days=2))
    assert undone(bench, merge_id) == gone
    assert (points(bench, kept), points(bench, gone)) == had
    assert (person_of(bench, kept), person_of(bench, gone)) == (ADA, AGAIN)
    assert buyers(bench) == [gone]
    till.sync_until_quiet()
    assert till.replica.card(NEW_CARD).member_id == gone  # type: ignore[union-attr]
    with pytest.raises(InputError, match="cannot be undone"):
        undone(bench, merge_id)


def test_a_merge_stays_once_something_moved_or_it_is_old(bench: OfficeBench, pair: tuple[str, str]) -> None:
    kept, gone = pair
    merge_id = merged(bench, kept, gone)
    bench.clock.forward(timedelta(days=merging.UNDO_DAYS, minutes=1))
    with pytest.raises(InputError, match="cannot be undone"):
        undone(bench, merge_id)
    bench.clock.forward(-timedelta(days=1))
    run_in_tx(bench.office.database.write, lambda tx: correct(tx, bench.doing, kept, "points", 5, "kind"))
    with pytest.raises(InputError, match="has happened"):
        undone(bench, merge_id)


def test_erasing_the_kept_one_erases_both_for_copies(bench: OfficeBench, pair: tuple[str, str]) -> None:
    kept, gone = pair
    merged(bench, kept, gone)
    with bench.office.database.read() as reader:
        assert b"Lovlace" not in reader.scalars(select(MemberMerge.sealed)).one()
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, kept))
    with bench.office.database.read() as reader:
        assert {each.member_id for each in erased_members(reader, bench.organisation_id)} == {kept, gone}


def test_the_pages_merge_and_undo(bench: OfficeBench, pair: tuple[str, str]) -> None:
    kept, gone = pair
    client = bench.client("clerk")
    with csrf_free(bench.app):
        assert "Lovlace" in client.get(f"/members/{kept}/merge/{gone}").text
        client.post(f"/members/{kept}/merge/{gone}", data={"last_name": "other"})
        assert "Undo the merge" in client.get(f"/members/{kept}").text
        assert client.get(f"/members/{gone}").status_code == 404
        client.post(f"/members/{kept}/unmerge")
        assert "Lovlace" in client.get(f"/members/{gone}").text
        assert client.post(f"/members/{kept}/merge/{kept}").status_code == 422
