"""X9: tills refuse tampered, rolled-back and frozen campaign sets, whatever their clock says, and keep selling."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest

from backoffice.db import run_in_tx
from backoffice.sync_api import root_keys
from backoffice.sync_api.publishing import publish_again
from backoffice.sync_api.signing_keys import KeyFileError
from pos_engine.wire.campaign_set import SignedFiles
from pos_engine.wire.campaigns import load_set
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Attacker = Callable[[httpx.Request, httpx.Response], bytes | None]


NEWS = "/tuf/news"


def older(wsgi: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """A back-office that does not know the request for all that is new: its files are asked for one by one."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].endswith(NEWS):
            environ["PATH_INFO"] = "/sync/v1/not-known-yet"
        return wsgi(environ, start_response)

    return answer


@pytest.fixture(params=["at once", "file by file"])
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    if request.param == "file by file":
        office.wsgi = older(office.wsgi)  # type: ignore[method-assign]
    office.put_campaign("spring", 1000)
    office.publish()
    yield office
    office.close()


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Iterator[Till]:
    """A till with a clock of its own that has taken over set 1."""
    till = Till(tmp_path / "till", office, HandClock()).enrol()
    till.sync_until_quiet()
    till.replica.activate_set(1)
    yield till
    till.close()


def codes(till: Till) -> set[str]:
    return {notice.code for notice in till.sync.tick().notices}


def forward(till: Till, by: timedelta) -> None:
    till.clock.forward(by)
    if till.office.clock is not till.clock:
        till.office.clock.forward(by)


def still_sells_by_set_one(till: Till) -> bool:
    till.sell(f"sale-{till.journal.max_seq()}")
    till.sync.tick()
    active = till.replica.active_set()
    return active is not None and active.set_version == 1 and till.journal.outbox_count() == 0


def replay(files: Mapping[str, bytes]) -> Attacker:
    """An attacker who shows other files under these names, asked for alone or with all that is new."""

    def attack(request: httpx.Request, response: httpx.Response) -> bytes | None:
        if not request.url.path.endswith(NEWS):
            return files.get(request.url.path.rsplit("/", 1)[-1])
        if response.status_code != 200:
            return None
        news = msgspec.json.decode(response.content, type=SignedFiles)
        shown = {name: body.decode() for name, body in files.items() if not name.endswith("campaigns.json")}
        return msgspec.json.encode(msgspec.structs.replace(news, files={**news.files, **shown}))

    return attack


def serve_frozen(office: Office) -> Attacker:
    """An attacker who shows the whole repository as it is now, for ever."""
    home = office.folder / "tuf" / office.organisation_id
    return replay({path.name: path.read_bytes() for path in home.rglob("*.json")})


def asked(till: Till) -> list[str]:
    """What the till asks for of the signed files, from now on."""
    paths: list[str] = []

    def listen(request: httpx.Request, _response: httpx.Response) -> None:
        name = request.url.path.partition("/tuf/")[2]
        if name:
            paths.append(name.rpartition(".")[0] if name.startswith("targets") else name)

    till.line.attacker = listen
    return paths


def test_a_new_version_is_staged_and_undo_is_the_old_content_under_a_higher_number(office: Office, till: Till) -> None:
    office.put_campaign("summer", 2000)
    office.publish()
    till.sync_until_quiet()
    run_in_tx(office.database.write, lambda s: publish_again(s, office.clock, office.organisation_id, 1))
    till.sync_until_quiet()
    assert till.staged == [1, 2, 3]
    till.replica.activate_set(3)
    active = till.replica.active_set()
    assert active is not None
    loaded = load_set(active.raw)
    assert [campaign.campaign_id for campaign in loaded.campaigns] == ["spring"]
    assert loaded.inactive == {}


def test_what_is_new_comes_by_one_request_and_the_set_by_another(
    office: Office, till: Till, request: pytest.FixtureRequest
) -> None:
    alone = request.node.callspec.params["office"] == "file by file"
    paths = asked(till)
    forward(till, timedelta(minutes=20))
    till.sync_until_quiet()
    files = ["metadata/2.root.json", "metadata/timestamp.json"]
    assert paths == ["news", *(files if alone else [])]
    paths.clear()
    office.put_campaign("summer", 2000)
    office.publish()
    till.sync_until_quiet()
    assert till.staged == [1, 2]
    assert len(paths) == (6 if alone else 2)
    assert paths[0] == "news"
    assert paths[-1].startswith("targets/")


def test_a_root_that_is_damaged_on_the_till_is_fetched_again(office: Office, till: Till) -> None:
    now = office.clock.now()
    draft = root_keys.rotated_root(office.repository, office.organisation_id, now, "snapshot")
    keys = office.repository.root(office.organisation_id, now).signed.roles["root"].keyids
    signer = office.repository.keys(office.organisation_id).signer(keys)
    assert signer is not None
    root_keys.sign_root(draft, signer)
    root_keys.accept_root(office.repository, office.organisation_id, now, draft)
    forward(till, timedelta(minutes=20))
    assert "set_unsigned" not in codes(till)
    newest = till.folder / "tuf" / "metadata" / "root_history" / "2.root.json"
    good = newest.read_bytes()
    newest.write_bytes(good[:100])
    office.put_campaign("summer", 2000)
    office.publish()
    till.sync_until_quiet()
    assert till.staged == [1, 2]
    assert newest.read_bytes() == good


