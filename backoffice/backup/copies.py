"""Copies of a shop's back-office: the data in one folder, the keys that open them in another, and putting them back.

A data copy holds no member's key: without the key copy of the same moment it names nobody, and once the key copies from
before an erasure are thrown away, no older data copy names the erased either. SQLite only; a PostgreSQL server has
tools of its own (`docs/backoffice.md`).
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import sqlcipher3.dbapi2
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import table_of
from backoffice.db import run_in_tx
from backoffice.engines import DatabaseError
from backoffice.errors import InputError
from backoffice.members.erasure import erase_again
from backoffice.members.feed import member_bodies
from backoffice.members.models import Member, MemberKey
from backoffice.members.personal import check_key
from backoffice.office import Office, open_office
from backoffice.organisations.models import Organisation
from backoffice.settings import KEY_FILE_VARIABLE, Settings
from backoffice.sync_api.lives import begin_life
from backoffice.sync_api.models import ChangeRow
from backoffice.vault import VaultError, vault_of
from backoffice.workshop.owners import give_keys_back

PREFIX: Final = "office-"
DATA_SUFFIX: Final = ".db"
KEYS_SUFFIX: Final = ".keys.gz"
SECRETS_SUFFIX: Final = ".secrets.tar"
KEPT: Final = 14
"""Copies of each kind that stay in a folder; older ones are deleted."""
SECRET_FOLDERS: Final = ("secrets", "tuf")
RESTORED: Final = "restored_from_backup"
ROWS_AT_ONCE: Final = 5_000
ARRIVING: Final = ".arriving"
"""In this folder of the data folder a copy is put together, so that a power cut leaves no half back-office."""
UNFINISHED_KEPT: Final = timedelta(hours=6)
"""Files of a copy that began longer ago belong to one that was cut off; none takes so long."""

_Key = tuple[str, str, bytes]
_Erased = tuple[str, str]


class KeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """Beside a data copy: its hash, every member's and vehicle's wrapped key, and who was erased until then."""

    made_at: datetime
    data_sha256: str
    member_keys: tuple[_Key, ...]
    erased: tuple[_Erased, ...]
    vehicle_keys: tuple[_Key, ...] = ()
    """By organisation and vehicle; none in copies from before vehicles were kept."""


@dataclass(frozen=True)
class Copy:
    """A data copy that was made or found."""

    path: Path
    size_bytes: int


@dataclass(frozen=True)
class Restored:
    """What putting a copy back did: members that it had brought back and that were erased again."""

    made_at: datetime
    erased_again: int


def make_copy(office: Office, into: Path, keys_into: Path) -> Copy:
    """Write one copy of the data and one of the keys. InputError: the folders are one, or the database is no SQLite."""
    source = office.settings.database
    if not isinstance(source, Path):
        raise InputError("a PostgreSQL database is copied by pg_dump; docs/backoffice.md says how")
    if into.resolve() == keys_into.resolve():
        raise InputError("the keys go to a folder of their own: together with the data they would protect nothing")
    for folder in (into, keys_into):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    now = office.clock.now()
    name = _name_at(now)
    data = into / f"{name}{DATA_SUFFIX}"
    for folder in (into, keys_into):
        _clear_leftovers(folder, now)
    unfinished = into / f".{name}.unfinished"
    unfinished.unlink(missing_ok=True)
    try:
        taken = _copy_without_keys(source, unfinished)
        _write_whole(keys_into / f"{name}{SECRETS_SUFFIX}", _secrets_of(office.settings))
        document = KeyFile(
            made_at=now,
            data_sha256=_sha256(unfinished),
            member_keys=taken.members,
            erased=taken.erased,
            vehicle_keys=taken.vehicles,
        )
        _write_whole(keys_into / f"{name}{KEYS_SUFFIX}", gzip.compress(msgspec.json.encode(document), 6))
        unfinished.replace(data)
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(into)
    for folder, suffixes in ((into, (DATA_SUFFIX,)), (keys_into, (KEYS_SUFFIX, SECRETS_SUFFIX))):
        for suffix in suffixes:
            for old in _copies(folder, suffix)[:-KEPT]:
                old.unlink()
    return Copy(data, data.stat().st_size)


def _copies(folder: Path, suffix: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"{PREFIX}*{suffix}") if path.is_file())


def _name_at(moment: datetime) -> str:
    return f"{PREFIX}{moment:%Y%m%dT%H%M%S}Z"


def _clear_leftovers(folder: Path, now: datetime) -> None:
    """What a power cut left of an older copy: it may hold data and keys in one file."""
    begun_before = f".{_name_at(now - UNFINISHED_KEPT)}"
    for left in folder.glob(f".{PREFIX}*.unfinished*"):
        if left.name < begun_before:
            left.unlink(missing_ok=True)


class _Taken(NamedTuple):
    """What was taken out of a copy, and who had been erased by its moment."""

    members: tuple[_Key, ...]
    erased: tuple[_Erased, ...]
    vehicles: tuple[_Key, ...]


def _copy_without_keys(source: Path, into: Path) -> _Taken:
    """SQLite's own compact copy of one moment, from which the keys are taken out."""
    with contextlib.closing(sqlcipher3.dbapi2.connect(str(source))) as connection:
        connection.execute("VACUUM INTO ?", (str(into),))
    into.chmod(0o600)
    with contextlib.closing(sqlcipher3.dbapi2.connect(str(into), isolation_level=None)) as copy:
        keys = copy.execute("SELECT organisation_id, member_id, wrapped FROM member_key ORDER BY 1, 2").fetchall()
        erased = copy.execute("SELECT organisation_id, member_id FROM erased_member ORDER BY 1, 2").fetchall()
        vehicles = copy.execute(
            "SELECT organisation_id, vehicle_id, wrapped FROM vehicle WHERE length(wrapped) > 0 ORDER BY 1, 2"
        ).fetchall()
        copy.execute("DELETE FROM member_key")
        copy.execute("UPDATE vehicle SET wrapped = x''")
        # How a vehicle was before an import has its key in it; in a copy such an import can no longer be undone.
        copy.execute("DELETE FROM workshop_change WHERE entity = 'vehicle'")
        # Mistakes of an import quote cells of its file, names among them; the file itself is not in the copy either.
        copy.execute("UPDATE import_run SET issues = '[]'")
        # What tills greet a member by is told anew from the sealed persons when the copy is put back.
        copy.execute(
            "UPDATE change_row SET body = CAST(json_set(CAST(body AS TEXT), '$.display_name', '', '$.birth_month', 0,"
            " '$.birth_day', 0) AS BLOB) WHERE entity = 'member' AND operation = 'put'"
        )
        copy.execute("VACUUM")
        _check(copy, into)
    with into.open("rb") as file:
        os.fsync(file.fileno())
    return _Taken(tuple(keys), tuple(erased), tuple(vehicles))


