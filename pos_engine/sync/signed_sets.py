"""Signed campaign sets by TUF: only what the publisher signed, never older than what was seen, never out of date.

The till's clock may be wrong in both directions. Ages are therefore read on a clock that never shows less than the
latest signed time this till has seen (the floor, kept in the journal): an attacker who can set the clock back cannot
bring an old set back to life. A clock that is ahead makes everything look expired: then nothing new is accepted, the
cashier is warned, and the till keeps selling with the set it has.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

import msgspec
from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
)
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig
from typing_extensions import override

from pos_engine.ports.clock import Clock
from pos_engine.sync.client import BackOfficeClient, LinkDownError, RefusedError
from pos_engine.sync.set_check import SetRefusedError
from pos_engine.wire.campaign_set import SignedFiles

SET_BYTES_MAX = 8 * 1024 * 1024
"""Largest set that is fetched: 500 campaigns take about 370 KB, so this is twenty times the largest shop expected."""

METADATA_URL = "tuf/metadata/"

SIGNED_AT_FIELD = "x-signed-at"
"""The publisher's time inside the signed timestamp: the source of the floor."""

FLOOR_NOTE = "sync.time_floor"
"""Key of the floor among the journal's notes; an ISO instant in UTC."""


class Notes(Protocol):
    """The journal's small durable memory."""

    def note(self, key: str) -> str | None:
        """What was kept under a key."""

    def set_note(self, key: str, value: str) -> None:
        """Keep a value durably."""


class _FlooredUpdater(Updater):
    """The library's client with the clock as an argument instead of the operating system's."""

    def read_ages_at(self, instant: datetime) -> None:
        """Judge expiry at this instant. The library asks the wall clock in its constructor and offers no other way."""
        self._trusted_set.reference_time = instant

    def signed_at(self) -> datetime | None:
        """When the newest accepted timestamp was signed, by the publisher's clock."""
        said = self._trusted_set.timestamp.unrecognized_fields.get(SIGNED_AT_FIELD)
        try:
            instant = datetime.fromisoformat(said) if isinstance(said, str) else None
        except ValueError:
            return None
        return instant.astimezone(UTC) if instant is not None and instant.tzinfo else None


class _Head(msgspec.Struct, frozen=True):
    version: int


class _Known(msgspec.Struct, frozen=True):
    """What of a metadata file is asked for before it is judged."""

    signed: _Head


