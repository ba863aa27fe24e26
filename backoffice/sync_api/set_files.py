"""The files of a signed repository: read back with care, written whole or not at all, and cleared of old states."""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Signed, Snapshot, TargetFile, Targets, Timestamp

STATES_KEPT: Final = 5
"""Older states that stay on disk for tills in the middle of reading one."""

PARSED_MAX: Final = 64
"""Files whose content is remembered as it was read, by their bytes: each contact of a till reads the same ones."""

_Signed = TypeVar("_Signed", bound=Signed)


def newest_root(folder: Path) -> Metadata[Root] | None:
    """The root with the highest number; None before there is one."""
    newest = max(root_versions(folder), default=0)
    return Metadata[Root].from_file(str(folder / f"{newest}.root.json")) if newest else None


def root_versions(folder: Path) -> list[int]:
    """The numbers of all roots that lie here."""
    return [int(path.name.split(".")[0]) for path in folder.glob("*.root.json")]


def current_targets(folder: Path) -> Targets | None:
    """The targets that the current timestamp stands for."""
    timestamp = read_metadata(folder / "timestamp.json", Timestamp)
    if timestamp is None:
        return None
    snapshot = read_metadata(folder / f"{timestamp.snapshot_meta.version}.snapshot.json", Snapshot)
    if snapshot is None:
        return None
    return read_metadata(folder / f"{snapshot.meta['targets.json'].version}.targets.json", Targets)


def read_metadata(path: Path, kind: type[_Signed]) -> _Signed | None:
    """Our own metadata from disk, not to be changed; None when missing or damaged, because it can be signed anew."""
    data = bytes_or_none(path)
    content = None if data is None else _parsed(data)
    return content if isinstance(content, kind) else None


@lru_cache(maxsize=PARSED_MAX)
def _parsed(data: bytes) -> Signed | None:
    try:
        return Metadata.from_bytes(data).signed
    except RepositoryError:
        return None


def bytes_or_none(path: Path) -> bytes | None:
    """A file's bytes; None when there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write_whole(path: Path, data: bytes) -> None:
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


def hashed_path(target: TargetFile) -> str:
    """Where a target lies below its folder: its hash is part of its name."""
    folder, _, name = target.path.rpartition("/")
    return f"{folder}/{target.hashes['sha256']}.{name}"


def prune(home: Path) -> None:
    """Delete states that no till can still be reading, and the sets that only they named."""
    metadata = home / "metadata"
    for role in ("snapshot", "targets"):
        versions = sorted(int(path.name.split(".")[0]) for path in metadata.glob(f"*.{role}.json"))
        for version in versions[:-STATES_KEPT]:
            (metadata / f"{version}.{role}.json").unlink(missing_ok=True)
    named: set[str] = set()
    for path in metadata.glob("*.targets.json"):
        targets = read_metadata(path, Targets)
        if targets is not None:
            named |= {hashed_path(target) for target in targets.targets.values()}
    for path in (home / "targets").glob("stores/*/*.campaigns.json"):
        if str(path.relative_to(home / "targets")) not in named:
            path.unlink(missing_ok=True)
