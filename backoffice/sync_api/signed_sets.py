"""The signed repository that tills read (TUF), one per organisation, on disk.

Laws: a file that a till may be reading is never written in place: temporary file, fsync, rename, and the timestamp
last, because it is what makes everything before it visible. Metadata names carry their versions (consistent
snapshots), so that a till that is in the middle of reading an older state finishes reading it. Version numbers follow
the clock in seconds: a repository restored from a backup is not taken for a roll-back.

Each role has a key of its own. Before a ceremony all four lie in `keys/`; after it the root's are carried away, and
`root_keys` brings new roots in. Which key signs what is read out of the newest root each time.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, T, TargetFile, Targets, Timestamp

from backoffice.sync_api.set_files import (
    bytes_or_none,
    current_targets,
    hashed_path,
    newest_root,
    prune,
    read_metadata,
    root_versions,
    write_whole,
)
from backoffice.sync_api.signing_keys import KeyFileError, OnlineKeys
from pos_engine.wire.campaign_set import SignedFiles

SIGNED_AT_FIELD: Final = "x-signed-at"
"""Our time inside the signed timestamp: tills never read ages on an earlier clock than this."""

SET_VERSION_FIELD: Final = "set-version"

ROLES: Final = ("root", "timestamp", "snapshot", "targets")

ROOTS_MAX: Final = 32
"""Newer roots that are sent at once; a till follows no more of them in one look."""

_NAME: Final = re.compile(r"(?:\d{1,15}\.)?(?:root|timestamp|snapshot|targets)\.json")
_TARGET: Final = re.compile(r"stores/([A-Za-z0-9_-]{1,64})/[0-9a-f]{64}\.campaigns\.json")
_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


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
        """The root that a till gets when it is enrolled; keys and root are made the first time."""
        with self._locked(organisation_id) as home:
            return self._root(organisation_id, home, now).to_bytes().decode()

    def root(self, organisation_id: str, now: datetime) -> Metadata[Root]:
        """The newest root."""
        with self._locked(organisation_id) as home:
            return self._root(organisation_id, home, now)

    def keys(self, organisation_id: str) -> OnlineKeys:
        """The organisation's keys on this machine."""
        return OnlineKeys(self._folder / "keys", organisation_id)

    def install_root(self, organisation_id: str, now: datetime, root: Metadata[Root]) -> list[str]:
        """Make a root the newest one, sign everything anew under it, and forget keys that count for nothing any more.

        The root was judged by the caller. Returns the ids of the forgotten keys. A crash in between is harmless: the
        root is the switch, and the next signing does the rest.
        """
        with self._locked(organisation_id) as home:
            metadata = home / "metadata"
            write_whole(metadata / f"{root.signed.version}.root.json", root.to_bytes())
            self._write_state(metadata, root.signed, organisation_id, None, now)
        return self.keys(organisation_id).forget_all_but(root.signed.keys)

    def lives(self, organisation_id: str) -> dict[str, datetime]:
        """Role → when its signature ends, as it lies on disk."""
        folder = self._home(organisation_id) / "metadata"
        newest = newest_root(folder)
        timestamp = read_metadata(folder / "timestamp.json", Timestamp)
        found: dict[str, Signed | None] = {
            "root": newest.signed if newest is not None else None,
            "targets": current_targets(folder),
            "timestamp": timestamp,
        }
        return {role: signed.expires for role, signed in found.items() if signed is not None}

    def set_versions(self, organisation_id: str) -> dict[str, int]:
        """Per store the version that is signed now."""
        targets = current_targets(self._home(organisation_id) / "metadata")
        return {} if targets is None else _versions(targets)

    def needs_signing(self, organisation_id: str, now: datetime) -> bool:
        """Whether the newest signature has used up half of its life, or there is none."""
        timestamp = read_metadata(self._home(organisation_id) / "metadata" / "timestamp.json", Timestamp)
        return timestamp is None or timestamp.expires - now < self._settings.timestamp_life / 2

    def sign(self, organisation_id: str, now: datetime, sets: Sequence[StoreTarget]) -> None:
        """Make these sets the current state. A store whose signed set is newer than the given one keeps it."""
        with self._locked(organisation_id) as home:
            root = self._root(organisation_id, home, now).signed
            metadata = home / "metadata"
            previous = current_targets(metadata)
            files = dict(previous.targets) if previous is not None else {}
            signed = _versions(previous) if previous is not None else {}
            for item in sets:
                if item.set_version >= signed.get(item.store_id, 0):
                    target = _target(item)
                    files[target.path] = target
                    write_whole(home / "targets" / hashed_path(target), item.raw)
            self._write_state(metadata, root, organisation_id, files if sets else None, now)
            prune(home)

    def metadata(self, organisation_id: str, name: str) -> bytes | None:
        """A metadata file; None when there is no such file."""
        if not _NAME.fullmatch(name):
            return None
        return bytes_or_none(self._home(organisation_id) / "metadata" / name)

    def news(self, organisation_id: str, root: int, snapshot: int, targets: int) -> SignedFiles:
        """What is newer than these versions, and the timestamp. A file that is replaced meanwhile is left out."""
        folder = self._home(organisation_id) / "metadata"
        newest_root_version = max(root_versions(folder), default=0)
        names = [f"{version}.root.json" for version in range(root + 1, min(newest_root_version, root + ROOTS_MAX) + 1)]
        names.append("timestamp.json")
        timestamp = read_metadata(folder / "timestamp.json", Timestamp)
        if timestamp is not None and timestamp.snapshot_meta.version != snapshot:
            names.append(f"{timestamp.snapshot_meta.version}.snapshot.json")
        current = current_targets(folder)
        if current is not None and current.version != targets:
            names.append(f"{current.version}.targets.json")
        found = {name: bytes_or_none(folder / name) for name in names}
        files = {name: data.decode() for name, data in found.items() if data is not None}
        return SignedFiles(root_version=newest_root_version, files=files)

    def target(self, organisation_id: str, store_id: str, path: str) -> bytes | None:
        """A set by its path with hash; None when there is none, or when it is another store's."""
        match = _TARGET.fullmatch(path)
        if match is None or match[1] != store_id:
            return None
        return bytes_or_none(self._home(organisation_id) / "targets" / path)

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

    def _root(self, organisation_id: str, home: Path, now: datetime) -> Metadata[Root]:
        newest = newest_root(home / "metadata")
        if newest is not None:
            return newest
        keys = self.keys(organisation_id)
        root = Root(version=1, expires=_expiry(now, self._settings.root_life), consistent_snapshot=True)
        signers = {role: keys.create() for role in ROLES}
        for role, signer in signers.items():
            root.add_key(signer.public_key, role)
        document = Metadata(root)
        document.sign(signers["root"])
        write_whole(home / "metadata" / "1.root.json", document.to_bytes())
        return document

    def _signer(self, organisation_id: str, root: Root, role: str) -> CryptoSigner:
        signer = self.keys(organisation_id).signer(root.roles[role].keyids)
        if signer is None:
            raise KeyFileError(
                f"The key that signs {role} is not on this machine. Restore {self._folder / 'keys'} from the backup, "
                f"or give {role} a new key: backoffice keys rotate {role}"
            )
        return signer

    def _write_state(
        self, folder: Path, root: Root, organisation_id: str, files: dict[str, TargetFile] | None, now: datetime
    ) -> None:
        """Targets, then snapshot, then timestamp: each names the one before, the last makes all visible.

        `files` None: nothing was published; then the publisher's signature stays while it is good, and its key rests.
        """
        timestamp = read_metadata(folder / "timestamp.json", Timestamp)
        version = max(int(now.timestamp()), timestamp.version + 1 if timestamp is not None else 1)
        settings = self._settings
        targets_version, data = self._targets(folder, root, organisation_id, files, version, now)
        meta = MetaFile.from_data(targets_version, data, ["sha256"])
        snapshot = Snapshot(version=version, expires=_expiry(now, settings.snapshot_life), meta={"targets.json": meta})
        data = _signed(snapshot, self._signer(organisation_id, root, "snapshot"))
        write_whole(folder / f"{version}.snapshot.json", data)
        newest = Timestamp(
            version=version,
            expires=_expiry(now, settings.timestamp_life),
            snapshot_meta=MetaFile.from_data(version, data, ["sha256"]),
            unrecognized_fields={SIGNED_AT_FIELD: now.astimezone(UTC).isoformat()},
        )
        write_whole(folder / "timestamp.json", _signed(newest, self._signer(organisation_id, root, "timestamp")))

    def _targets(
        self,
        folder: Path,
        root: Root,
        organisation_id: str,
        files: dict[str, TargetFile] | None,
        version: int,
        now: datetime,
    ) -> tuple[int, bytes]:
        """Version and bytes of the targets that the new state names."""
        known = current_targets(folder)
        if files is None and known is not None:
            data = (folder / f"{known.version}.targets.json").read_bytes()
            if known.expires - now > self._settings.targets_life / 2 and _is_signed_by(root, data):
                return known.version, data
        if files is None:
            files = dict(known.targets) if known is not None else {}
        targets = Targets(version=version, expires=_expiry(now, self._settings.targets_life), targets=files)
        data = _signed(targets, self._signer(organisation_id, root, "targets"))
        write_whole(folder / f"{version}.targets.json", data)
        return version, data


def _is_signed_by(root: Root, targets: bytes) -> bool:
    document = Metadata[Targets].from_bytes(targets)
    try:
        root.verify_delegate("targets", document.signed_bytes, document.signatures)
    except RepositoryError:
        return False
    return True


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


def _expiry(now: datetime, life: timedelta) -> datetime:
    return (now.astimezone(UTC) + life).replace(microsecond=0)


def _signed(content: T, signer: CryptoSigner) -> bytes:
    document = Metadata(content)
    document.sign(signer)
    return document.to_bytes()
