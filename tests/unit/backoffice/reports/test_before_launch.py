"""Before a campaign starts its page says what its result could show, from own receipts where there are any."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import MemberDay
from backoffice.audiences.segments import save_segment
from backoffice.audiences.tree import AudienceTree
from backoffice.bulk import execute_many
from backoffice.campaigns.presets import form_of_preset
from backoffice.db import run_in_tx
from backoffice.measurement.published import ALL, MEAN_ORDER_UNITS, OTHER_VEHICLE_BP, RESULTS, VALIDATED_BP
from backoffice.members import counts
from backoffice.members.models import Member
from backoffice.reports.before_launch import Base, base_of
from tests.support.office import MONDAY, OfficeBench, csrf_free

TODAY = MONDAY.date()
MEMBERS = [f"x{number:03}" for number in range(100)]


def came(bench: OfficeBench, day: date, members: list[str]) -> None:
    key = {"organisation_id": bench.organisation_id, "business_day": day, "store_id": "s"}
    rows = [key | {"member_id": each, "visits": 1, "spent_minor": 500} for each in members]
    run_in_tx(bench.office.database.write, lambda tx: execute_many(tx, insert(MemberDay), rows))


def base(bench: OfficeBench, days: int = 28) -> Base:
    form = form_of_preset("member_coupon", TODAY)
    assert form is not None
    dated = msgspec.structs.replace(form, starts_on=TODAY, ends_on=TODAY + timedelta(days=days - 1))
    with bench.office.database.read() as reader:
        return base_of(reader, bench.organisation_id, dated, TODAY, MEMBERS)


def test_the_own_share_counts_once_receipts_reach_back_as_far_as_the_campaign_is_long(bench: OfficeBench) -> None:
    published = Base(0.08, own=False)
    assert base(bench) == published
    came(bench, TODAY - timedelta(days=27), [*MEMBERS[:30], "somebody else"])
    assert base(bench) == published
    came(bench, TODAY - timedelta(days=28), MEMBERS[20:40])
    assert base(bench) == Base(0.4, own=True)
    assert base(bench, days=29) == published
    came(bench, TODAY, MEMBERS)
    assert base(bench) == Base(0.4, own=True)


def more_members(bench: OfficeBench) -> None:
    """Two hundred like the first one, so that a hold-out can tell something."""

    def work(tx: Session) -> None:
        first = tx.execute(select(Member.__table__).limit(1)).mappings().one()
        rows = [{**first, "member_id": each, "number": each} for each in MEMBERS + [f"y{each}" for each in MEMBERS]]
        execute_many(tx, insert(Member), rows)
        counts.joined(tx, bench.organisation_id, len(rows))

    run_in_tx(bench.office.database.write, work)


def test_the_panel_beside_the_form_says_the_lift_and_the_day(bench: OfficeBench) -> None:
    more_members(bench)
    doing = bench.doing
    segment_id = run_in_tx(
        bench.office.database.write, lambda tx: save_segment(tx, doing, "", "All", AudienceTree()).segment_id
    )
    fields = {"preset": "member_coupon", "name": "Ten", "percent": "10", "who": "members"}
    fields |= {"audience_segment": segment_id, "hold_out_percent": "50", "result_after_days": "14"}
    fields |= {"starts_on": "2026-11-23", "ends_on": "2026-12-20"}
    client = bench.client("campaign_editor")
    with csrf_free(bench.app):
        page = client.post("/campaigns/preview", data=fields)
        assert page.status_code == 200
        assert "worked out on Jan 3, 2027" in page.text
        assert "With the 8% that garages published, at least" in page.text
        came(bench, TODAY - timedelta(days=28), MEMBERS[:50])
        page = client.post("/campaigns/preview", data=fields)
        assert "came in as many days before today. If as many" in page.text


def test_p7_the_published_results_are_those_that_were_published() -> None:
    """P7: returned %, revenue for each 1 spent, same motive %."""
    assert {each.family: (each.returned_bp, each.revenue_per_unit_e2, each.same_motive_bp) for each in RESULTS} == {
        "air_conditioning": (544, 503, 4500),
        "tyres": (676, 810, 2600),
        "dampers": (565, 614, 600),
        "brakes": (624, 871, 2400),
        "technical_inspection": (1615, 2161, 0),
        "timing_belt": (691, 955, 1400),
        "oil_and_service": (808, 841, 5500),
    }
    assert (ALL.returned_bp, ALL.revenue_per_unit_e2, ALL.same_motive_bp) == (800, 965, 2400)
    assert (VALIDATED_BP, MEAN_ORDER_UNITS, OTHER_VEHICLE_BP) == (3800, 291, 2500)