def test_a_tampered_set_is_refused(office: Office, till: Till) -> None:
    office.put_campaign("summer", 2000)
    office.publish()
    till.line.attacker = lambda request, response: (
        response.content.replace(b"2000", b"9900") if "targets/stores" in request.url.path else None
    )
    assert "set_tampered" in codes(till)
    assert still_sells_by_set_one(till)
    # the trouble lasts while nothing is tried, and ends with the first good set
    assert [trouble.code for trouble in till.sync.tick().troubles] == ["set_tampered"]
    till.line.attacker = lambda _request, _response: None
    forward(till, timedelta(seconds=30))
    mended = till.sync.tick()
    assert (mended.staged_set_version, mended.troubles) == (2, ())


def test_metadata_signed_by_another_key_is_refused(tmp_path: Path, office: Office, till: Till) -> None:
    other = Office(tmp_path / "other", office.clock)
    other.put_campaign("theirs", 9000)
    other.publish()
    foreign = Till(tmp_path / "foreign", other).enrol()
    foreign.sync_until_quiet()
    timestamp = other.repository.metadata(other.organisation_id, "timestamp.json")
    foreign.close()
    other.close()
    assert timestamp is not None
    till.line.attacker = replay({"timestamp.json": timestamp})
    forward(till, timedelta(hours=1))
    assert "set_unsigned" in codes(till)
    assert still_sells_by_set_one(till)


def test_a_rolled_back_repository_is_refused(office: Office, till: Till) -> None:
    frozen = serve_frozen(office)
    forward(till, timedelta(minutes=20))
    office.put_campaign("summer", 2000)
    office.publish()
    till.sync_until_quiet()
    assert till.replica.received_set_version() == 2
    till.line.attacker = frozen
    forward(till, timedelta(minutes=20))
    assert "set_rolled_back" in codes(till)
    assert still_sells_by_set_one(till)


def test_a_frozen_repository_is_noticed_when_its_signature_grows_old(office: Office, till: Till) -> None:
    till.line.attacker = serve_frozen(office)
    office.put_campaign("summer", 2000)
    office.publish()
    forward(till, timedelta(days=1))
    assert till.replica.received_set_version() == 1
    forward(till, timedelta(days=7))
    assert "set_expired" in codes(till)
    assert still_sells_by_set_one(till)


def test_a_till_whose_clock_is_far_ahead_warns_sells_and_recovers(office: Office, till: Till) -> None:
    office.put_campaign("summer", 2000)
    office.publish()
    till.clock.forward(timedelta(days=30))
    assert {"set_expired", "clock_wrong"} <= codes(till)
    assert still_sells_by_set_one(till)
    assert office.aside() == []
    till.clock.shown = office.clock.shown
    till.clock.forward(timedelta(seconds=30))
    assert till.sync.tick().staged_set_version == 2


def test_a_clock_set_back_does_not_bring_an_old_set_to_life(office: Office, till: Till) -> None:
    frozen = serve_frozen(office)
    forward(till, timedelta(days=10))
    till.sync_until_quiet()
    # Both the clock and the memory of what was seen are taken from the till; the floor in the journal is left.
    till.sync._sets.forget()
    till.clock.shown -= timedelta(days=10)
    till.line.attacker = frozen
    till.clock.forward(timedelta(minutes=20))
    assert "set_expired" in codes(till)
    assert still_sells_by_set_one(till)


def test_a_crash_between_publishing_and_signing_heals_by_itself(office: Office, till: Till) -> None:
    office.put_campaign("summer", 2000)
    office.publish()
    assert office.repository.set_versions(office.organisation_id) == {office.store_id: 1}
    till.sync_until_quiet()
    assert till.staged == [1, 2]


def test_a_repository_lost_with_its_disk_is_signed_again_and_accepted(office: Office, till: Till) -> None:
    home = office.folder / "tuf" / office.organisation_id / "metadata"
    for path in home.glob("*s*.json"):
        path.unlink()
    forward(till, timedelta(minutes=20))
    office.put_campaign("summer", 2000)
    office.publish()
    till.sync_until_quiet()
    assert till.staged == [1, 2]


@pytest.mark.usefixtures("till")
def test_the_signing_keys_are_their_owners_only(office: Office) -> None:
    paths = sorted((office.folder / "tuf" / "keys" / office.organisation_id).glob("*.pem"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert len(paths) == 4
    for path in paths:
        path.chmod(0o644)
    office.put_campaign("summer", 2000)
    office.publish()
    with pytest.raises(KeyFileError, match="chmod 600"):
        office.sign()


def test_old_states_do_not_pile_up(office: Office, till: Till) -> None:
    for version in range(2, 12):
        office.put_campaign("spring", 1000 + version, version)
        office.publish()
        forward(till, timedelta(seconds=30))
        till.sync_until_quiet()
    home = office.folder / "tuf" / office.organisation_id
    assert len(list((home / "metadata").iterdir())) == 2 + 5 + 5
    assert len(list((home / "targets" / "stores" / office.store_id).iterdir())) == 5
    assert not list(home.rglob(".new-*"))
