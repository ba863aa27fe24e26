"""Tills remember the newest entry of the back-office's record, and a record that lost it is found out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from backoffice.audit import chain
from backoffice.audit.models import AuditEntry, AuditHead
from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.ids import UuidIds
from pos_engine.sync.record_witness import record_told
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = HandClock()
    made = Office(tmp_path / "office", clock)
    doing = Doing(made.organisation_id, "ana", clock, UuidIds())

    def work(tx: Session) -> None:
        for number in range(3):
            doing.note(tx, "member_added", "member", f"m{number}")

    run_in_tx(made.database.write, work)
    yield made
    made.close()


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Iterator[Till]:
    made = Till(tmp_path / "till", office, office.clock).enrol()
    yield made
    made.close()


def actions(office: Office) -> list[str]:
    with office.database.read() as session:
        rows = session.query(AuditEntry).filter_by(organisation_id=office.organisation_id).order_by(AuditEntry.seq)
        return [row.action for row in rows]


def test_a_till_remembers_what_it_was_told(office: Office, till: Till) -> None:
    till.sync_until_quiet()
    with office.database.read() as session:
        head = chain.head_of(session, office.organisation_id)
    assert record_told(till.journal, office.organisation_id) == (head.seq, head.seal.hex())
    assert record_told(till.journal, "another") == (0, "")
    till.sync_until_quiet()
    assert "record_disagrees" not in actions(office)


def test_a_record_cut_short_is_told_once_by_each_till_that_knew_more(office: Office, till: Till) -> None:
    till.sync_until_quiet()

    def cut(tx: Session) -> None:
        second = tx.query(AuditEntry).filter_by(seq=2).one()
        tx.query(AuditEntry).filter(AuditEntry.seq > 2).delete()
        head = tx.query(AuditHead).one()
        head.seq, head.seal = second.seq, second.seal

    run_in_tx(office.database.write, cut)
    till.sync_until_quiet()
    till.sync_until_quiet()
    assert actions(office)[-2:] == ["record_disagrees", "older_copy_put_back"]
    assert actions(office).count("record_disagrees") == 1
    with office.database.read() as session:
        assert chain.verify(session, office.organisation_id).broken_at == 0


def test_an_unreadable_seal_is_a_disagreement_and_no_fault(office: Office, till: Till) -> None:
    till.sync_until_quiet()
    till.journal.set_note("backoffice_record", f"{office.organisation_id} 2 zz")
    till.sync_until_quiet()
    assert actions(office)[-2:] == ["record_disagrees", "older_copy_put_back"]
