"""A till may do nothing before somebody compared its fingerprint, and nothing any more once it is shut out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.sync_api.models import EnrolmentCode, TillKey, Workstation
from backoffice.sync_api.till_keys import confirm_key, refuse_key, tidy_enrolments, waiting_key, waiting_keys
from backoffice.sync_api.tills import revoke
from pos_engine.journal.identity import TillIdentity
from pos_engine.wire.http_signature import fingerprint_of, new_signing_key, public_key_of
from tests.support.signing import SigningClient
from tests.support.sync_bench import Office, Till
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
    """A till with a clock of its own that nobody has enrolled."""
    till = Till(tmp_path / "till", office, HandClock())
    yield till
    till.close()


def shown(till: Till) -> TillIdentity:
    return till.sync.enrol(till.url, till.office.code())


def later(till: Till, by: timedelta = timedelta(seconds=30)) -> None:
    till.clock.forward(by)
    till.office.clock.forward(by)


def test_an_unconfirmed_till_gets_nothing_sells_and_says_so(office: Office, till: Till) -> None:
    identity = shown(till)
    till.sell("sale-1")
    report = till.sync.tick()
    assert (report.state, [notice.code for notice in report.troubles]) == ("refused", ["till_waits"])
    assert report.troubles[0].params == {"fingerprint": identity.fingerprint}
    client = SigningClient(office.app, identity.signing_key, office.clock)
    for path in ("changes", "tuf/metadata/timestamp.json", "tuf/metadata/1.root.json"):
        assert client.get(f"/sync/v1/{path}").status_code == 403
    assert office.stored() == []
    office.confirm(identity.fingerprint)
    later(till)
    assert till.sync.tick().troubles == ()
    assert (till.replica.received_set_version(), len(office.stored())) == (1, 1)


def test_a_refused_key_never_comes_in(office: Office, till: Till) -> None:
    shown(till)
    with office.database.read() as reader:
        (key,) = waiting_keys(reader, office.organisation_id)
    run_in_tx(office.database.write, lambda s: refuse_key(s, office.clock, office.organisation_id, key.key_id, "anna"))
    assert [notice.code for notice in till.sync.tick().notices] == ["till_unknown"]
    with pytest.raises(InputError, match="any more"):
        run_in_tx(
            office.database.write, lambda s: confirm_key(s, office.clock, office.organisation_id, key.key_id, "anna")
        )


def test_a_wrong_fingerprint_confirms_nobody(office: Office, till: Till) -> None:
    identity = shown(till)
    with (
        office.database.read() as reader,
        pytest.raises(InputError, match=f"Waiting: {identity.fingerprint}"),
    ):
        waiting_key(reader, [office.organisation_id], fingerprint_of(public_key_of(new_signing_key())))


def test_a_stolen_code_shuts_nobody_out(tmp_path: Path, office: Office, till: Till) -> None:
    till.enrol()
    thief = Till(tmp_path / "thief", office, seed=1)
    stolen = thief.sync.enrol(thief.url, office.code())
    assert thief.sync.tick().state == "refused"
    assert till.sync.tick().state == "on_line"
    office.confirm(stolen.fingerprint)
    later(till)
    assert [notice.code for notice in till.sync.tick().notices] == ["till_unknown"]
    assert thief.sync.tick().state in {"waiting", "on_line"}
    thief.close()


def test_shutting_out_is_one_row_and_effective_at_once(office: Office, till: Till) -> None:
    till.enrol()
    assert till.sync.tick().state == "on_line"
    identity = till.journal.identity()
    assert identity is not None
    run_in_tx(office.database.write, lambda s: revoke(s, office.organisation_id, identity.workstation_id))
    later(till)
    till.sell("sale-1")
    assert [notice.code for notice in till.sync.tick().troubles] == ["till_unknown"]
    assert (till.journal.outbox_count(), office.stored()) == (1, [])
    till.enrol()
    later(till)
    till.sync_until_quiet()
    assert len(office.stored()) == 1


@pytest.mark.parametrize("days", [-9_800, -1, 1, 3_000])
def test_a_wrong_clock_never_blocks_a_till(office: Office, till: Till, days: int) -> None:
    till.clock.shown += timedelta(days=days)
    till.enrol()
    till.sell("sale-1")
    assert till.sync.tick().state == "on_line"
    assert len(office.stored()) == 1
    # the offset is known now: every later request is right at once
    before = till.line.happened["good"]
    till.sync.tick()
    assert till.line.happened["good"] - before <= 3
    # and the clock being set right again does no harm either
    till.clock.shown = office.clock.shown
    later(till)
    assert till.sync.tick().state == "on_line"


def test_a_copied_request_is_worth_something_for_five_minutes_only(office: Office, till: Till) -> None:
    till.enrol()
    identity = till.journal.identity()
    assert identity is not None
    client = SigningClient(office.app, identity.signing_key, office.clock)
    for minutes, status in ((-6, 401), (-5, 200), (5, 200), (6, 401)):
        client.signed_at = office.clock.now() + timedelta(minutes=minutes)
        answer = client.get("/sync/v1/changes")
        assert answer.status_code == status
        if status == 401:
            assert (answer.json or {})["code"] == "signature_time"
            assert datetime.fromisoformat((answer.json or {})["server_time"]) == office.clock.now()


def test_a_till_of_the_time_before_keys_sells_and_asks_to_be_enrolled_again(office: Office, till: Till) -> None:
    till.enrol()
    identity = till.journal.identity()
    assert identity is not None
    old = {**{name: getattr(identity, name) for name in identity.__dataclass_fields__}, "signing_key": ""}
    till.journal.save_identity(TillIdentity(**old))
    till.sell("sale-1")
    report = till.sync.tick()
    assert [notice.code for notice in report.troubles] == ["till_unknown"]
    assert "enrol it again" in report.troubles[0].text
    later(till)
    till.enrol()
    till.sync_until_quiet()
    assert len(office.stored()) == 1


def test_the_night_forgets_what_can_do_nothing_any_more(office: Office, till: Till) -> None:
    till.enrol()
    office.code("Till 2")
    other = Till(till.folder.parent / "other", office, seed=3)
    other.sync.enrol(other.url, office.code("Till 3"))
    other.close()

    def rows() -> dict[str, int]:
        with office.database.read() as reader:
            return {
                kind.__tablename__: reader.scalar(select(func.count()).select_from(kind)) or 0
                for kind in (EnrolmentCode, TillKey, Workstation)
            }

    def tidied() -> int:
        return run_in_tx(
            office.database.write, lambda s: tidy_enrolments(s, office.clock.now(), office.organisation_id)
        )

    assert rows() == {"enrolment_code": 3, "till_key": 2, "workstation": 2}
    assert tidied() == 0
    later(till, timedelta(days=2))
    assert tidied() == 3
    later(till, timedelta(days=6))
    assert tidied() == 2
    assert rows() == {"enrolment_code": 0, "till_key": 1, "workstation": 1}
    assert till.sync.tick().state == "on_line"
