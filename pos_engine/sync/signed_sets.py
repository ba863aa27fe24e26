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
from pathlib import Path
from typing import Protocol

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

SET_BYTES_MAX = 8 * 1024 * 1024
"""Largest set that is fetched: 500 campaigns take about 370 KB, so this is twenty times the largest shop expected."""

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


class _BackOfficeFetcher(FetcherInterface):
    """Downloads for the TUF client through the till's own authenticated, bounded connection."""

    def __init__(self, backoffice: BackOfficeClient) -> None:
        self._backoffice = backoffice

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        return self._pieces(url)

    def _pieces(self, url: str) -> Iterator[bytes]:
        try:
            yield from self._backoffice.download(url)
        except RefusedError as error:
            raise DownloadHTTPError(error.text, error.status) from error
        except LinkDownError as error:
            raise DownloadError(str(error)) from error


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
        updater = _FlooredUpdater(
            str(metadata),
            "tuf/metadata/",
            str(targets),
            "tuf/targets/",
            fetcher=_BackOfficeFetcher(self._backoffice),
            config=UpdaterConfig(max_root_rotations=32),
            bootstrap=trusted_root.encode(),
        )
        updater.read_ages_at(self.reading_time())
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
