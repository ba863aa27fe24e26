"""Copies of the journal: made while the till sells, judged before they are trusted, put back after a disk was lost.

Laws: a copy is whole or not there; nothing is replaced before its successor was judged; what is replaced is kept.
A till that goes on from a copy numbers in a new epoch, because it may have sold after the copy was made.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlcipher3 import dbapi2

from pos_engine.journal.durable_file import claim
from pos_engine.journal.engine import Connection, in_our_words, open_database, unlock
from pos_engine.journal.errors import JournalError
from pos_engine.journal.identity import current_epoch, load_identity, start_epoch
from pos_engine.journal.migrations import migrate, schema_steps

WAL_SUFFIXES = ("-wal", "-shm")
PROBLEMS_MAX = 20
"""So many problems are named; a damaged file has thousands."""


@dataclass(frozen=True)
class Verified:
    """What a journal holds and what is wrong with it. `waiting`: receipts that have not safely arrived."""

    workstation_id: str
    schema_version: int
    receipts: int
    waiting: int
    encrypted: bool
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """`epoch`: the one in which receipts are numbered now. `kept`: the journal that was there before, if any."""

    epoch: int
    receipts: int
    kept: Path | None


def backup(journal: Path, to: Path, key: bytes | None) -> Verified:
    """Copy a journal to a new file while the till may be selling; judged before it gets its name. JournalError."""
    if not journal.is_file():
        raise JournalError("cannot_open", f"{journal} is not there: this till has no journal yet.")
    if to.exists():
        raise JournalError("cannot_open", f"{to} exists already. Choose another name; nothing was written.")
    part = to.with_name(to.name + ".part")
    _forget(part)
    try:
        with _judged(journal, key) as source:
            _copy(source, journal, part, key)
        found = verify(part, key)
        if found.problems:
            raise JournalError("corrupt", f"The copy of {journal} has faults: {'; '.join(found.problems)}. Keep both.")
        part.replace(to)
        _sync_folder(to.parent)
    finally:
        _forget(part)
    return found


def verify(path: Path, key: bytes | None) -> Verified:
    """Judge a journal: the file's structure, each receipt against its hash, the numbers. JournalError: unreadable."""
    if not path.is_file():
        raise JournalError("cannot_open", f"{path} is not there.")
    with _judged(path, key) as connection, in_our_words(path):
        problems = list(_faults(connection, encrypted=key is not None))
        identity = load_identity(connection)
        waiting = connection.execute(
            "SELECT count(*) FROM receipts r JOIN epochs e USING (organisation_id, workstation_id, epoch)"
            " WHERE r.seq > e.acknowledged_seq"
        ).fetchone()[0]
        return Verified(
            workstation_id="" if identity is None else identity.workstation_id,
            schema_version=int(connection.execute("PRAGMA user_version").fetchone()[0]),
            receipts=connection.execute("SELECT count(*) FROM receipts").fetchone()[0],
            waiting=waiting,
            encrypted=key is not None,
            problems=tuple(problems[:PROBLEMS_MAX]),
        )


def restore(copy: Path, journal: Path, key: bytes | None, now: datetime) -> Restored:
    """Go on from a copy. The till must not run. The journal that is there is kept beside. JournalError says why not."""
    with closing(claim(journal)):
        found = verify(copy, key)
        if found.problems:
            raise JournalError("corrupt", f"{copy} has faults: {'; '.join(found.problems)}. Nothing was changed.")
        part = journal.with_name(journal.name + ".part")
        _forget(part)
        try:
            with _judged(copy, key) as source:
                _copy(source, copy, part, key)
            epoch = _begin_epoch(part, key, now, at_least=_last_epoch(journal, key) + 1)
            kept = _put_aside(journal, now)
            part.replace(journal)
            _sync_folder(journal.parent)
        finally:
            _forget(part)
    return Restored(epoch, found.receipts, kept)


def encrypt(journal: Path, replica: Path, key: bytes, now: datetime) -> Path:
    """Turn plain databases into ones that only this key opens; where the plain journal lies now. The till is stopped.

    The plain replica is thrown away: it can be fetched again. JournalError says why not; then nothing was changed.
    """
    with closing(claim(journal)):
        found = verify(journal, None)
        if found.problems:
            raise JournalError("corrupt", f"{journal} has faults: {'; '.join(found.problems)}. Nothing was changed.")
        sealed = _sealed(journal, key)
        sealed_replica = _sealed(replica, key) if replica.exists() else None
        try:
            if verify(sealed, key).receipts != found.receipts:
                raise JournalError("corrupt", f"The encrypted copy of {journal} is not the same. Nothing was changed.")
            kept = journal.with_name(_name_aside(journal, now))
            _put_aside(journal, now)
            sealed.replace(journal)
            if sealed_replica is not None:
                _forget(replica)
                sealed_replica.replace(replica)
            _sync_folder(journal.parent)
        finally:
            _forget(sealed)
            if sealed_replica is not None:
                _forget(sealed_replica)
    return kept


