"""What is wrong with a request is said with a 4xx and a sentence; nothing of it has had an effect, nothing breaks."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backoffice.db import run_in_tx
from backoffice.organisations.services import create_organisation, create_store
from backoffice.sync_api.changes import record_change
from backoffice.sync_api.tills import revoke
from pos_engine.core.money import Tariff
from pos_engine.wire.http_signature import new_signing_key, public_key_of
from tests.support.signing import SigningClient
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    yield office
    office.close()


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Iterator[Till]:
    till = Till(tmp_path / "till", office).enrol()
    yield till
    till.close()


@pytest.fixture
def signed(office: Office, till: Till) -> SigningClient:
    """The till's own requests, bent as a test wants them and then signed."""
    identity = till.journal.identity()
    assert identity is not None
    return SigningClient(office.app, identity.signing_key, office.clock)


@pytest.fixture
def http(office: Office) -> FlaskClient:
    return office.app.test_client()


def a_batch(till: Till, **changes: object) -> dict[str, Any]:
    identity = till.journal.identity()
    assert identity is not None
    return {
        "wire_version": 1,
        "workstation_id": identity.workstation_id,
        "sent_at": till.clock.now().isoformat(),
        "monotonic_ms": 1,
        "boot_id": "b",
        "items": [],
    } | changes


def an_item(**changes: object) -> dict[str, object]:
    return {"epoch": 1, "seq": 1, "sha256": "0" * 64, "raw": "{}"} | changes


BAD_BODIES = {
    "empty": b"",
    "not JSON": b"{",
    "another kind of JSON": b"[1, 2]",
    "not text": b"\xff\xfe\x00",
    "a lone surrogate": b'{"workstation_id": "\\ud800"}',
    "very deep": b"[" * 100_000,
    "a later version": b'{"wire_version": 2}',
    "version zero": b'{"wire_version": 0}',
    "a version in words": b'{"wire_version": "one"}',
}


@pytest.mark.parametrize("path", ["receipts", "heartbeat", "reconcile", "enrol"])
@pytest.mark.parametrize("name", BAD_BODIES)
def test_bodies_that_are_not_the_document(signed: SigningClient, path: str, name: str) -> None:
    answer = signed.post(f"/sync/v1/{path}", data=BAD_BODIES[name])
    assert answer.status_code == 400, answer.text
    assert set(answer.json or {}) == {"code", "text", "server_time"}


@pytest.mark.parametrize(
    "item",
    [
        an_item(seq=-1),
        an_item(seq=2**53 + 1),
        an_item(seq=10**40),
        an_item(epoch=1.5),
        an_item(raw=5),
        {"epoch": 1},
    ],
)
def test_items_without_a_sound_number(signed: SigningClient, till: Till, item: object) -> None:
    answer = signed.post("/sync/v1/receipts", json=a_batch(till, items=[item]))
    assert (answer.status_code, (answer.json or {})["code"]) == (400, "bad_document")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{}",
        "null",
        '{"wire_version": 99}',
        '{"wire_version": 1e400}',
        "\u0000",
        "é" * 50,
        '"' + "\\ud800" * 3 + '"',
    ],
)
def test_an_item_that_is_no_receipt_is_set_aside_and_the_till_is_told(
    signed: SigningClient, till: Till, office: Office, raw: str
) -> None:
    item = an_item(raw=raw, sha256=hashlib.sha256(raw.encode()).hexdigest())
    batch = a_batch(till, items=[item])
    for answer in [signed.post("/sync/v1/receipts", json=batch) for _ in range(2)]:
        assert answer.status_code == 200, answer.text
        (said,) = (answer.json or {})["items"]
        assert (said["status"], bool(said["text"])) == ("quarantined", True)
        assert (answer.json or {})["acknowledged_seq"] == 1
    assert len(office.aside()) == 1


def test_batches_that_are_empty_or_too_long(signed: SigningClient, till: Till) -> None:
    answer = signed.post("/sync/v1/receipts", json=a_batch(till))
    assert (answer.status_code, (answer.json or {})["code"]) == (400, "no_items")
    items = [an_item(seq=seq) for seq in range(1, 502)]
    answer = signed.post("/sync/v1/receipts", json=a_batch(till, items=items))
    assert (answer.status_code, (answer.json or {})["code"]) == (413, "too_many_items")


def test_gzip_bombs_and_broken_gzip(signed: SigningClient, till: Till) -> None:
    packed = {"Content-Encoding": "gzip"}
    bomb = gzip.compress(b"[" + b"0," * 10_000_000)
    assert len(bomb) < 1_000_000
    assert signed.post("/sync/v1/receipts", data=bomb, headers=packed).status_code == 413
    good = gzip.compress(json.dumps(a_batch(till, items=[an_item()])).encode())
    assert signed.post("/sync/v1/receipts", data=good, headers=packed).status_code == 200
    for broken in (b"plain", good[:-9], good + b"x"):
        answer = signed.post("/sync/v1/receipts", data=broken, headers=packed)
        assert (answer.status_code, (answer.json or {})["code"]) == (400, "not_gzip")
    answer = signed.post("/sync/v1/receipts", data=good, headers={"Content-Encoding": "br"})
    assert answer.status_code == 415
    answer = signed.post("/sync/v1/receipts", data=b" " * (5 * 1024 * 1024))
    assert (answer.status_code, (answer.json or {})["code"]) == (413, "too_large")


