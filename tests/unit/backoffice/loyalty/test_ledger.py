"""The back-office's books: receipts exactly once, corrections, nights; and laws over random bookings."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import Database, open_database, run_in_tx
from backoffice.errors import InputError
from backoffice.ids import UuidIds
from backoffice.loyalty import programme
from backoffice.loyalty.corrections import correct, undo_correction
from backoffice.loyalty.ledger import NewEntry, Posted, balances_of, book, lines_of, movements_of
from backoffice.loyalty.models import LedgerAccount, LedgerPosting
from backoffice.loyalty.night import expire, faults_of, night, open_liabilities
from backoffice.loyalty.views import accounts_of
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member, get_member
from backoffice.migrate import upgrade_database
from backoffice.organisations.services import create_organisation
from backoffice.sync_api.models import Quarantine
from pos_engine.checkout.requests import QuoteRequest, RegisterLine
from pos_engine.core.lots import open_lots
from pos_engine.core.money import Tariff
from pos_engine.core.programme import OfflineRule, PointsExpiry, Programme, TierLadder, TierStep
from tests.support.office import OfficeBench, SellingTill, card_of
from tests.support.till import HandClock

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)
LADDER = TierLadder(measure="spend", steps=(TierStep("silver", "Silver", 2000), TierStep("gold", "Gold", 9000)))
PROGRAMME = Programme(
    points_step=10,
    step_minor=10,
    as_tender=True,
    expiry=PointsExpiry("months", 1),
    tiers=LADDER,
    points_offline=OfflineRule("bounded", 100),
)
MEMBER_CARD = card_of(2)


def save_programme(bench: OfficeBench, values: Programme = PROGRAMME) -> None:
    run_in_tx(bench.office.database.write, lambda tx: programme.save(tx, bench.doing, values, programme.Earning(1, 10)))
    bench.publish()


@pytest.fixture
def till(bench: OfficeBench, tmp_path: Path) -> Iterator[SellingTill]:
    save_programme(bench)
    made = SellingTill(tmp_path / "till", bench)
    made.checkout.note_offline(offline=False)
    made.refresh()
    yield made
    made.close()


def balances(bench: OfficeBench, member_id: str) -> dict[str, int]:
    with bench.office.database.read() as reader:
        return balances_of(reader, bench.organisation_id, member_id)


def faults(bench: OfficeBench) -> list[str]:
    with bench.office.database.read() as reader:
        return faults_of(reader, bench.organisation_id)


def shown_points(till: SellingTill) -> int:
    quote = till.checkout.quote(QuoteRequest("look", (RegisterLine("1", "x", 1),), card_id=MEMBER_CARD))
    assert quote.member is not None
    return quote.member.points


def test_a_sale_a_void_and_every_upload_again_are_booked_once(bench: OfficeBench, till: SellingTill) -> None:
    closed = till.sell(("x", 1000, 1), card_id=MEMBER_CARD)
    till.sync_until_quiet()
    assert balances(bench, closed.member_id) == {"points": 100}
    # The till comes back with its queue as it was: the same receipts arrive again.
    till.journal.write(lambda c: c.execute("UPDATE epochs SET acknowledged_seq = 0") and None)
    till.sync_until_quiet()
    assert balances(bench, closed.member_id) == {"points": 100}
    till.checkout.void("sale-1", "17")
    till.sync_until_quiet()
    assert balances(bench, closed.member_id) == {"points": 0}
    assert faults(bench) == []
    with bench.office.database.read() as reader:
        assert reader.scalar(select(func.sum(LedgerPosting.amount))) == 0
        undone = [line.entry.undoes for line in lines_of(reader, bench.organisation_id, closed.member_id)]
    assert undone == ["", closed.receipt_id]


def test_both_sides_show_the_same_balance_before_and_after_the_news(bench: OfficeBench, till: SellingTill) -> None:
    first = till.sell(("x", 1000, 1), card_id=MEMBER_CARD)
    assert [told.balance for told in first.balances] == [100]
    till.sync_until_quiet()
    second = till.sell(("x", 500, 1), card_id=MEMBER_CARD)
    assert [told.balance for told in second.balances] == [150]
    till.sync_until_quiet()
    till.sync_until_quiet()
    third = till.sell(("x", 500, 1), card_id=MEMBER_CARD)
    assert [told.balance for told in third.balances] == [200]
    till.sync_until_quiet()
    assert balances(bench, first.member_id) == {"points": 200}


def test_a_tier_is_given_when_the_receipt_arrives_and_the_till_learns_it(bench: OfficeBench, till: SellingTill) -> None:
    closed = till.sell(("x", 2500, 1), card_id=MEMBER_CARD)
    till.sync_until_quiet()
    till.sync_until_quiet()
    body = till.replica.member(closed.member_id)
    assert body is not None
    assert (body.tier, body.tier_name) == ("silver", "Silver")
    with bench.office.database.read() as reader:
        seen = accounts_of(reader, bench.organisation_id, closed.member_id, DAY)
    assert seen.tier is not None
    assert seen.tier.next_step is not None
    assert (seen.tier.name, seen.tier.next_step.missing, seen.tier.next_step.step.name) == ("Silver", 6500, "Gold")
    # A year without enough: the night after the next year's end takes it back.
    assert "0 tiers changed" in night(bench.office, bench.organisation_id, date(2026, 12, 31))
    assert "1 tiers changed" in night(bench.office, bench.organisation_id, date(2027, 12, 31))
    assert "0 tiers changed" in night(bench.office, bench.organisation_id, date(2027, 12, 31))
    with bench.office.database.read() as reader:
        member = get_member(reader, bench.organisation_id, closed.member_id)
    assert member is not None
    assert member.tier == ""


def test_points_expire_at_night_and_used_ones_do_not(bench: OfficeBench, till: SellingTill) -> None:
    closed = till.sell(("x", 1000, 1), card_id=MEMBER_CARD)
    till.sync_until_quiet()
    quote_line = ("x", 300, 1)
    till.clock.forward(timedelta(days=10))
    till.sync_until_quiet()
    sold = till.sell(quote_line, card_id=MEMBER_CARD)
    assert sold.member_id == closed.member_id
    till.sync_until_quiet()
    assert balances(bench, closed.member_id) == {"points": 130}
    assert "0 points expired" in night(bench.office, bench.organisation_id, date(2026, 12, 22))
    assert night(bench.office, bench.organisation_id, date(2026, 12, 23)).startswith("Ledger: 100 points expired")
    assert "0 points expired" in night(bench.office, bench.organisation_id, date(2026, 12, 23))
    assert balances(bench, closed.member_id) == {"points": 30}
    till.sync_until_quiet()
    assert shown_points(till) == 30
    assert faults(bench) == []


def test_a_correction_reaches_the_till_and_its_undoing_is_a_booking(bench: OfficeBench, till: SellingTill) -> None:
    closed = till.sell(("x", 1000, 1), card_id=MEMBER_CARD)
    till.sync_until_quiet()
    member_id = closed.member_id
    write = bench.office.database.write
    entry_id = run_in_tx(write, lambda tx: correct(tx, bench.doing, member_id, "points", -30, " spilled  coffee "))
    run_in_tx(write, lambda tx: correct(tx, bench.doing, member_id, "stamps:coffee", 2, "card lost"))
    till.sync_until_quiet()
    assert shown_points(till) == 70
    run_in_tx(write, lambda tx: undo_correction(tx, bench.doing, member_id, entry_id))
    run_in_tx(write, lambda tx: undo_correction(tx, bench.doing, member_id, entry_id))
    till.sync_until_quiet()
    assert balances(bench, member_id) == {"points": 100, "stamps:coffee": 2}
    for unit, amount, reason in (("points", 0, "x"), ("points", 5, " "), ("gold", 5, "x"), ("points", 10**9, "x")):
        with pytest.raises(InputError):
            run_in_tx(write, lambda tx, u=unit, a=amount, r=reason: correct(tx, bench.doing, member_id, u, a, r))  # type: ignore[misc]
    with pytest.raises(InputError):
        run_in_tx(write, lambda tx: undo_correction(tx, bench.doing, member_id, closed.receipt_id))


def test_liabilities_and_books_that_were_tampered_with(bench: OfficeBench, till: SellingTill) -> None:
    closed = till.sell(("x", 1000, 1), card_id=MEMBER_CARD)
    till.sync_until_quiet()
    write = bench.office.database.write
    run_in_tx(write, lambda tx: correct(tx, bench.doing, closed.member_id, "value", 2500, "gift"))
    with bench.office.database.read() as reader:
        assert open_liabilities(reader, bench.organisation_id) == {"points": 100, "value": 2500}
    steal = update(LedgerAccount).where(LedgerAccount.owner == closed.member_id).values(balance=999)
    run_in_tx(write, lambda tx: tx.execute(steal).close())
    report = night(bench.office, bench.organisation_id, DAY)
    assert "SUMS ARE WRONG" in report
    assert "the balance is 999, its postings sum to 100" in report
    lopsided = update(LedgerPosting).where(LedgerPosting.unit == "value", LedgerPosting.amount < 0).values(amount=-1)
    run_in_tx(write, lambda tx: tx.execute(lopsided).close())
    assert "its postings of value sum to 2499, not to zero" in night(bench.office, bench.organisation_id, DAY)


def test_a_till_with_wrong_bookings_is_quarantined(bench: OfficeBench, till: SellingTill) -> None:
    till.sell(("x", 1000, 1), card_id=MEMBER_CARD)
    raw = till.journal.read(lambda c: c.execute("SELECT raw FROM receipts").fetchone())[0]
    forged = raw.replace(b'"amount":100,', b'"amount":900,')
    assert forged != raw
    row = (forged, hashlib.sha256(forged).hexdigest())
    till.journal.write(lambda c: c.execute("UPDATE receipts SET raw = ?, sha256 = ?", row) and None)
    assert till.sync.tick().quarantined == 1
    with bench.office.database.read() as reader:
        assert reader.scalars(select(Quarantine.code)).all() == ["bookings_differ"]


# -- laws -----------------------------------------------------------------------------------------------------------

KINDS = ("accrual", "points_redemption", "adjustment", "reversal")


@st.composite
def histories(draw: st.DrawFn) -> list[NewEntry]:
    found: list[NewEntry] = []
    for number in range(draw(st.integers(1, 8))):
        day = DAY + timedelta(days=number)
        member = draw(st.sampled_from(("m1", "m2")))
        sold = [entry for entry in found if entry.kind == "receipt" and not entry.undoes and entry.member_id == member]
        undone = draw(st.sampled_from([None, *sold]))
        if undone is not None and all(entry.undoes != undone.entry_id for entry in found):
            back = tuple(Posted(one.unit, "reversal", -one.amount) for one in undone.postings)
            found.append(NewEntry(f"r{number}", "receipt", member, day, NOW, back, number, undone.entry_id))
            continue
        postings = []
        for unit in draw(st.sets(st.sampled_from(("points", "stamps:a", "value")), min_size=1)):
            amount = draw(st.integers(-80, 80).filter(bool))
            kind = "accrual" if amount > 0 else "points_redemption"
            lasts = day + timedelta(days=draw(st.integers(0, 5))) if amount > 0 and draw(st.booleans()) else None
            postings.append(Posted(unit, kind, amount, lasts))
        found.append(NewEntry(f"r{number}", "receipt", member, day, NOW, tuple(postings), number))
    return found


@pytest.fixture(scope="module")
def empty() -> Iterator[Database]:
    folder = tempfile.TemporaryDirectory()
    database = open_database(Path(folder.name) / "ledger.db")
    upgrade_database(database.engine)
    yield database
    database.close()
    folder.cleanup()


@settings(max_examples=40, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.integers(0, 12))
def test_whatever_is_booked_sums_to_zero_and_balances_are_sums(
    empty: Database, entries: list[NewEntry], later: int
) -> None:
    clock, ids = HandClock(NOW), UuidIds()
    today = DAY + timedelta(days=later)

    def work(tx: Session) -> str:
        organisation_id = create_organisation(tx, clock, ids, "Laws", Tariff()).organisation_id
        for entry in entries:
            book(tx, organisation_id, [entry], NOW)
        assert faults_of(tx, organisation_id) == []
        accounts = [(owner, unit) for owner in ("m1", "m2") for unit in ("points", "stamps:a", "value")]
        before = {owner: balances_of(tx, organisation_id, owner) for owner in ("m1", "m2")}
        gone = expire(tx, organisation_id, accounts, today, NOW)
        assert expire(tx, organisation_id, accounts, today, NOW) == 0
        after = {owner: balances_of(tx, organisation_id, owner) for owner in ("m1", "m2")}
        assert sum(sum(units.values()) for units in before.values()) - gone == sum(
            sum(units.values()) for units in after.values()
        )
        assert faults_of(tx, organisation_id) == []
        for owner, unit in accounts:
            lots = open_lots(movements_of(lines_of(tx, organisation_id, owner, unit)))
            assert all(lot.expires_on is None or lot.expires_on >= today for lot in lots)
        tx.rollback()
        return organisation_id

    with empty.write() as session:
        work(session)


def test_another_organisation_has_books_of_its_own(bench: OfficeBench) -> None:
    other = bench.other_organisation()
    doing = Doing(other, "somebody", bench.clock, bench.office.ids)

    def work(tx: Session) -> str:
        member = create_member(tx, doing, MemberInput(Person("Eve")))
        correct(tx, doing, member.member_id, "points", 7, "welcome")
        return member.member_id

    member_id = run_in_tx(bench.office.database.write, work)
    with bench.office.database.read() as reader:
        assert balances_of(reader, other, member_id) == {"points": 7}
        assert balances_of(reader, bench.organisation_id, member_id) == {}
    with pytest.raises(InputError):
        run_in_tx(bench.office.database.write, lambda tx: correct(tx, bench.doing, member_id, "points", 7, "not ours"))