def _sealed(path: Path, key: bytes) -> Path:
    """An encrypted copy of a plain database beside it, synced."""
    part = path.with_name(path.name + ".part")
    _forget(part)
    with closing(open_database(path, "FULL")) as source, in_our_words(path):
        version = int(source.execute("PRAGMA user_version").fetchone()[0])
        source.execute(f"ATTACH DATABASE ? AS sealed KEY \"x'{key.hex()}'\"", (os.fspath(part),))
        source.execute("SELECT sqlcipher_export('sealed')")
        source.execute(f"PRAGMA sealed.user_version = {version}")
        source.execute("DETACH DATABASE sealed")
    _sync_file(part)
    return part


@contextmanager
def _judged(path: Path, key: bytes | None) -> Iterator[Connection]:
    """A connection for looking only: without a WAL of its own where the file has none."""
    with in_our_words(path):
        connection = dbapi2.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            unlock(connection, key)
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            if not {"receipts", "epochs"} <= tables:
                raise JournalError("not_a_database", f"{path} is no journal of a till.")
            yield connection
        finally:
            connection.close()


def _faults(connection: Connection, *, encrypted: bool) -> Iterator[str]:
    """What is wrong, one sentence each."""
    if encrypted:
        for (page,) in connection.execute("PRAGMA cipher_integrity_check").fetchmany(PROBLEMS_MAX):
            yield f"a page was altered: {page}"
    for (text,) in connection.execute(f"PRAGMA integrity_check({PROBLEMS_MAX})"):
        if text != "ok":
            yield f"damaged: {text}"
    for row in connection.execute("PRAGMA foreign_key_check").fetchmany(PROBLEMS_MAX):
        yield f"a row of {row[0]} belongs to nothing"
    for workstation, epoch, seq, sha256, raw in connection.execute(
        "SELECT workstation_id, epoch, seq, sha256, raw FROM receipts"
    ):
        if hashlib.sha256(raw).hexdigest() != sha256:
            yield f"receipt {workstation}:{epoch}:{seq} is not what was written"
    for workstation, epoch, last, highest in connection.execute(
        "SELECT e.workstation_id, e.epoch, e.last_seq, max(r.seq) FROM epochs e JOIN receipts r"
        " USING (organisation_id, workstation_id, epoch) GROUP BY e.organisation_id, e.workstation_id, e.epoch"
    ):
        if highest > last:
            yield f"{workstation}:{epoch} counts to {last} and has receipt {highest}"


def _copy(source: Connection, path: Path, part: Path, key: bytes | None) -> None:
    """One consistent state of a database, synced."""
    with in_our_words(path), closing(dbapi2.connect(os.fspath(part), isolation_level=None)) as target:
        unlock(target, key)
        source.backup(target)
        # One file that can be carried away: without a WAL beside it.
        target.execute("PRAGMA journal_mode = DELETE")
    _sync_file(part)


def _begin_epoch(path: Path, key: bytes | None, now: datetime, at_least: int) -> int:
    """The epoch after the last one this till is known to have had; 0 when it was never enrolled."""
    with closing(open_database(path, "FULL", key)) as connection:
        migrate(connection, path, schema_steps("schema"))
        identity = load_identity(connection)
        if identity is None:
            return 0
        epoch = max(current_epoch(connection, identity) + 1, at_least)
        with in_our_words(path):
            start_epoch(connection, identity, epoch, now)
            connection.execute("PRAGMA journal_mode = DELETE")
        return epoch


def _last_epoch(journal: Path, key: bytes | None) -> int:
    """The newest epoch of the journal that is being replaced; 0 when it cannot tell any more."""
    try:
        with _judged(journal, key) as connection, in_our_words(journal):
            return int(connection.execute("SELECT coalesce(max(epoch), 0) FROM epochs").fetchone()[0])
    except JournalError:
        return 0


def _put_aside(journal: Path, now: datetime) -> Path | None:
    """Keep the journal that is there under another name, with its WAL, which may hold its last receipts."""
    if not journal.exists():
        _forget(journal)
        return None
    kept = journal.with_name(_name_aside(journal, now))
    for suffix in ("", *WAL_SUFFIXES):
        old = journal.with_name(journal.name + suffix)
        if old.exists():
            old.replace(kept.with_name(kept.name + suffix))
    return kept


def _name_aside(journal: Path, now: datetime) -> str:
    return f"{journal.name}.until-{now:%Y%m%dT%H%M%S}"


def _forget(path: Path) -> None:
    for suffix in ("", "-journal", *WAL_SUFFIXES):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