class _BackOfficeFetcher(FetcherInterface):
    """Downloads for the TUF client through the till's own authenticated, bounded connection."""

    def __init__(self, backoffice: BackOfficeClient) -> None:
        self._backoffice = backoffice
        self._news: SignedFiles | None = None

    def bring_news(self, metadata: Path) -> None:
        """Fetch by one request what is newer than these files; a back-office that cannot is asked file by file.

        LinkDownError.
        """
        root = max((int(path.name.split(".")[0]) for path in metadata.glob("root_history/*.root.json")), default=0)
        snapshot, targets = (_version_of(metadata / f"{role}.json") for role in ("snapshot", "targets"))
        path = f"tuf/news?root={root}&snapshot={snapshot}&targets={targets}"
        try:
            self._news = msgspec.json.decode(b"".join(self._backoffice.download(path)), type=SignedFiles)
        except RefusedError:
            self._news = None
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise LinkDownError(f"what is new of the signed campaigns cannot be read: {error}") from error

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        return self._pieces(url)

    def _pieces(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix(METADATA_URL)
        if self._news is not None and name in self._news.files:
            yield self._news.files[name].encode()
            return
        if self._news is not None and _root_number(name) > self._news.root_version:
            raise DownloadHTTPError("there is no newer root", HTTPStatus.NOT_FOUND)
        try:
            yield from self._backoffice.download(url)
        except RefusedError as error:
            raise DownloadHTTPError(error.text, error.status) from error
        except LinkDownError as error:
            raise DownloadError(str(error)) from error


def _version_of(path: Path) -> int:
    """The version that a file here says it has; 0 where it cannot be read: then all of it is fetched."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Known).signed.version
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return 0


def _root_number(name: str) -> int:
    """The number of a root by its file's name; 0: another file."""
    number = name.removesuffix(".root.json")
    return int(number) if number != name and number.isdecimal() else 0


class SignedSetClient:
    """Fetches the newest set of one store. `folder` keeps what was trusted so far and must survive restarts."""

    def __init__(self, folder: Path, backoffice: BackOfficeClient, clock: Clock, notes: Notes) -> None:
        self._folder = folder
        self._backoffice = backoffice
        self._clock = clock
        self._notes = notes

    def forget(self) -> None:
        """Drop what was trusted: the till is enrolled anew and gets another root."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def reading_time(self) -> datetime:
        """The instant at which ages are judged: the till's clock, but never before the floor."""
        floor = self._notes.note(FLOOR_NOTE)
        now = self._clock.now()
        return max(now, datetime.fromisoformat(floor)) if floor else now

    def fetch(self, trusted_root: str, store_id: str) -> bytes | None:
        """The bytes of the newest set, verified; None when the publisher has none for this store.

        SetRefusedError: expired, rolled back, tampered or unsigned. LinkDownError: could not be fetched.
        """
        metadata = self._folder / "metadata"
        targets = self._folder / "targets"
        metadata.mkdir(parents=True, exist_ok=True)
        targets.mkdir(parents=True, exist_ok=True)
        try:
            return self._fetch(trusted_root, f"stores/{store_id}/campaigns.json", metadata, targets)
        except ExpiredMetadataError as error:
            raise SetRefusedError(
                "set_expired",
                f"The signature on the campaigns is out of date ({error}). The till keeps the campaigns it has. "
                "Check the date of this machine, and that the back-office is running.",
            ) from error
        except BadVersionNumberError as error:
            raise SetRefusedError(
                "set_rolled_back", f"The back-office offers older campaigns than this till has seen ({error})."
            ) from error
        except LengthOrHashMismatchError as error:
            raise SetRefusedError("set_tampered", f"The campaigns were altered on the way ({error}).") from error
        except DownloadLengthMismatchError as error:
            raise SetRefusedError("set_tampered", f"The campaigns are longer than was signed ({error}).") from error
        except DownloadHTTPError as error:
            raise LinkDownError(f"signed campaigns: HTTP {error.status_code}: {error}") from error
        except DownloadError as error:
            raise LinkDownError(f"signed campaigns: {error}") from error
        except RepositoryError as error:
            raise SetRefusedError("set_unsigned", f"The signatures on the campaigns are not good ({error}).") from error

    def _fetch(self, trusted_root: str, target: str, metadata: Path, targets: Path) -> bytes | None:
        fetcher = _BackOfficeFetcher(self._backoffice)
        updater = _FlooredUpdater(
            str(metadata),
            METADATA_URL,
            str(targets),
            "tuf/targets/",
            fetcher=fetcher,
            config=UpdaterConfig(max_root_rotations=32),
            bootstrap=trusted_root.encode(),
        )
        updater.read_ages_at(self.reading_time())
        fetcher.bring_news(metadata)
        updater.refresh()
        self._raise_floor(updater.signed_at())
        info = updater.get_targetinfo(target)
        if info is None:
            return None
        if info.length > SET_BYTES_MAX:
            raise SetRefusedError(
                "set_too_large", f"The campaign set has {info.length} bytes, {SET_BYTES_MAX} are allowed."
            )
        path = updater.find_cached_target(info) or updater.download_target(info)
        return Path(path).read_bytes()

    def _raise_floor(self, signed_at: datetime | None) -> None:
        floor = self._notes.note(FLOOR_NOTE)
        if signed_at is not None and (floor is None or signed_at > datetime.fromisoformat(floor)):
            self._notes.set_note(FLOOR_NOTE, signed_at.isoformat())
