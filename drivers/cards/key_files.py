"""Keys in files: shares of the master key for custodians, role keys for the issuing desk and for tills.

Every file is JSON, readable by its owner alone, and says what it is; a file that others may read is not used.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drivers.cards.aes_cmac import BLOCK_BYTES
from drivers.cards.keys import TILL_ROLES, VERSION_MAX, KeySet, Role, check_value, combined

FORMAT = 1
OWNER_ONLY = 0o600
FILE_BYTES_MAX = 64_000
KEY_SETS_MAX = 4  # versions a till may know at once: the present one, the one before, and some slack
ROLES_KIND, SHARE_KIND = "card role keys", "share of a card master key"


class KeyFileError(Exception):
    """A key file that cannot be used; the text names the file and says what to do."""


def new_shares(count: int) -> list[bytes]:
    """Shares of a new master key. ValueError for fewer than two."""
    shares = [secrets.token_bytes(BLOCK_BYTES) for _ in range(count)]
    combined(shares)
    return shares


def write_share(path: Path, share: bytes, number: int, of: int, master_check: str) -> None:
    """One custodian's file. KeyFileError when the file is there already."""
    content = {"share": number, "of": of, "key": share.hex().upper(), "master_check": master_check}
    _write(path, SHARE_KIND, content)


def read_shares(paths: Sequence[Path]) -> bytes:
    """The master key out of all its shares, in memory only. KeyFileError when one is missing, twice or wrong."""
    found = [(path, _read(path, SHARE_KIND)) for path in paths]
    try:
        numbers = sorted(int(content["share"]) for _path, content in found)
        wanted = int(found[0][1]["of"]) if found else 0
        if numbers != list(range(1, wanted + 1)):
            raise KeyFileError(f"All shares 1 to {wanted} are needed, each once; these were given: {numbers}.")
        master = combined(bytes.fromhex(content["key"]) for _path, content in found)
        checks = {str(content["master_check"]) for _path, content in found}
    except (KeyError, ValueError, TypeError) as error:
        raise KeyFileError(f"A share cannot be read: {error}") from error
    if checks != {check_value(master)}:
        raise KeyFileError("The shares do not belong together: their check value is not that of the key they make.")
    return master


def write_keys(path: Path, keys: KeySet) -> None:
    """Role keys. KeyFileError when the file is there already."""
    content = {
        "organisation": keys.organisation,
        "version": keys.version,
        "keys": {role.value: key.hex().upper() for role, key in sorted(keys.keys.items(), key=lambda x: x[0].value)},
    }
    _write(path, ROLES_KIND, content)


def read_keys(path: Path) -> KeySet:
    """Role keys of any kind, for the issuing desk. KeyFileError."""
    content = _read(path, ROLES_KIND)
    try:
        keys = {Role(name): bytes.fromhex(value) for name, value in content["keys"].items()}
        version, organisation = int(content["version"]), str(content["organisation"])
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise KeyFileError(f"{path} is damaged: {error}") from error
    if any(len(key) != BLOCK_BYTES for key in keys.values()) or not 1 <= version <= VERSION_MAX:
        raise KeyFileError(f"{path} is damaged: a key or the version has a wrong length.")
    return KeySet(organisation, version, keys)


def read_till_keys(paths: Sequence[Path]) -> tuple[KeySet, ...]:
    """What a till may hold. KeyFileError also for a file with keys that have no place on a till."""
    if len(paths) > KEY_SETS_MAX:
        raise KeyFileError(f"A till knows at most {KEY_SETS_MAX} card key files, not {len(paths)}.")
    found = []
    for path in paths:
        keys = read_keys(path)
        too_much = sorted(role.value for role in keys.keys.keys() - TILL_ROLES)
        if too_much:
            raise KeyFileError(
                f"{path} holds the role {', '.join(too_much)}, which must not lie on a till. Take it away from this "
                "machine, and make a file for tills: pos-engine card keys till"
            )
        found.append(keys)
    return tuple(found)


def _write(path: Path, kind: str, content: dict[str, Any]) -> None:
    text = json.dumps({"kind": kind, "format": FORMAT, **content}, indent=1) + "\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise KeyFileError(f"{path} is there already. Keys are never written over: choose another name.") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}.") from error


def _read(path: Path, kind: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(FILE_BYTES_MAX)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from error
    if stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"{path} can be read by others than its owner. Run: chmod 600 {path}")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise KeyFileError(f"{path} is no key file: {error}") from error
    if not isinstance(content, dict) or content.get("kind") != kind or content.get("format") != FORMAT:
        raise KeyFileError(f"{path} is no file of the kind “{kind}” that this program knows.")
    return content
