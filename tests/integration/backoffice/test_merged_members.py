"""Two members become one: the till knows it after the next sync, late receipts follow, and it can be undone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.presets import form_of_preset
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
from backoffice.sync_api.models import (
    CardRight,
    CardRightUnits,
    ChangeRow,
    OfferUsage,
    OfferUsageDay,
    Receipt,
    Workstation,
)
from backoffice.worker.services import Claim
from pos_engine.rights.ids import member_right
from pos_engine.wire.sync import OfferUsageBody
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


def twice_each(bench: OfficeBench) -> str:
    """A running campaign on the spritzer, twice for each member: its offer."""
    today = bench.clock.now().date()
    form = form_of_preset("weekday_percent", today)
    assert form is not None
    wanted = {
        "name": "Twice each",
        "percent_bp": 5000,
        "products": ("2004",),
        "weekdays": (),
        "uses_per_member": 2,
        "offline": "open",
    }
    form = msgspec.structs.replace(form, **wanted, starts_on=today, ends_on=today + timedelta(days=13))

    def work(tx: Session) -> str:
        campaign_id = create_campaign(tx, bench.doing, form).campaign_id
        publish_campaign(tx, bench.doing, campaign_id)
        return campaign_id

    campaign_id = run_in_tx(bench.office.database.write, work)
    bench.publish()
    return f"{campaign_id}-1"


def paid(till: SellingTill, card_id: str) -> int:
    due = till.sell(("2004", 300, 1), card_id=card_id).total_due_minor
    till.refresh()
    return int(due)


def test_what_both_used_of_a_limit_counts_for_who_is_left(
    bench: OfficeBench, till: SellingTill, pair: tuple[str, str], tmp_path: Path
) -> None:
    kept, gone = pair
    offer = twice_each(bench)
    other = SellingTill(tmp_path / "other", bench, name="Back till")
    try:
        till.refresh()
        other.refresh()
        assert (paid(till, NEW_CARD), paid(other, OLD_CARD)) == (150, 150)
        till.refresh()
        bench.clock.forward(timedelta(minutes=1))
        merge_id = merged(bench, kept, gone)
        for each in (till, other):
            each.refresh()
            used = each.replica.offer_usage([offer], kept, but_workstation_id="nobody")[offer]
            assert (used.member_uses, used.total_uses) == (2, 2)
            assert each.replica.offer_usage([offer], gone, but_workstation_id="nobody")[offer].member_uses == 0
        bench.clock.forward(timedelta(minutes=1))
        undone(bench, merge_id)
        till.refresh()
        assert [
            till.replica.offer_usage([offer], who, but_workstation_id="nobody")[offer].member_uses
            for who in (kept, gone)
        ] == [1, 1]
        merged(bench, kept, gone)
        for each in (till, other):
            each.refresh()
            assert paid(each, NEW_CARD) == 300, "the till that sold, and the other one, give no third one"
    finally:
        other.close()


def test_a_late_receipt_of_who_went_counts_for_the_limit_too(
    bench: OfficeBench, till: SellingTill, pair: tuple[str, str]
) -> None:
    kept, gone = pair
    offer = twice_each(bench)
    till.refresh()
    assert till.sell(("2004", 300, 1), card_id=NEW_CARD).total_due_minor == 150
    merged(bench, kept, gone)
    till.refresh()  # the receipt comes now
    assert till.replica.offer_usage([offer], kept, but_workstation_id="nobody")[offer].member_uses == 1
    assert [paid(till, OLD_CARD), paid(till, OLD_CARD)] == [150, 300]


def uses_told(bench: OfficeBench) -> dict[str, int]:
    """What a new till would learn of uses of the bread, by the row's name."""
    with bench.office.database.read() as reader:
        rows = reader.scalars(select(ChangeRow).where(ChangeRow.entity == "offer_usage", ChangeRow.operation == "put"))
        bodies = {row.entity_id: msgspec.json.decode(row.body, type=OfferUsageBody) for row in rows}
    assert all(sum(each.uses for each in body.days) == body.uses for body in bodies.values() if body.workstation_id)
    return {name: body.uses for name, body in bodies.items() if body.uses}


@pytest.mark.usefixtures("till")
def test_days_and_what_only_a_card_knows_move_and_come_back(bench: OfficeBench, pair: tuple[str, str]) -> None:
    kept, gone = pair
    now = bench.clock.now()
    with bench.office.database.read() as reader:
        workstation_id = reader.scalars(select(Workstation.workstation_id)).first() or ""
    change = {"organisation_id": bench.organisation_id, "workstation_id": workstation_id, "change_id": "c1"}

    def work(tx: Session) -> None:
        for who, uses in ((kept, 1), (gone, 2)):
            use = {"organisation_id": bench.organisation_id, "offer_id": "bread-1", "member_id": who}
            tx.add(OfferUsage(**use, workstation_id="w1", uses=uses, discount_minor=10))
            tx.add(OfferUsageDay(**use, workstation_id="w1", business_day=now.date(), uses=uses))
        times = {"begun_at": now, "told_at": now, "decided_at": None}
        tx.add(CardRight(**change, card_id=NEW_CARD, reference="r", sequence=1, state="counted", **times))
        tx.flush()
        tx.add(CardRightUnits(**change, right_id=member_right("bread-1", gone), units=-1, counted=True))

    run_in_tx(bench.office.database.write, work)
    merge_id = merged(bench, kept, gone)
    assert uses_told(bench) == {f"merged:{gone}:bread-1:{kept}": 2, f":bread-1:{kept}": 1}
    bench.clock.forward(timedelta(minutes=1))
    undone(bench, merge_id)
    assert uses_told(bench) == {f"w1:bread-1:{gone}": 2, f":bread-1:{gone}": 1}
    with bench.office.database.read() as reader:
        for table in (OfferUsage, OfferUsageDay):
            rows = reader.execute(select(table.member_id, table.workstation_id, table.uses)).all()
            assert {tuple(row) for row in rows} == {(kept, "w1", 1), (gone, "w1", 2)}