def _check(connection: Any, path: Path) -> None:  # noqa: ANN401 - a DB-API connection has no type
    answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if answer != "ok":
        raise InputError(f"{path.name} is damaged: {answer}")


def _secrets_of(settings: Settings) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", dereference=True) as tar:
        for name in SECRET_FOLDERS:
            if (settings.data / name).exists():
                tar.add(settings.data / name, arcname=name)
    return data.getvalue()


def restore(settings: Settings, data: Path, keys_from: Path) -> Restored:
    """Put a copy back into an empty data folder. InputError says what does not fit; no back-office is there then.

    Whoever was erased after the copy was made, as the newest key copy in that folder knows, is erased again.
    """
    if not isinstance(settings.database, Path):
        raise InputError("a PostgreSQL database is put back by pg_restore; docs/backoffice.md says how")
    for path in (settings.database, *_beside(settings.database)):
        if path.exists():
            raise InputError(
                f"{settings.data} holds a back-office already ({path.name}); move all of it away, or name another "
                "folder by --data"
            )
    name = data.name.removesuffix(DATA_SUFFIX)
    own, secrets = keys_from / f"{name}{KEYS_SUFFIX}", keys_from / f"{name}{SECRETS_SUFFIX}"
    for path in (data, own, secrets):
        if not path.is_file():
            raise InputError(f"{path} is missing; the copy of the keys of the same moment is needed too")
    keys, newest = _read_keys(own), _read_keys(_copies(keys_from, KEYS_SUFFIX)[-1])
    if _sha256(data) != keys.data_sha256:
        raise InputError(f"{data} is not the file that was written: it was changed or damaged")
    arriving = replace(settings, data=settings.data / ARRIVING)
    settings.prepare()
    shutil.rmtree(arriving.data, ignore_errors=True)
    try:
        arriving.prepare()
        _unpack(secrets, arriving.data)
        shutil.copyfile(data, arriving.data / settings.database.name)
        erased_again = _complete(arriving, keys, {*keys.erased, *newest.erased})
        _unpack(secrets, settings.data)
        os.sync()
        # The last step: until here the data folder holds no back-office that could be started.
        (arriving.data / settings.database.name).replace(settings.database)
        _sync_folder(settings.data)
    finally:
        shutil.rmtree(arriving.data, ignore_errors=True)
    return Restored(keys.made_at, erased_again)


