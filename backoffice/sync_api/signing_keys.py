"""Keys that sign campaign sets: those that lie on this machine, and root keys in files that are carried about.

On-line keys lie in a folder of their organisation, one Ed25519 key per file named by its TUF key id, readable by the
owner only. Which of them counts for what is said by the root alone, so that accepting a new root is the only switch.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner

OWNER_ONLY: Final = 0o600


class KeyFileError(RuntimeError):
    """The key file cannot be used; the text says why and what to do."""


class PassphraseError(KeyFileError):
    """The key file is locked, and the passphrase is missing or wrong."""


class OnlineKeys:
    """The keys of one organisation on this machine."""

    def __init__(self, folder: Path, organisation_id: str) -> None:
        self._folder = folder / organisation_id
        self._single = folder / f"{organisation_id}.pem"
        """The one key for all roles of organisations that began before there were four."""

    def create(self) -> CryptoSigner:
        """A fresh key, durable when this returns."""
        signer = CryptoSigner.generate_ed25519()
        write_key(self._path(signer.public_key.keyid), signer)
        return signer

    def signer(self, key_ids: Iterable[str]) -> CryptoSigner | None:
        """A key out of these that lies here; None when none does. KeyFileError: it lies here and cannot be used."""
        wanted = set(key_ids)
        for key_id in sorted(wanted):
            if self._path(key_id).exists():
                return load_key(self._path(key_id))
        if self._single.exists():
            single = load_key(self._single)
            if single.public_key.keyid in wanted:
                return single
        return None

    def forget_all_but(self, key_ids: Iterable[str]) -> list[str]:
        """Delete the keys that count for nothing any more; returns their ids."""
        kept, gone = set(key_ids), []
        for path in [*sorted(self._folder.glob("*.pem")), *([self._single] if self._single.exists() else [])]:
            key_id = load_key(path).public_key.keyid
            if key_id not in kept:
                path.unlink()
                gone.append(key_id)
        return gone

    def _path(self, key_id: str) -> Path:
        return self._folder / f"{key_id}.pem"


def write_key(path: Path, signer: CryptoSigner, passphrase: str = "") -> None:
    """Write a private key into a new file, locked where there is a passphrase. FileExistsError: there is a file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = load_pem_private_key(signer.private_bytes, None)
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
        file.flush()
        os.fsync(file.fileno())


def load_key(path: Path, passphrase: str = "", *, carried: bool = False) -> CryptoSigner:
    """The key of a file. KeyFileError: readable by others, or not an Ed25519 key. PassphraseError: locked.

    `carried`: the file is on a stick, whose file system may know no owners; then who may read it is not asked.
    """
    if not carried and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"The signing key {path} can be read by others. Run: chmod 600 {path}")
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode() if passphrase else None)
    except TypeError as error:
        raise PassphraseError(f"The key {path} needs its passphrase, or has none: {error}") from error
    except ValueError as error:
        if b"ENCRYPTED" in path.read_bytes():
            raise PassphraseError(f"The passphrase of the key {path} is wrong.") from error
        raise KeyFileError(f"The signing key {path} is damaged ({error}). Restore it from the backup.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"The signing key {path} is not an Ed25519 key. Restore it from the backup.")
    return CryptoSigner(key)


def is_locked(path: Path) -> bool:
    """Whether a key file wants a passphrase."""
    return b"ENCRYPTED" in path.read_bytes()
