"""A till and a back-office over real HTTP: enrol, publish, fetch, sell, upload, compare."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from backoffice.sync_api.reconciliation import missing_reconciliations, reconciliations
from backoffice.sync_api.tills import till_states
from tests.support.databases import ON_POSTGRESQL
from tests.support.sync_bench import Office, Till
from tests.support.till import DAY


def test_v7_a_published_campaign_is_received_and_the_publish_page_says_so(office: Office, till: Till) -> None:
    office.put_campaign("spring", 1000)
    till.enrol()
    report = office.publish()
    till.sync_until_quiet()
    assert till.staged == [report.set_version]
    till.replica.activate_set(report.set_version)
    till.sync.tick()
    with office.database.read() as session:
        (state,) = till_states(session, office.organisation_id)
    assert (state.newest_set_version, state.received_set_version, state.active_set_version) == (1, 1, 1)
    assert state.alarms == {}


def test_two_thousand_receipts_arrive_exactly_once_over_a_bad_line(office: Office, till: Till) -> None:
    till.enrol()
    till.line.plan = [said for fault in till.line.FAULTS for said in ("good", fault)]
    till.line.rate = 0.2
    for number in range(2_000):
        till.sell(f"sale-{number}")
    till.sync_until_quiet()
    assert sorted(office.stored()) == sorted(till.journal_hashes())
    assert len(office.stored()) == 2_000
    assert office.aside() == []
    assert set(till.line.happened) == {"good", *till.line.FAULTS}, f"seed 0: {till.line.happened}"
    till.line.rate = 0.0
    day = till.sync.reconcile(DAY)
    assert (day.result, day.differences) == ("agrees", ())
    with office.database.read() as session:
        (row,) = reconciliations(session, office.organisation_id)
        assert (row.agrees, row.our_receipts, row.our_redemptions) == (True, 2_000, 2_000)
        assert missing_reconciliations(session, office.organisation_id, DAY) == []


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite needs no counting for its plans")
def test_a_new_database_counts_its_receipts_with_the_first_batch(office: Office, till: Till) -> None:
    """Uncounted, each line's check against its receipt walks over all receipts until the server counts by itself."""
    till.enrol()
    for number in range(3):
        till.sell(f"sale-{number}")
    till.sync_until_quiet()
    with office.database.read() as session:
        assert session.execute(text("SELECT reltuples FROM pg_class WHERE relname = 'receipt'")).scalar_one() == 3
