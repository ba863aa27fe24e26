"""A set brings baskets with their totals: a till that reckons otherwise refuses it, says so, and sells on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, update

from backoffice.db import run_in_tx
from backoffice.sync_api.models import CampaignSetRow
from backoffice.sync_api.publishing import publish_again
from pos_engine.wire.campaign_set import CampaignSetDocument, GoldenCase
from pos_engine.wire.campaigns import load_set
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.golden import CASES_MAX, read_golden
from tests.support.sync_bench import Office, Till, draft_of
from tests.support.till import HandClock


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    office.put_campaign("spring", 1000)
    office.publish()
    yield office
    office.close()


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Iterator[Till]:
    """A till that sells by set 1 and has handed over two sales, one of a member with a coupon."""
    till = Till(tmp_path / "till", office).enrol()
    till.sync_until_quiet()
    till.replica.activate_set(1)
    till.sell("sale-1")
    till.sell("sale-2", draft_of("sale-2", member_id="anna", coupons=("c-1",)))
    till.sync_until_quiet()
    yield till
    till.close()


def published(office: Office, version: int) -> CampaignSetDocument:
    with office.database.read() as reader:
        raw = reader.scalars(select(CampaignSetRow.raw).where(CampaignSetRow.set_version == version)).one()
    return load_set(raw).document


def bend(office: Office, version: int, cases: tuple[GoldenCase, ...]) -> None:
    """A publisher whose core reckons otherwise than the till's: its sums are others when they are signed."""
    raw = msgspec.json.encode(
        msgspec.structs.replace(published(office, version), golden=msgspec.Raw(msgspec.json.encode(cases)))
    )
    run_in_tx(
        office.database.write,
        lambda tx: tx.execute(
            update(CampaignSetRow)
            .where(CampaignSetRow.set_version == version)
            .values(raw=raw)
            .execution_options(synchronize_session=False)
        ),
    )


def codes(till: Till) -> list[str]:
    till.clock.forward(timedelta(minutes=20))
    return [notice.code for notice in till.sync.tick().troubles]


def test_a_set_brings_what_the_store_sold_and_nothing_of_anybody(office: Office, till: Till) -> None:
    office.put_campaign("summer", 2000)
    office.publish()
    cases = read_golden(published(office, 2).golden)
    assert [(case.discount_minor, case.line_dues_minor) for case in cases] == [(0, (1000,)), (200, (800,))] * 2
    assert read_golden(published(office, 1).golden) == ()
    told = msgspec.json.encode(published(office, 2).golden)
    assert b"anna" not in told
    assert b"c-1" not in told
    assert codes(till) == []
    assert till.staged == [1, 2]


@pytest.mark.parametrize("what", ["discount_minor", "value_minor", "line_dues_minor"])
def test_a_till_that_reckons_otherwise_refuses_the_set_and_sells_on(office: Office, till: Till, what: str) -> None:
    office.put_campaign("summer", 2000)
    office.publish()
    *good, last = read_golden(published(office, 2).golden)
    other = (799,) if what == "line_dues_minor" else getattr(last, what) + 1
    bend(office, 2, (*good, msgspec.structs.replace(last, **{what: other})))
    assert codes(till) == ["set_disagrees"]
    active = till.replica.active_set()
    assert active is not None
    assert active.set_version == 1
    till.sell("sale-3")
    assert codes(till) == ["set_disagrees"]
    assert till.journal.outbox_count() == 0
    # the shop's way out: what was in force, under a new number
    run_in_tx(office.database.write, lambda s: publish_again(s, office.clock, office.organisation_id, 1))
    assert codes(till) == []
    assert till.staged == [1, 3]


def test_cases_that_nobody_can_read_are_no_cases(office: Office, till: Till) -> None:
    office.publish()
    (case, *_) = read_golden(published(office, 2).golden)
    bend(office, 2, (msgspec.structs.replace(case, basket=msgspec.Raw(b'{"lines": 3}')),))
    assert codes(till) == ["set_unreadable"]
    with pytest.raises(DocumentError, match="at most"):
        read_golden(msgspec.Raw(msgspec.json.encode([case] * (CASES_MAX + 1))))
    with pytest.raises(DocumentError):
        read_golden(msgspec.Raw(b"[1]"))


def test_a_till_that_does_not_know_a_campaign_expects_other_sums(office: Office, till: Till) -> None:
    office.publish()
    document = published(office, 2)
    (entry,) = document.campaigns
    cases = read_golden(document.golden)
    altered = msgspec.structs.replace(entry, body=msgspec.Raw(bytes(entry.body).replace(b"spring", b"autumn")))
    raw = msgspec.json.encode(msgspec.structs.replace(document, campaigns=(altered,)))
    run_in_tx(
        office.database.write,
        lambda tx: tx.execute(
            update(CampaignSetRow)
            .where(CampaignSetRow.set_version == 2)
            .values(raw=raw)
            .execution_options(synchronize_session=False)
        ),
    )
    assert any(case.discount_minor for case in cases)
    assert codes(till) == []
    assert till.staged == [1, 2]
