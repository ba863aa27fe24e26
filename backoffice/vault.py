"""Keys of personal data: one per member, wrapped by the installation's own key, which never lies in the database.

A member's fields are sealed with AES-256-GCM (NIST SP 800-38D) under the member's key, and the place they stand in
(`table:organisation:member:column`) is authenticated with them, so that a sealed value cannot be moved to another row.
Destroying the wrapped key makes every copy of the sealed fields unreadable, also those in backups of the data. Words
that staff search by are kept as keyed marks (HMAC-SHA256, RFC 2104), because an unkeyed hash of, say, every mobile
number of a country is computed in seconds.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from sqlalchemy.orm import Session

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
"""Random; one member's key seals a few values in its life, far from the 2^32 that SP 800-38D allows."""
MARK_BYTES: Final = 8
SESSION_KEY: Final = "vault"
"""Under this name a database session carries the vault."""


class VaultError(Exception):
    """A sealed value cannot be opened: another installation's key, or the value was changed."""


class Vault:
    """Wraps members' keys and makes the marks of words. Thread-safe: nothing in it changes."""

    def __init__(self, master: bytes) -> None:
        """`master`: 32 random bytes of this installation."""
        if len(master) != KEY_BYTES:
            message = f"the key of personal data has {len(master)} bytes; {KEY_BYTES} are needed"
            raise VaultError(message)
        self._wrapping = AESGCM(_derived(master, b"wrap members' keys"))
        self._marking = _derived(master, b"mark words")
        self._linking = _derived(master, b"sign members' links")
        self._finding = _derived(master, b"find members at tills")
        self._printing = _derived(master, b"sign printed coupons")

    @staticmethod
    def new_key() -> bytes:
        """A fresh key for one member."""
        return os.urandom(KEY_BYTES)

    def wrap(self, key: bytes, place: str) -> bytes:
        """A member's key as it may stand in the database."""
        return _sealed(self._wrapping, key, place)

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        """The member's key again. VaultError: it was wrapped by another installation, or for another member."""
        return _opened(self._wrapping, wrapped, place)

    def mark(self, organisation_id: str, word: str) -> int:
        """The keyed mark of a word in one organisation, as a signed 64-bit number."""
        told = f"{organisation_id}\0{word}".encode()
        digest = hmac.digest(self._marking, told, hashlib.sha256)
        return int.from_bytes(digest[:MARK_BYTES], "big", signed=True)

    def till_lookup_key(self, organisation_id: str) -> str:
        """What an organisation's tills mark phone numbers with, in hex: a key for nothing else, told to them."""
        return hmac.digest(self._finding, organisation_id.encode(), hashlib.sha256).hex()

    def coupon_run_key(self, organisation_id: str, tag: str) -> str:
        """What the codes of one print run are signed with, in hex: told to the tills of that organisation."""
        return hmac.digest(self._printing, f"{organisation_id}\0{tag}".encode(), hashlib.sha256).hex()

    def link_code(self, told: bytes) -> bytes:
        """What makes a link to a member's own page unforgeable: HMAC-SHA256 under a key for nothing else."""
        return hmac.digest(self._linking, told, hashlib.sha256)


def seal(key: bytes, value: bytes, place: str) -> bytes:
    """A value under a member's key, bound to the place it stands in."""
    return _sealed(AESGCM(key), value, place)


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """The value again. VaultError: another key, another place, or it was changed."""
    return _opened(AESGCM(key), sealed, place)


def vault_of(session: Session) -> Vault:
    """The vault that the session's database was opened with. VaultError: it was opened without one."""
    vault = session.info.get(SESSION_KEY)
    if not isinstance(vault, Vault):
        raise VaultError("this database was opened without the key of personal data")
    return vault


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDFExpand(SHA256(), KEY_BYTES, purpose).derive(master)


def _sealed(cipher: AESGCM, value: bytes, place: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, value, place.encode())


def _opened(cipher: AESGCM, sealed: bytes, place: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):  # ValueError: cut off within the nonce
        raise VaultError(f"what stands in {place} cannot be opened with this installation's key") from None
