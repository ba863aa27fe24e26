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
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlcipher3.dbapi2
from sqlalchemy import insert, select

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members.erasure import erase_again
from backoffice.members.models import ErasedMember, Member, MemberKey
from backoffice.office import Office, open_office
from backoffice.organisations.models import Organisation
from backoffice.settings import Settings

PREFIX: Final = "office-"
DATA_SUFFIX: Final = ".db"
KEYS_SUFFIX: Final = ".keys.gz"
SECRETS_SUFFIX: Final = ".secrets.tar"
KEPT: Final = 14
"""Copies of each kind that stay in a folder; older ones are deleted."""
SECRET_FOLDERS: Final = ("secrets", "tuf")
RESTORED: Final = "restored_from_backup"
ROWS_AT_ONCE: Final = 5_000


class KeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """Beside a data copy: its hash, every member's wrapped key, and who was erased until then."""

    made_at: datetime
    data_sha256: str
    member_keys: tuple[tuple[str, str, bytes], ...]
    erased: tuple[tuple[str, str], ...]


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
    name = f"{PREFIX}{now:%Y%m%dT%H%M%S}Z"
    keys = _keys_of(office)
    data = into / f"{name}{DATA_SUFFIX}"
    unfinished = into / f".{name}.unfinished"
    unfinished.unlink(missing_ok=True)
    _copy_without_keys(source, unfinished)
    _write_whole(keys_into / f"{name}{SECRETS_SUFFIX}", _secrets_of(office.settings))
    document = KeyFile(made_at=now, data_sha256=_sha256(unfinished), member_keys=keys[0], erased=keys[1])
    _write_whole(keys_into / f"{name}{KEYS_SUFFIX}", gzip.compress(msgspec.json.encode(document), 6))
    unfinished.replace(data)
    _sync_folder(into)
    for folder, suffixes in ((into, (DATA_SUFFIX,)), (keys_into, (KEYS_SUFFIX, SECRETS_SUFFIX))):
        for suffix in suffixes:
            for old in _copies(folder, suffix)[:-KEPT]:
                old.unlink()
    return Copy(data, data.stat().st_size)


def _copies(folder: Path, suffix: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"{PREFIX}*{suffix}") if path.is_file())


def _keys_of(office: Office) -> tuple[tuple[tuple[str, str, bytes], ...], tuple[tuple[str, str], ...]]:
    with office.database.read() as reader:
        keys = reader.execute(
            select(MemberKey.organisation_id, MemberKey.member_id, MemberKey.wrapped).order_by(
                MemberKey.organisation_id, MemberKey.member_id
            )
        ).all()
        erased = reader.execute(select(ErasedMember.organisation_id, ErasedMember.member_id)).all()
    return tuple((row[0], row[1], row[2]) for row in keys), tuple((row[0], row[1]) for row in erased)


def _copy_without_keys(source: Path, into: Path) -> None:
    """SQLite's own compact copy of one moment, from which the keys are then taken out and nothing of them is left."""
    with contextlib.closing(sqlcipher3.dbapi2.connect(str(source))) as connection:
        connection.execute("VACUUM INTO ?", (str(into),))
    into.chmod(0o600)
    with contextlib.closing(sqlcipher3.dbapi2.connect(str(into), isolation_level=None)) as copy:
        copy.execute("DELETE FROM member_key")
        copy.execute("VACUUM")
        _check(copy, into)
    with into.open("rb") as file:
        os.fsync(file.fileno())


def _check(connection: Any, path: Path) -> None:  # noqa: ANN401 - a DB-API connection has no type
    answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if answer != "ok":
        raise InputError(f"{path.name} is damaged: {answer}")


def _secrets_of(settings: Settings) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name in SECRET_FOLDERS:
            if (settings.data / name).exists():
                tar.add(settings.data / name, arcname=name)
    return data.getvalue()


def restore(settings: Settings, data: Path, keys_from: Path) -> Restored:
    """Put a copy back into an empty data folder. InputError says what does not fit; nothing is there then.

    Whoever was erased after the copy was made, as the newest key copy in that folder knows, is erased again.
    """
    if not isinstance(settings.database, Path):
        raise InputError("a PostgreSQL database is put back by pg_restore; docs/backoffice.md says how")
    if settings.database.exists():
        raise InputError(f"{settings.data} holds a back-office already; move it away, or name another folder by --data")
    name = data.name.removesuffix(DATA_SUFFIX)
    own, secrets = keys_from / f"{name}{KEYS_SUFFIX}", keys_from / f"{name}{SECRETS_SUFFIX}"
    for path in (data, own, secrets):
        if not path.is_file():
            raise InputError(f"{path} is missing; the copy of the keys of the same moment is needed too")
    keys = _read_keys(own)
    if _sha256(data) != keys.data_sha256:
        raise InputError(f"{data} is not the file that was written: it was changed or damaged")
    settings.prepare()
    with tarfile.open(secrets) as tar:
        tar.extractall(settings.data, filter="data")
    arriving = settings.database.with_suffix(".arriving")
    arriving.write_bytes(data.read_bytes())
    arriving.chmod(0o600)
    arriving.replace(settings.database)
    newest = _read_keys(_copies(keys_from, KEYS_SUFFIX)[-1])
    with contextlib.closing(open_office(settings)) as office:
        return Restored(keys.made_at, _bring_back(office, keys, {*keys.erased, *newest.erased}))


def _bring_back(office: Office, keys: KeyFile, erased: set[tuple[str, str]]) -> int:
    rows = (
        {"organisation_id": organisation_id, "member_id": member_id, "wrapped": wrapped}
        for organisation_id, member_id, wrapped in keys.member_keys
    )
    with office.database.write() as session:
        there = {(row[0], row[1]) for row in session.execute(select(Member.organisation_id, Member.member_id))}
        for chunk in _chunks([row for row in rows if (row["organisation_id"], row["member_id"]) in there]):
            session.execute(insert(MemberKey), chunk)
        session.commit()
    again = 0
    with office.database.read() as reader:
        organisations = reader.scalars(select(Organisation.organisation_id)).all()
    for organisation_id in organisations:
        doing = Doing(organisation_id, "restore", office.clock, office.ids)
        ids = sorted(member_id for owner, member_id in erased if owner == organisation_id)

        def work(tx: Any, doing: Doing = doing, ids: list[str] = ids) -> int:  # noqa: ANN401 - a session
            doing.note(tx, RESTORED, "installation", "", f"copy of {keys.made_at:%Y-%m-%d %H:%M} UTC")
            return erase_again(tx, doing, ids)

        again += run_in_tx(office.database.write, work)
    return again


def _chunks(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]


def _read_keys(path: Path) -> KeyFile:
    try:
        return msgspec.json.decode(gzip.decompress(path.read_bytes()), type=KeyFile)
    except (OSError, EOFError, msgspec.MsgspecError) as error:
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