def _beside(database: Path) -> list[Path]:
    """What SQLite keeps beside a database; an old log would be played into the one that is put back."""
    return [database.with_name(f"{database.name}{suffix}") for suffix in ("-wal", "-shm", "-journal")]


def _unpack(secrets: Path, into: Path) -> None:
    try:
        with tarfile.open(secrets) as tar:
            tar.extractall(into, filter="data")
    except tarfile.TarError as error:
        raise InputError(f"{secrets} cannot be read: {error}") from error


def _complete(settings: Settings, keys: KeyFile, erased: set[_Erased]) -> int:
    """Open the copy, give it its keys, erase whoever was erased since; how many. Nothing of it is in a log after."""
    try:
        with contextlib.closing(open_office(settings)) as office:
            again = _bring_back(office, keys, erased)
    except (DatabaseError, VaultError) as error:
        raise InputError(
            f"The keys of the copy do not open it ({error}). Where {KEY_FILE_VARIABLE} named the key of personal data, "
            "name the same file now."
        ) from error
    with contextlib.closing(sqlcipher3.dbapi2.connect(str(settings.database), isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with Path(settings.database).open("rb") as file:
        os.fsync(file.fileno())
    return again


def _bring_back(office: Office, keys: KeyFile, erased: set[_Erased]) -> int:
    rows = (
        {"organisation_id": organisation_id, "member_id": member_id, "wrapped": wrapped}
        for organisation_id, member_id, wrapped in keys.member_keys
    )
    with office.database.write() as session:
        there = {(row[0], row[1]) for row in session.execute(select(Member.organisation_id, Member.member_id))}
        for chunk in _chunks([row for row in rows if (row["organisation_id"], row["member_id"]) in there]):
            session.execute(insert(MemberKey), chunk)
        give_keys_back(session, keys.vehicle_keys)
        check_key(session, vault_of(session))
        session.commit()
        _greet_again(session, sorted(there))
        session.commit()
    again = 0
    with office.database.read() as reader:
        organisations = reader.scalars(select(Organisation.organisation_id)).all()
    for organisation_id in organisations:
        doing = Doing(organisation_id, "restore", office.clock, office.ids)
        ids = sorted(member_id for owner, member_id in erased if owner == organisation_id)

        def work(tx: Any, doing: Doing = doing, ids: list[str] = ids) -> int:  # noqa: ANN401 - a session
            doing.note(tx, RESTORED, "installation", "", f"copy of {keys.made_at:%Y-%m-%d %H:%M} UTC")
            begin_life(tx, doing, "restored")
            return erase_again(tx, doing, ids)

        again += run_in_tx(office.database.write, work)
    return again


def _greet_again(session: Session, members: Sequence[tuple[str, str]]) -> None:
    """Write into the feed what tills call each member; the places of its rows stay, as tills know them."""
    rows = table_of(ChangeRow)
    body = (
        update(rows)
        .where(
            rows.c.organisation_id == bindparam("owner"),
            rows.c.entity == "member",
            rows.c.entity_id == bindparam("member"),
            rows.c.operation == "put",
        )
        .values(body=bindparam("told"))
    )
    for organisation_id in sorted({owner for owner, _ in members}):
        mine = [member_id for owner, member_id in members if owner == organisation_id]
        for start in range(0, len(mine), ROWS_AT_ONCE):
            told = [
                {"owner": organisation_id, "member": each.member_id, "told": msgspec.json.encode(each)}
                for each in member_bodies(session, organisation_id, mine[start : start + ROWS_AT_ONCE])
            ]
            if told:
                session.execute(body, told)


def _chunks(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]


def _read_keys(path: Path) -> KeyFile:
    try:
        return msgspec.json.decode(gzip.decompress(path.read_bytes()), type=KeyFile)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _write_whole(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
