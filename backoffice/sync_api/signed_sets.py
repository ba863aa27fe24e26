"""The signed repository that tills read (TUF), one per organisation, on disk.

Laws: a file that a till may be reading is never written in place: temporary file, fsync, rename, and the timestamp
last, because it is what makes everything before it visible. Metadata names carry their versions (consistent
snapshots), so that a till that is in the middle of reading an older state finishes reading it. Version numbers follow
the clock in seconds: a repository restored from a backup is not taken for a roll-back.

One Ed25519 key signs for all roles; it lies in `keys/`, readable by the owner only.
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, T, TargetFile, Targets, Timestamp

from backoffice.sync_api.signing_keys import load_or_create_key

SIGNED_AT_FIELD: Final = "x-signed-at"
"""Our time inside the signed timestamp: tills never read ages on an earlier clock than this."""

SET_VERSION_FIELD: Final = "set-version"

STATES_KEPT: Final = 5
"""Older states that stay on disk for tills in the middle of reading one."""

_NAME: Final = re.compile(r"(?:\d{1,15}\.)?(?:root|timestamp|snapshot|targets)\.json")
_TARGET: Final = re.compile(r"stores/([A-Za-z0-9_-]{1,64})/[0-9a-f]{64}\.campaigns\.json")
_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_Signed = TypeVar("_Signed", bound=Signed)


@dataclass(frozen=True)
class SigningSettings:
    """How long signatures are good for. Tills accept nothing new after that, and keep selling."""

    root_life: timedelta = timedelta(days=3650)
    targets_life: timedelta = timedelta(days=365)
    snapshot_life: timedelta = timedelta(days=7)
    timestamp_life: timedelta = timedelta(days=7)


@dataclass(frozen=True)
class StoreTarget:
    """What is signed for one store: the bytes of its set, and their version."""

    store_id: str
    set_version: int
    raw: bytes


class SetRepository:
    """All organisations' repositories below one folder. Safe in several threads and processes."""

    def __init__(self, folder: Path, settings: SigningSettings | None = None) -> None:
        self._folder = folder
        self._settings = settings or SigningSettings()

    def trusted_root(self, organisation_id: str, now: datetime) -> str:
        """The root that a till gets when it is enrolled; key and root are made the first time."""
        with self._locked(organisation_id) as home:
            return self._root(organisation_id, home, now).decode()

    def set_versions(self, organisation_id: str) -> dict[str, int]:
        """Per store the version that is signed now."""
        targets = _read_targets(self._home(organisation_id) / "metadata")
        return {} if targets is None else _versions(targets)

    def needs_signing(self, organisation_id: str, now: datetime) -> bool:
        """Whether the newest signature has used up half of its life, or there is none."""
        timestamp = _read(self._home(organisation_id) / "metadata" / "timestamp.json", Timestamp)
        return timestamp is None or timestamp.expires - now < self._settings.timestamp_life / 2

    def sign(self, organisation_id: str, now: datetime, sets: Sequence[StoreTarget]) -> None:
        """Make these sets the current state. A store whose signed set is newer than the given one keeps it."""
        with self._locked(organisation_id) as home:
            self._root(organisation_id, home, now)
            signer = load_or_create_key(self._folder / "keys", organisation_id)
            metadata = home / "metadata"
            previous = _read_targets(metadata)
            files = dict(previous.targets) if previous is not None else {}
            signed = _versions(previous) if previous is not None else {}
            for item in sets:
                if item.set_version >= signed.get(item.store_id, 0):
                    target = _target(item)
                    files[target.path] = target
                    _write(home / "targets" / _hashed_path(target), item.raw)
            self._write_state(metadata, signer, files, now)
            _prune(home)

    def metadata(self, organisation_id: str, name: str) -> bytes | None:
        """A metadata file; None when there is no such file."""
        if not _NAME.fullmatch(name):
            return None
        return _bytes_or_none(self._home(organisation_id) / "metadata" / name)

    def target(self, organisation_id: str, store_id: str, path: str) -> bytes | None:
        """A set by its path with hash; None when there is none, or when it is another store's."""
        match = _TARGET.fullmatch(path)
        if match is None or match[1] != store_id:
            return None
        return _bytes_or_none(self._home(organisation_id) / "targets" / path)

    def _home(self, organisation_id: str) -> Path:
        if not _SAFE_ID.fullmatch(organisation_id):
            raise ValueError(f"{organisation_id!r} cannot be the name of a folder")
        return self._folder / organisation_id

    @contextmanager
    def _locked(self, organisation_id: str) -> Iterator[Path]:
        """One writer at a time, across threads and processes."""
        home = self._home(organisation_id)
        home.mkdir(parents=True, exist_ok=True)
        with (home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield home

    def _root(self, organisation_id: str, home: Path, now: datetime) -> bytes:
        path = home / "metadata" / "1.root.json"
        known = _bytes_or_none(path)
        if known is not None:
            return known
        signer = load_or_create_key(self._folder / "keys", organisation_id)
        root = Root(version=1, expires=_expiry(now, self._settings.root_life), consistent_snapshot=True)
        for role in ("root", "timestamp", "snapshot", "targets"):
            root.add_key(signer.public_key, role)
        _write(path, _signed(root, signer))
        return path.read_bytes()

    def _write_state(self, folder: Path, signer: CryptoSigner, files: dict[str, TargetFile], now: datetime) -> None:
        """Targets, then snapshot, then timestamp: each names the one before, the last makes all visible."""
        timestamp = _read(folder / "timestamp.json", Timestamp)
        version = max(int(now.timestamp()), timestamp.version + 1 if timestamp is not None else 1)
        settings = self._settings
        targets = Targets(version=version, expires=_expiry(now, settings.targets_life), targets=files)
        data = _signed(targets, signer)
        _write(folder / f"{version}.targets.json", data)
        meta = MetaFile.from_data(version, data, ["sha256"])
        snapshot = Snapshot(version=version, expires=_expiry(now, settings.snapshot_life), meta={"targets.json": meta})
        data = _signed(snapshot, signer)
        _write(folder / f"{version}.snapshot.json", data)
        newest = Timestamp(
            version=version,
            expires=_expiry(now, settings.timestamp_life),
            snapshot_meta=MetaFile.from_data(version, data, ["sha256"]),
            unrecognized_fields={SIGNED_AT_FIELD: now.astimezone(UTC).isoformat()},
        )
        _write(folder / "timestamp.json", _signed(newest, signer))


def _target(item: StoreTarget) -> TargetFile:
    target = TargetFile.from_data(f"stores/{item.store_id}/campaigns.json", item.raw, ["sha256"])
    target.unrecognized_fields["custom"] = {SET_VERSION_FIELD: item.set_version}
    return target


def _versions(targets: Targets) -> dict[str, int]:
    versions: dict[str, int] = {}
    for path, target in targets.targets.items():
        custom = target.custom
        if isinstance(custom, dict):
            versions[path.split("/")[1]] = int(custom.get(SET_VERSION_FIELD, 0))
    return versions


def _hashed_path(target: TargetFile) -> str:
    folder, _, name = target.path.rpartition("/")
    return f"{folder}/{target.hashes['sha256']}.{name}"


def _expiry(now: datetime, life: timedelta) -> datetime:
    return (now.astimezone(UTC) + life).replace(microsecond=0)


def _signed(content: T, signer: CryptoSigner) -> bytes:
    document = Metadata(content)
    document.sign(signer)
    return document.to_bytes()


def _read_targets(folder: Path) -> Targets | None:
    """The targets that the current timestamp stands for."""
    timestamp = _read(folder / "timestamp.json", Timestamp)
    if timestamp is None:
        return None
    snapshot = _read(folder / f"{timestamp.snapshot_meta.version}.snapshot.json", Snapshot)
    if snapshot is None:
        return None
    return _read(folder / f"{snapshot.meta['targets.json'].version}.targets.json", Targets)


def _read(path: Path, kind: type[_Signed]) -> _Signed | None:
    """Our own metadata from disk; None when it is missing or damaged, because it can be signed anew."""
    data = _bytes_or_none(path)
    if data is None:
        return None
    try:
        content = Metadata.from_bytes(data).signed
    except RepositoryError:
        return None
    return content if isinstance(content, kind) else None


def _bytes_or_none(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _prune(home: Path) -> None:
    """Delete states that no till can still be reading, and the sets that only they named."""
    metadata = home / "metadata"
    for role in ("snapshot", "targets"):
        versions = sorted(int(path.name.split(".")[0]) for path in metadata.glob(f"*.{role}.json"))
        for version in versions[:-STATES_KEPT]:
            (metadata / f"{version}.{role}.json").unlink(missing_ok=True)
    named: set[str] = set()
    for path in metadata.glob("*.targets.json"):
        targets = _read(path, Targets)
        if targets is not None:
            named |= {_hashed_path(target) for target in targets.targets.values()}
    for path in (home / "targets").glob("stores/*/*.campaigns.json"):
        if str(path.relative_to(home / "targets")) not in named:
            path.unlink(missing_ok=True)
