"""The publisher's keys: a ceremony, keys that come and go, and tills that follow by themselves or refuse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from click.testing import CliRunner, Result
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Timestamp

from backoffice.cli import main
from backoffice.errors import InputError
from backoffice.sync_api import root_keys
from backoffice.sync_api.signing_keys import PassphraseError, load_key, write_key
from pos_engine.wire.campaign_set import SignedFiles
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock

PEOPLE = 3


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    office.put_campaign("spring", 1000)
    office.publish()
    yield office
    office.close()


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Iterator[Till]:
    """A till that trusts the root from before any ceremony."""
    till = Till(tmp_path / "till", office).enrol()
    till.sync_until_quiet()
    yield till
    till.close()


@pytest.fixture
def people() -> list[CryptoSigner]:
    return [CryptoSigner.generate_ed25519() for _ in range(PEOPLE)]


def now_root(office: Office) -> Root:
    return office.repository.root(office.organisation_id, office.clock.now()).signed


def signed_by(office: Office, draft: Metadata[Root], signers: list[CryptoSigner]) -> list[str]:
    for signer in signers:
        root_keys.sign_root(draft, signer)
    return list(root_keys.accept_root(office.repository, office.organisation_id, office.clock.now(), draft))


def hold_ceremony(office: Office, people: list[CryptoSigner]) -> list[str]:
    former = office.repository.keys(office.organisation_id).signer(now_root(office).roles["root"].keyids)
    assert former is not None
    draft = root_keys.ceremony_root(
        office.repository, office.organisation_id, office.clock.now(), [one.public_key for one in people], 2
    )
    return signed_by(office, draft, [former, *people])


def rotate(office: Office, role: str) -> Metadata[Root]:
    return root_keys.rotated_root(office.repository, office.organisation_id, office.clock.now(), role)


def takes_over_the_next(office: Office, till: Till) -> bool:
    """Whether a till gets what is published from now on."""
    version = office.publish().set_version
    till.clock.forward(timedelta(minutes=20))
    till.sync.tick()
    return till.replica.received_set_version() == version


def codes(till: Till) -> set[str]:
    till.clock.forward(timedelta(minutes=20))
    return {notice.code for notice in till.sync.tick().notices}


def test_tills_follow_a_ceremony_and_every_change_of_keys(
    office: Office, till: Till, people: list[CryptoSigner], tmp_path: Path
) -> None:
    gone = hold_ceremony(office, people)
    assert len(gone) == 4
    assert not root_keys.root_is_here(office.repository, office.organisation_id, office.clock.now())
    assert takes_over_the_next(office, till)
    for role in root_keys.ONLINE_ROLES:
        before = now_root(office).roles[role].keyids
        assert signed_by(office, rotate(office, role), people[1:]) == before
        assert takes_over_the_next(office, till), role
    assert now_root(office).version == 5
    newcomer = Till(tmp_path / "new", office, seed=5).enrol("Till 2")
    newcomer.sync_until_quiet()
    assert newcomer.replica.received_set_version() == till.replica.received_set_version()
    newcomer.close()


def test_one_of_three_people_changes_nothing(office: Office, till: Till, people: list[CryptoSigner]) -> None:
    hold_ceremony(office, people)
    draft = rotate(office, "targets")
    with pytest.raises(InputError, match="1 of 2"):
        signed_by(office, draft, people[:1])
    # the same person twice is one person, and a stranger is nobody
    with pytest.raises(InputError, match="1 of 2"):
        signed_by(office, draft, [people[0], CryptoSigner.generate_ed25519()])
    assert now_root(office).version == 2
    assert takes_over_the_next(office, till)


def test_a_lost_root_key_is_exchanged(office: Office, till: Till, people: list[CryptoSigner]) -> None:
    hold_ceremony(office, people)
    new = CryptoSigner.generate_ed25519()
    lost = people[0].public_key.keyid
    draft = root_keys.rotated_root(
        office.repository, office.organisation_id, office.clock.now(), "root", [new.public_key], lost[:12]
    )
    signed_by(office, draft, people[1:])
    assert takes_over_the_next(office, till)
    with pytest.raises(InputError, match="Too few"):
        signed_by(office, rotate(office, "snapshot"), [people[0], people[1]])
    signed_by(office, rotate(office, "snapshot"), [new, people[1]])
    assert takes_over_the_next(office, till)


def test_a_key_that_was_replaced_signs_nothing_any_more(office: Office, till: Till, people: list[CryptoSigner]) -> None:
    hold_ceremony(office, people)
    stolen = office.repository.keys(office.organisation_id).signer(now_root(office).roles["timestamp"].keyids)
    assert stolen is not None
    signed_by(office, rotate(office, "timestamp"), people[:2])
    assert takes_over_the_next(office, till)
    data = office.repository.metadata(office.organisation_id, "timestamp.json")
    assert data is not None
    forged = Metadata[Timestamp].from_bytes(data)
    forged.signed.version += 1
    forged.sign(stolen)
    body = forged.to_bytes()

    def forge(request: httpx.Request, response: httpx.Response) -> bytes | None:
        if not request.url.path.endswith("/tuf/news"):
            return None
        news = msgspec.json.decode(response.content, type=SignedFiles)
        files = {**news.files, "timestamp.json": body.decode()}
        return msgspec.json.encode(msgspec.structs.replace(news, files=files))

    till.line.attacker = forge
    assert "set_unsigned" in codes(till)


def test_a_root_out_of_date_stops_nothing_but_news_until_people_renew_it(
    office: Office, till: Till, people: list[CryptoSigner]
) -> None:
    hold_ceremony(office, people)
    assert takes_over_the_next(office, till)
    till.replica.activate_set(till.replica.received_set_version())
    till.clock.forward(root_keys.ROOT_LIFE + timedelta(days=1))
    office.publish()
    assert "set_expired" in codes(till)
    till.sell("sale-1")
    till.sync.tick()
    assert (till.journal.outbox_count(), till.replica.active_set() is None) == (0, False)
    signed_by(office, rotate(office, "root"), people[:2])
    assert takes_over_the_next(office, till)


def test_the_publishers_key_rests_while_nothing_is_published(office: Office, till: Till) -> None:
    folder = office.folder / "tuf" / office.organisation_id / "metadata"
    before = {path.name for path in folder.glob("*.targets.json")}
    keys = office.folder / "tuf" / "keys" / office.organisation_id
    (keys / f"{now_root(office).roles['targets'].keyids[0]}.pem").unlink()
    till.clock.forward(timedelta(days=5))
    assert codes(till) == set()
    assert office.repository.lives(office.organisation_id)["timestamp"] > office.clock.now() + timedelta(days=6)
    assert {path.name for path in folder.glob("*.targets.json")} == before


def test_an_organisation_with_one_key_for_everything_goes_on_and_can_hold_a_ceremony(
    office: Office, till: Till, people: list[CryptoSigner], tmp_path: Path
) -> None:
    """As it was before each role had its own."""
    home = office.folder / "tuf"
    single = CryptoSigner.generate_ed25519()
    root = Root(version=1, expires=office.clock.now() + timedelta(days=3650), consistent_snapshot=True)
    for role in ("root", *root_keys.ONLINE_ROLES):
        root.add_key(single.public_key, role)
    document = Metadata(root)
    document.sign(single)
    for path in [*(home / "keys" / office.organisation_id).iterdir(), *(home / office.organisation_id).rglob("*.json")]:
        path.unlink()
    write_key(home / "keys" / f"{office.organisation_id}.pem", single)
    document.to_file(str(home / office.organisation_id / "metadata" / "1.root.json"))
    old = Till(tmp_path / "old", office, seed=7).enrol("Till 7")
    old.sync_until_quiet()
    assert old.replica.received_set_version() == 1
    assert hold_ceremony(office, people) == [single.public_key.keyid]
    assert takes_over_the_next(office, old)
    assert till.replica.received_set_version() == 1
    old.close()


def test_a_ceremony_needs_people_and_is_held_once(office: Office, people: list[CryptoSigner]) -> None:
    keys = [one.public_key for one in people]

    def draft(count: int, threshold: int) -> Metadata[Root]:
        return root_keys.ceremony_root(
            office.repository, office.organisation_id, office.clock.now(), keys[:count], threshold
        )

    for count, threshold in ((1, 1), (2, 1), (2, 3)):
        with pytest.raises(InputError):
            draft(count, threshold)
    hold_ceremony(office, people)
    with pytest.raises(InputError, match="keys rotate root"):
        draft(3, 2)


def test_by_command_with_locked_keys_and_a_signature_from_elsewhere(tmp_path: Path) -> None:
    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, ["--data", str(tmp_path / "data"), *arguments], input=typed)

    sticks = [tmp_path / "sticks" / name for name in ("anna.pem", "ben.pem", "cleo.pem")]
    on = [word for path in sticks for word in ("--root-key", str(path))]
    assert run("init", "Bakery").exit_code == 0
    assert "Hold a ceremony" in run("keys", "status").output
    held = run("keys", "ceremony", *on, typed="".join(f"{name}\n{name}\n" for name in ("a", "b", "c")))
    assert held.exit_code == 0, held.output
    assert "Take the sticks out" in held.output
    with pytest.raises(PassphraseError):
        load_key(sticks[0], "wrong")
    said = run("keys", "status").output
    assert said.count("carried") == 3
    assert "Hold a ceremony" not in said
    draft = str(tmp_path / "root-3.json")
    begun = run("keys", "rotate", "targets", "--root-key", str(sticks[0]), "--draft", draft, typed="a\n")
    assert "1 of 2" in begun.output, begun.output
    assert run("keys", "accept", draft).exit_code == 1
    signed = run("keys", "sign", draft, "--root-key", str(sticks[2]), typed="y\nc\n")
    assert signed.exit_code == 0, signed.output
    accepted = run("keys", "accept", draft)
    assert (accepted.exit_code, "Root 3 counts" in accepted.output) == (0, True), accepted.output
    assert run("keys", "rotate", "snapshot").exit_code == 1
    assert "Is its stick in?" in run("keys", "rotate", "snapshot", "--root-key", str(tmp_path / "none.pem")).output
