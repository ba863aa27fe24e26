"""A copy brings a shop back; apart from its keys it names nobody; the erased stay erased; tills bring the rest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from backoffice.backup import copies
from backoffice.backup.copies import DATA_SUFFIX, KEPT, KEYS_SUFFIX, make_copy, restore
from backoffice.cli import main as backoffice
from backoffice.commands.backup_command import command as backup_command
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.imports.models import ImportRun
from backoffice.imports.runs import discard
from backoffice.loyalty.night import faults_of
from backoffice.members import counts, personal
from backoffice.members.erasure import erase, erased_members
from backoffice.members.models import Card
from backoffice.members.personal import Person
from backoffice.members.search import search
from backoffice.members.services import MemberInput, create_member
from backoffice.office import Office, open_office
from backoffice.settings import BACKUP_KEYS_VARIABLE, BACKUP_VARIABLE, KEY_FILE_VARIABLE, Settings
from backoffice.sync_api.lives import FIRST_LIFE, owing_tills, present_life
from backoffice.sync_api.models import ChangeRow, Receipt
from backoffice.web.said import told
from backoffice.worker.models import Job
from backoffice.worker.ticker import plan_is_needed, tick
from tests.support.databases import ON_POSTGRESQL
from tests.support.importing import bring
from tests.support.office import OfficeBench, SellingTill, card_of

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="PostgreSQL has copies of its own")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "copies", tmp_path / "keys"


@pytest.fixture
def till(bench: OfficeBench, tmp_path: Path) -> Iterator[SellingTill]:
    bench.publish()
    made = SellingTill(tmp_path / "till", bench)
    made.sync_until_quiet()
    yield made
    made.close()


def test_a_copy_that_other_tools_put_back_begins_a_new_life_too(bench: OfficeBench, till: SellingTill) -> None:
    def life() -> str:
        with bench.office.database.read() as session:
            return present_life(session, bench.organisation_id)

    before = life()
    done = CliRunner().invoke(backoffice, ["--data", str(bench.office.settings.data), "restored"])
    assert done.exit_code == 0, done.output
    assert "A new life begins for" in done.output
    assert before == FIRST_LIFE
    assert life() not in {"", FIRST_LIFE}
    with bench.office.database.read() as session:
        assert [one.told for one in owing_tills(session, bench.organisation_id)] == [False]
    till.sync_until_quiet()
    till.sync_until_quiet()
    with bench.office.database.read() as session:
        assert not owing_tills(session, bench.organisation_id), "it never borrowed, and has said so"


def owner_of(bench: OfficeBench, number: int) -> str:
    with bench.office.database.read() as session:
        return session.get_one(Card, (bench.organisation_id, card_of(number))).member_id


def brought_back(folder: Path, copy: Path, keys: Path) -> tuple[Office, int]:
    settings = Settings(folder)
    done = restore(settings, copy, keys)
    return open_office(settings), done.erased_again


def test_a_copy_brings_everything_back_but_who_was_erased_since(
    bench: OfficeBench, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = make_copy(bench.office, *folders).path
    gone, stays = owner_of(bench, 2), owner_of(bench, 3)
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, gone))
    bench.clock.forward(timedelta(days=1))
    make_copy(bench.office, *folders)
    with bench.office.database.read() as session:
        known = personal.load(session, bench.organisation_id, [stays])
    office, erased_again = brought_back(tmp_path / "new", copy, folders[1])
    assert erased_again == 1
    with office.database.read() as session:
        assert personal.load(session, bench.organisation_id, [gone, stays]) == known
        assert counts.in_all(session, bench.organisation_id) == 11
        assert faults_of(session, bench.organisation_id) == []
    office.close()


def test_the_data_copy_alone_names_nobody(bench: OfficeBench, folders: tuple[Path, Path]) -> None:
    copy = make_copy(bench.office, *folders).path
    raw = copy.read_bytes()
    with bench.office.database.read() as session:
        persons = personal.load_all(session, bench.organisation_id).values()
        names = {name for person in persons for name in (person.first_name, person.last_name, person.greeting)}
        keys = [row[0] for row in session.execute(sa.text("SELECT wrapped FROM member_key"))]
    assert len(keys) == 12
    assert not [key for key in keys if key in raw]
    long = {name for name in names if len(name) > 5}
    assert long
    assert not [name for name in long if name.encode() in raw]
    assert copy.stat().st_mode & 0o77 == 0


def feed_of(office: Office) -> list[tuple[str, str, int, bytes]]:
    with office.database.read() as session:
        rows = session.execute(
            sa.select(ChangeRow.entity, ChangeRow.entity_id, ChangeRow.position, ChangeRow.body).order_by(
                ChangeRow.organisation_id, ChangeRow.position
            )
        )
        return [(row[0], row[1], row[2], bytes(row[3])) for row in rows]


def test_a_copy_that_is_put_back_greets_members_as_before(
    bench: OfficeBench, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    before = feed_of(bench.office)
    assert any(b'"display_name":"Anna' in body for _, _, _, body in before)
    office, _ = brought_back(tmp_path / "new", make_copy(bench.office, *folders).path, folders[1])
    after = feed_of(office)
    office.close()
    assert after == before


def test_what_an_import_found_wrong_is_not_in_a_copy_and_goes_with_the_import(
    bench: OfficeBench, folders: tuple[Path, Path]
) -> None:
    file = b"number,last_name,birthday\n900,Wunderlich,Wunderlich-at-dawn\n"
    import_id = bring(bench, "members", "members.csv", file)
    tick(bench.office)

    def issues() -> str:
        with bench.office.database.read() as session:
            return session.get_one(ImportRun, (bench.organisation_id, import_id)).issues

    assert "Wunderlich" in issues()
    assert b"Wunderlich" not in make_copy(bench.office, *folders).path.read_bytes()
    run_in_tx(bench.office.database.write, lambda tx: discard(tx, bench.doing, import_id))
    assert "Wunderlich" not in issues()


def test_tills_bring_what_the_copy_does_not_have_and_take_new_sets(
    bench: OfficeBench, till: SellingTill, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    till.sell(("5001", 980, 1), card_id=card_of(2))
    till.sync_until_quiet()
    copy = make_copy(bench.office, *folders).path
    till.sell(("5001", 980, 2), card_id=card_of(2))
    bench.publish()
    till.sync_until_quiet()
    assert till.journal.outbox_count() == 0
    folder = bench.office.settings.data
    bench.office.close()
    shutil.move(folder, tmp_path / "broken")
    restore(Settings(folder), copy, folders[1])
    bench.clock.forward(timedelta(hours=1))
    till.sync_until_quiet()
    assert till.journal.outbox_count() == 0
    received = till.replica.received_set_version()
    bench.publish()
    bench.clock.forward(timedelta(minutes=10))  # the till had refused the older set and waits before it asks again
    till.sync_until_quiet()
    assert till.replica.received_set_version() > received
    with bench.office.database.read() as session:
        assert session.query(Receipt).count() == 2
        assert faults_of(session, bench.organisation_id) == []


def test_what_does_not_fit_is_refused_and_leaves_nothing(
    bench: OfficeBench, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = make_copy(bench.office, *folders).path
    new = Settings(tmp_path / "new")
    with pytest.raises(InputError, match="a folder of their own"):
        make_copy(bench.office, folders[0], folders[0])
    with pytest.raises(InputError, match="holds a back-office already"):
        restore(bench.office.settings, copy, folders[1])
    with pytest.raises(InputError, match="the copy of the keys of the same moment"):
        restore(new, copy, folders[0])
    damaged = bytearray(copy.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    copy.write_bytes(bytes(damaged))
    with pytest.raises(InputError, match="changed or damaged"):
        restore(new, copy, folders[1])
    (folders[1] / copy.name.replace(DATA_SUFFIX, KEYS_SUFFIX)).write_bytes(b"half a fi")
    with pytest.raises(InputError, match="cannot be read"):
        restore(new, copy, folders[1])
    assert not new.data.exists()


def test_a_member_who_comes_while_a_copy_is_made_comes_back_with_a_name(
    bench: OfficeBench, folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = copies._copy_without_keys
    values = MemberInput(Person(first_name="Zdenka", last_name="Late"), number="late")

    def added_just_before(source: Path, into: Path) -> object:
        run_in_tx(bench.office.database.write, lambda tx: create_member(tx, bench.doing, values).member_id)
        return real(source, into)

    monkeypatch.setattr(copies, "_copy_without_keys", added_just_before)
    office, _ = brought_back(tmp_path / "new", make_copy(bench.office, *folders).path, folders[1])
    with office.database.read() as session:
        assert [row.person.first_name for row in search(session, bench.organisation_id, "zdenka")] == ["Zdenka"]
    office.close()


def test_what_a_power_cut_left_of_a_copy_goes_with_a_later_one(bench: OfficeBench, folders: tuple[Path, Path]) -> None:
    made = make_copy(bench.office, *folders).path
    for folder in folders:
        for suffix in ("", "-journal"):
            (folder / f".{made.name.removesuffix(DATA_SUFFIX)}.unfinished{suffix}").write_bytes(b"data and keys")
    bench.clock.forward(timedelta(minutes=5))
    make_copy(bench.office, *folders)  # the other one may still be under way
    assert len([path for folder in folders for path in folder.glob(".*")]) == 4
    bench.clock.forward(timedelta(days=1))
    make_copy(bench.office, *folders)
    assert not [path for folder in folders for path in folder.glob(".*")]


def test_a_copy_that_cannot_be_finished_leaves_nothing_with_keys_in_it(
    bench: OfficeBench, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copies, "_write_whole", full)
    with pytest.raises(OSError, match="No space"):
        make_copy(bench.office, *folders)
    assert not list(folders[0].iterdir())


def test_a_restore_that_is_cut_off_leaves_no_back_office_and_can_be_done_again(
    bench: OfficeBench, folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = make_copy(bench.office, *folders).path
    settings = Settings(tmp_path / "new")

    def cut_off(*_: object) -> int:
        raise OSError(5, "the power went")

    with monkeypatch.context() as patched:
        patched.setattr(copies, "erase_again", cut_off)
        with pytest.raises(OSError, match="the power went"):
            restore(settings, copy, folders[1])
    assert not list(settings.data.rglob("backoffice.db*"))
    (settings.data / copies.ARRIVING).mkdir()
    (settings.data / copies.ARRIVING / "backoffice.db").write_bytes(b"half")
    office, _ = brought_back(settings.data, copy, folders[1])
    with office.database.read() as session:
        assert len(personal.load_all(session, bench.organisation_id)) == 12
    office.close()
    assert {path.name for path in settings.data.iterdir()} <= {"backoffice.db", "secrets", "tuf", "uploads"}


def test_an_old_log_beside_the_database_is_not_played_into_the_copy(
    bench: OfficeBench, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = make_copy(bench.office, *folders).path
    settings = Settings(tmp_path / "new")
    settings.prepare()
    (settings.data / "backoffice.db-wal").write_bytes(b"of the database that was moved away")
    with pytest.raises(InputError, match=r"holds a back-office already \(backoffice.db-wal\)"):
        restore(settings, copy, folders[1])


def test_keys_of_another_installation_and_damaged_ones_are_refused(
    bench: OfficeBench, folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = make_copy(bench.office, *folders).path
    settings = Settings(tmp_path / "new")
    other = tmp_path / "other-key"
    other.write_text("A" * 43, "ascii")
    with monkeypatch.context() as patched:
        patched.setenv(KEY_FILE_VARIABLE, str(other))
        with pytest.raises(InputError, match="keys of the copy do not open it"):
            restore(settings, copy, folders[1])
    bench.clock.forward(timedelta(days=1))
    make_copy(bench.office, *folders)
    newest = max(folders[1].glob(f"*{KEYS_SUFFIX}"))
    damaged = bytearray(newest.read_bytes())
    damaged[10] = 0b111  # a kind of block that deflate does not have
    newest.write_bytes(bytes(damaged))
    with pytest.raises(InputError, match="cannot be read"):
        restore(settings, copy, folders[1])
    assert not list(settings.data.rglob("backoffice.db*"))


def test_who_came_and_was_erased_after_the_copy_stays_known_as_erased(
    bench: OfficeBench, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = make_copy(bench.office, *folders).path
    values = MemberInput(Person(last_name="Shortly"), number="short")
    member_id = run_in_tx(bench.office.database.write, lambda tx: create_member(tx, bench.doing, values).member_id)
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, member_id))
    bench.clock.forward(timedelta(days=1))
    make_copy(bench.office, *folders)
    office, erased_again = brought_back(tmp_path / "new", copy, folders[1])
    assert erased_again == 0
    with office.database.read() as session:
        assert [row.member_id for row in erased_members(session, bench.organisation_id)] == [member_id]
    office.close()


def test_every_night_makes_a_copy_and_old_ones_go(
    bench: OfficeBench, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BACKUP_VARIABLE, str(folders[0]))
    monkeypatch.setenv(BACKUP_KEYS_VARIABLE, str(folders[1]))
    for _ in range(KEPT + 2):
        tick(bench.office)
        bench.clock.forward(timedelta(days=1))
    with bench.office.database.read() as session:
        assert plan_is_needed(session, bench.office)
        results = [told(row.result)[0] for row in session.query(Job).filter_by(kind="backup", state="done")]
    assert len(results) == KEPT + 2
    assert all(result.startswith("office-2026") for result in results)
    assert len(list(folders[0].iterdir())) == KEPT
    assert len(list(folders[1].iterdir())) == 2 * KEPT


def test_without_folders_no_copies_are_planned(bench: OfficeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BACKUP_VARIABLE, raising=False)
    tick(bench.office)
    with bench.office.database.read() as session:
        assert session.query(Job).filter_by(kind="backup").count() == 0
        assert not plan_is_needed(session, bench.office)


def test_the_command_says_what_its_folders_are_for() -> None:
    assert {option.name for option in backup_command.params} == {"into", "keys_into"}
