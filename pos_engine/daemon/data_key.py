"""The key that encrypts the till's databases: 32 bytes, kept by systemd as a credential or in a file of its user.

A raw key is used, no passphrase: deriving one costs 0.15 s each time a database is opened, and nobody types at a start.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from pos_engine.daemon.config_sections import TillSection

CREDENTIAL = "pos-engine.key"
"""Name of the systemd credential (`LoadCredentialEncrypted=pos-engine.key`)."""

KEY_BYTES = 32
OTHERS_MAY_READ = 0o077
"""File mode bits that let other users near the key."""


class DataKeyError(Exception):
    """A key that is configured and cannot be used; the text says what to do."""


def data_key(till: TillSection) -> bytes | None:
    """The key of this till's databases; None when none is configured. DataKeyError when it cannot be read."""
    path = key_path(till)
    return None if path is None else read_key(path)


def key_path(till: TillSection) -> Path | None:
    """Where the key lies: the systemd credential when there is one, else the configured file."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (Path(folder) / CREDENTIAL).is_file():
        return Path(folder) / CREDENTIAL
    return Path(till.key_file) if till.key_file else None


def read_key(path: Path) -> bytes:
    """A key file: 64 hexadecimal digits, readable by its owner alone."""
    try:
        text = path.read_text(encoding="ascii").strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise DataKeyError(
            f"The key {path} cannot be read ({error}). Without it the till's data stay closed; put the key back."
        ) from error
    if re.fullmatch(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}", text) is None:
        raise DataKeyError(f"{path} is no key: it must hold {2 * KEY_BYTES} hexadecimal digits on one line.")
    if mode & OTHERS_MAY_READ:
        raise DataKeyError(f"Others may read the key {path}. Close it: chmod 600 {path}")
    return bytes.fromhex(text)


def write_new_key(path: Path) -> None:
    """Make a key nobody else can read. DataKeyError when the file exists: a lost key is lost data."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise DataKeyError(
            f"{path} exists already, and may be the only key to some data. Nothing was written."
        ) from error
    except OSError as error:
        raise DataKeyError(f"{path} cannot be written: {error.strerror}.") from error
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(number)
