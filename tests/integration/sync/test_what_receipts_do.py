"""What uploaded receipts do in the back-office: coupons, limits, voids, comparisons, times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.db import run_in_tx
from backoffice.sync_api.coupons import assign_coupons
from backoffice.sync_api.doubles import doubles
from backoffice.sync_api.models import Coupon, Receipt, Redemption
from backoffice.sync_api.reconciliation import missing_reconciliations, reconciliations
from pos_engine.sync.client import RefusedError
from pos_engine.wire.sync import IssuedCoupon
from tests.support.sync_bench import Office, Till, draft_of
from tests.support.till import DAY, HandClock


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    yield office
    office.close()


@pytest.fixture
def tills(tmp_path: Path, office: Office) -> Iterator[tuple[Till, Till]]:
    pair = tuple(Till(tmp_path / f"till{n}", office, seed=n).enrol(f"Till {n}") for n in (1, 2))
    yield pair[0], pair[1]
    for till in pair:
        till.close()


def coupon_states(office: Office) -> dict[str, tuple[str, str]]:
    with office.database.read() as session:
        return {row.coupon_id: (row.state, row.redeemed_by) for row in session.scalars(select(Coupon))}


def paper(coupon_id: str) -> IssuedCoupon:
    return IssuedCoupon(
        coupon_id=coupon_id,
        series_id="next-visit",
        campaign_id="spring",
        offer_id="spring-o",
        medium="paper",
        valid_from=DAY,
        valid_until=DAY + timedelta(days=30),
    )


def test_v10_a_paper_coupon_of_one_till_is_redeemed_at_the_other(office: Office, tills: tuple[Till, Till]) -> None:
    first, second = tills
    first.sell("", draft_of("a", issued=[paper("P1")]))
    first.sync_until_quiet()
    second.sync_until_quiet()
    coupon = second.replica.coupon("P1")
    assert coupon is not None
    assert coupon.redeemed_by == ()
    receipt = second.sell("", draft_of("b", coupons=("P1",)))
    second.sync_until_quiet()
    first.sync_until_quiet()
    redeemed_by = f"{receipt.workstation_id}:1:1"
    assert coupon_states(office) == {"P1": ("redeemed", f'["{redeemed_by}"]')}
    coupon = first.replica.coupon("P1")
    assert coupon is not None
    assert coupon.redeemed_by == (redeemed_by,)


def test_a_redemption_that_arrives_before_its_coupon_counts(office: Office, tills: tuple[Till, Till]) -> None:
    first, second = tills
    first.sell("", draft_of("a", issued=[paper("P1")]))
    second.sell("", draft_of("b", coupons=("P1",)))
    second.sync_until_quiet()
    assert coupon_states(office) == {}
    first.sync_until_quiet()
    assert coupon_states(office)["P1"][0] == "redeemed"


def test_one_coupon_at_two_tills_off_line_is_recorded_and_refused_to_nobody(
    office: Office, tills: tuple[Till, Till]
) -> None:
    run_in_tx(
        office.database.write,
        lambda s: assign_coupons(
            s, office.clock, office.ids, office.organisation_id, "spring", "welcome", ["anna"], None, None
        ),
    )
    first, _ = tills
    first.sync_until_quiet()
    (coupon,) = first.replica.coupons_of("anna")
    for till in tills:
        till.sell("", draft_of("a", coupons=(coupon.coupon_id,), member_id="anna"))
        till.sync_until_quiet()
    with office.database.read() as session:
        (double,) = doubles(session, office.organisation_id)
    assert (double.kind, double.member_id, double.worth, double.used, double.loss_minor) == (
        "coupon",
        "anna",
        1,
        2,
        100,
    )
    assert [(use.discount_minor, use.beyond) for use in double.uses] == [(100, False), (100, True)]
    assert len({use.workstation_id for use in double.uses}) == 2
    assert coupon_states(office)[coupon.coupon_id][0] == "overdrawn"
    assert len(office.stored()) == 2


def test_what_others_used_of_an_offer_comes_to_every_till(tills: tuple[Till, Till]) -> None:
    first, second = tills
    for number in range(3):
        first.sell("", draft_of(f"a{number}", member_id="anna"))
    first.sync_until_quiet()
    second.sync_until_quiet()
    used = second.replica.offer_usage(["spring-o"], "anna", but_workstation_id="nobody")["spring-o"]
    assert (used.total_uses, used.member_uses, used.discount_minor) == (3, 3, 300)


def test_a_void_takes_everything_back(office: Office, tills: tuple[Till, Till]) -> None:
    till, other = tills
    till.sell("", draft_of("a", coupons=("P0",), issued=[paper("P1")], member_id="anna"))
    till.sell("", draft_of("b", issued=[paper("P0")]))
    till.sync_until_quiet()
    assert {coupon: state for coupon, (state, _) in coupon_states(office).items()} == {"P0": "redeemed", "P1": "open"}
    till.sell("", draft_of("a", kind="void", coupons=("P0",), member_id="anna"))
    till.sync_until_quiet()
    other.sync_until_quiet()
    assert coupon_states(office) == {"P0": ("open", "[]"), "P1": ("void", "[]")}
    dead = other.replica.coupon("P1")
    assert dead is not None
    assert dead.uses_total == 0
    with office.database.read() as session:
        assert sum(session.scalars(select(Redemption.discount_minor))) == 100
        assert sum(session.scalars(select(Receipt.total_due_minor))) == 900
    assert till.sync.reconcile(DAY).result == "agrees"


def test_differences_are_said_in_words_and_missing_tills_are_named(office: Office, tills: tuple[Till, Till]) -> None:
    till, other = tills
    till.sell("a")
    assert till.sync.reconcile(DAY).result == "receipts_wait"
    till.sync_until_quiet()
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM redemption")
    report = till.sync.reconcile(DAY)
    assert report.result == "differs"
    assert report.differences == ("redemptions: the till counts 1, the back-office 0 (-1)",)
    with office.database.read() as session:
        (row,) = reconciliations(session, office.organisation_id)
        assert not row.agrees
        (missing,) = missing_reconciliations(session, office.organisation_id, DAY)
    identity = other.journal.identity()
    assert identity is not None
    assert missing.workstation_id == identity.workstation_id
    assert "did not compare 2026-11-23" in missing.text


def test_a_till_that_was_off_at_night_compares_every_day_it_missed(tills: tuple[Till, Till]) -> None:
    till, _ = tills
    for offset in (0, 1, 3):
        till.sell("", draft_of(f"s{offset}", business_day=DAY + timedelta(days=offset)))
    till.sync_until_quiet()
    today = DAY + timedelta(days=5)
    days = [report.business_day for report in till.sync.reconcile_due(today)]
    assert days == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=3), DAY + timedelta(days=4)]
    assert till.sync.reconcile_due(today) == ()
    till.line.down = True
    (report,) = till.sync.reconcile_due(today + timedelta(days=1))
    assert report.result == "off_line"
    till.line.down = False
    assert [r.result for r in till.sync.reconcile_due(today + timedelta(days=1))] == ["agrees"]


@pytest.mark.parametrize("till_minutes_ahead", [-90, 0, 90])
def test_a_wrong_till_clock_misdates_nothing_silently(tmp_path: Path, office: Office, till_minutes_ahead: int) -> None:
    clock = HandClock(office.clock.shown + timedelta(minutes=till_minutes_ahead))
    till = Till(tmp_path / "till", office, clock).enrol()
    truth = office.clock.now()
    till.sell("a")
    for moved in (office.clock, clock):
        moved.forward(timedelta(minutes=10))
    # The clock is set right after the sale; the counter still knows how long ago it was.
    clock.shown = office.clock.shown
    till.sync_until_quiet()
    with office.database.read() as session:
        (row,) = session.scalars(select(Receipt))
    assert row.closed_at == truth
    assert row.closed_at_claimed == truth + timedelta(minutes=till_minutes_ahead)
    assert row.clock_suspect == (till_minutes_ahead != 0)
    assert row.received_at == office.clock.now()
    till.close()


def test_renewing_a_till_keeps_its_name_and_its_waiting_receipts(tmp_path: Path, office: Office) -> None:
    till = Till(tmp_path / "till", office).enrol()
    before = till.journal.identity()
    till.sell("a")
    till.enrol("Till 1")
    after = till.journal.identity()
    assert before is not None
    assert after is not None
    assert before.workstation_id == after.workstation_id
    assert before.signing_key != after.signing_key
    assert till.journal.epoch() == 2
    till.sell("b")
    till.sync_until_quiet()
    assert sorted(office.stored()) == sorted(till.journal_hashes())
    till.close()


def test_another_name_is_refused_while_receipts_wait(tmp_path: Path, office: Office) -> None:
    till = Till(tmp_path / "till", office).enrol()
    till.sell("a")
    with pytest.raises(RefusedError, match="outbox_not_empty"):
        till.enrol("Till 9")
    till.sync_until_quiet()
    till.enrol("Till 9")
    assert till.journal.outbox_count() == 0
    till.close()


def test_days_are_the_tills_and_instants_are_in_utc(office: Office, tills: tuple[Till, Till]) -> None:
    till, _ = tills
    till.sell("", draft_of("a", business_day=date(2026, 11, 22)))
    till.sync_until_quiet()
    with office.database.read() as session:
        (row,) = session.scalars(select(Receipt))
    assert (row.business_day, row.closed_at) == (date(2026, 11, 22), datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
