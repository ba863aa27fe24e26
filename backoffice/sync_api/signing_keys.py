"""The publisher's key: one Ed25519 key per organisation in a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner

OWNER_ONLY = 0o600


class KeyFileError(RuntimeError):
    """The key file cannot be used; the text says why and what to do."""


def load_or_create_key(folder: Path, organisation_id: str) -> CryptoSigner:
    """The key of an organisation; made the first time.

    KeyFileError: the file is readable by others, or is not an Ed25519 key.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{organisation_id}.pem"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:
        return _load(path)
    signer = CryptoSigner.generate_ed25519()
    with os.fdopen(handle, "wb") as file:
        file.write(signer.private_bytes)
        file.flush()
        os.fsync(file.fileno())
    return signer


def _load(path: Path) -> CryptoSigner:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"The signing key {path} can be read by others. Run: chmod 600 {path}")
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except ValueError as error:
        raise KeyFileError(f"The signing key {path} is damaged ({error}). Restore it from the backup.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"The signing key {path} is not an Ed25519 key. Restore it from the backup.")
    return CryptoSigner(key)