def test_who_is_not_known_is_told_the_time(http: FlaskClient, till: Till, office: Office) -> None:
    stranger = SigningClient(office.app, new_signing_key(), office.clock)
    stranger.post("/sync/v1/heartbeat", json={})
    bent = stranger.last_headers
    for headers in (
        {},
        {"Authorization": "Bearer " + "x" * 5_000},
        {"Signature": bent["Signature"]},
        {"Signature-Input": bent["Signature-Input"], "Signature": "till=:AAAA:"},
        {"Signature-Input": "x" * 5_000, "Signature": bent["Signature"]},
        bent,
    ):
        answer = http.post("/sync/v1/heartbeat", json={}, headers=headers)
        assert answer.status_code == 401
        assert (answer.json or {})["server_time"]
        assert answer.headers["WWW-Authenticate"].startswith("Signature")
    identity = till.journal.identity()
    assert identity is not None
    run_in_tx(office.database.write, lambda s: revoke(s, office.organisation_id, identity.workstation_id))
    till.clock.forward(timedelta(seconds=1))
    till.sell("sale-1")
    report = till.sync.tick()
    assert (report.state, report.clock_offset_ms, till.journal.outbox_count()) == ("refused", 0, 1)


def test_a_till_cannot_speak_for_another(signed: SigningClient, till: Till) -> None:
    answer = signed.post("/sync/v1/receipts", json=a_batch(till, workstation_id="other", items=[an_item()]))
    assert (answer.status_code, (answer.json or {})["code"]) == (403, "foreign_workstation")


def test_tills_of_another_organisation_see_and_change_nothing_here(tmp_path: Path, office: Office, till: Till) -> None:
    def found(session: Any) -> None:
        other = create_organisation(session, office.clock, office.ids, "Other", Tariff())
        office.organisation_id = other.organisation_id
        office.store_id = create_store(
            session, office.clock, other.organisation_id, "Side Street", "Europe/Berlin"
        ).store_id

    ours = office.organisation_id
    card = b'{"card_id":"c","member_id":"m"}'
    run_in_tx(office.database.write, lambda s: record_change(s, ours, "card", "c", "put", card))
    office.put_campaign("spring", 1000)
    office.publish()
    run_in_tx(office.database.write, found)
    stranger = Till(tmp_path / "stranger", office, seed=2).enrol()
    stranger.sell("theirs")
    stranger.sync_until_quiet()
    till.sell("mine")
    till.sync_until_quiet()
    assert (stranger.replica.card("c"), stranger.replica.received_set_version()) == (None, 0)
    assert till.replica.card("c") is not None
    assert till.replica.received_set_version() == 1
    assert len(office.stored()) == 2
    stranger.close()


@pytest.mark.parametrize(
    "query",
    ["cursor=-1", "cursor=x", "cursor=1.5", "cursor=99999999999999999999", "limit=%D9%A3", "limit=1e3"],
)
def test_cursors_that_are_no_numbers(signed: SigningClient, query: str) -> None:
    assert signed.get(f"/sync/v1/changes?{query}").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "tuf/metadata/../keys/x.pem",
        "tuf/metadata/lock",
        "tuf/metadata/..%2f..%2fkeys%2fx.pem",
        "tuf/targets/../metadata/timestamp.json",
        "tuf/targets/stores/other/" + "0" * 64 + ".campaigns.json",
        "nothing",
        "",
    ],
)
def test_paths_that_are_not_files_of_this_till(signed: SigningClient, path: str) -> None:
    answer = signed.get(f"/sync/v1/{path}")
    assert answer.status_code in {404, 308}, answer.text


def test_codes_work_once_for_fifteen_minutes_and_guessing_is_slow(office: Office) -> None:
    late = office.code("Till 2")
    office.clock.forward(timedelta(minutes=15))

    def tried(code: str, public_key: str = "") -> TestResponse:
        key = new_signing_key()
        client = SigningClient(office.app, key, office.clock)
        return client.post("/sync/v1/enrol", json={"code": code, "public_key": public_key or public_key_of(key)})

    assert tried(late).status_code == 403
    code = office.code("Till 3")
    answer = tried(f" {code.lower().replace('-', ' ')}")
    assert answer.status_code == 200
    assert msgspec.json.decode(answer.data)["epoch"] == 1
    again = tried(code)
    assert (again.status_code, (again.json or {})["code"]) == (403, "code_not_valid")
    somebody_elses = tried(office.code("Till 4"), public_key_of(new_signing_key()))
    assert (somebody_elses.status_code, (somebody_elses.json or {})["code"]) == (401, "signature_bad")
    statuses = [tried("AAAA-AAAA").status_code for _ in range(12)]
    assert statuses == [403] * 6 + [429] * 6
    office.clock.forward(timedelta(minutes=1))
    assert tried("AAAA-AAAA").status_code == 403
