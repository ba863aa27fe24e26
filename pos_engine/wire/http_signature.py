"""Signed requests: a narrow profile of HTTP Message Signatures (RFC 9421) with Ed25519, and Content-Digest (RFC 9530).

One signature per request, under the label `till`, over method, path, query and, where there is a body, its digest. The
signature's own parameters say when it was made, with which key, and what it is for; nothing else is understood, and
nothing less is accepted. The key's id is the SHA-256 of the public key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LABEL: Final = "till"
TAG: Final = "pos-engine-sync-v1"
"""What the signature is for (RFC 9421, 2.3): one made for another protocol with the same key is worth nothing here."""

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
FINGERPRINT_LETTERS: Final = 20
"""Base32 letters that people compare: 100 bits, so that nobody can search for a key that shows the same."""

_WITH_BODY: Final = ("@method", "@path", "@query", "content-digest")
_WITHOUT_BODY: Final = _WITH_BODY[:3]
_INPUT: Final = re.compile(
    rf'{LABEL}=(?P<params>\((?P<names>[a-z@"\- ]{{1,100}})\);created=(?P<created>[0-9]{{1,11}})'
    rf';keyid="(?P<key_id>[0-9a-f]{{64}})";alg="ed25519";tag="{TAG}")'
)
_SIGNATURE: Final = re.compile(rf"{LABEL}=:(?P<value>[A-Za-z0-9+/]{{86}}==):")


class SignatureError(Exception):
    """The request's signature does not hold. `code`: signature_missing or signature_bad."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class SignedRequest:
    """The parts of a request that a signature speaks about.

    `path` and `query` as they travel; header names in lower case; `body` None when there is none.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True)
class Claimed:
    """What a request says of its signature before anybody checked it: `created` in seconds since 1970."""

    key_id: str
    created: int
    parameters: str
    signature: bytes


def new_signing_key() -> str:
    """A fresh private key as text; it stays where it was made."""
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def public_key_of(signing_key: str) -> str:
    """The public key that belongs to a private one, as text. ValueError: not a key."""
    return base64.b64encode(_private(signing_key).public_key().public_bytes_raw()).decode()


def key_id_of(public_key: str) -> str:
    """The id of a public key: its SHA-256 in hex. ValueError: not a key."""
    return hashlib.sha256(_raw(public_key)).hexdigest()


def fingerprint_of(public_key: str) -> str:
    """What two people compare, like `ABCD-EFGH-IJKL-MNOP-QRST`. ValueError: not a key."""
    letters = base64.b32encode(hashlib.sha256(_raw(public_key)).digest()).decode()[:FINGERPRINT_LETTERS]
    return "-".join(letters[start : start + 4] for start in range(0, FINGERPRINT_LETTERS, 4))


def content_digest(body: bytes) -> str:
    """The value of the field Content-Digest (RFC 9530) with SHA-256."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_base(components: Iterable[tuple[str, str]], parameters: str) -> bytes:
    """The text that is signed (RFC 9421, 2.5): a line for each component, then the signature's own parameters."""
    lines = [f'"{name}": {value}' for name, value in components]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def signature_headers(request: SignedRequest, signing_key: str, created: datetime) -> dict[str, str]:
    """The fields to add to a request: Content-Digest where there is a body, Signature-Input, Signature."""
    key, key_id = _signer(signing_key)
    headers = {} if request.body is None else {"Content-Digest": content_digest(request.body)}
    names = " ".join(f'"{name}"' for name in _covered(request))
    seconds = max(0, int(created.timestamp()))
    parameters = f'({names});created={seconds};keyid="{key_id}";alg="ed25519";tag="{TAG}"'
    digest = headers.get("Content-Digest", "")
    signature = key.sign(signature_base(_components(request, digest), parameters))
    headers["Signature-Input"] = f"{LABEL}={parameters}"
    headers["Signature"] = f"{LABEL}=:{base64.b64encode(signature).decode()}:"
    return headers


def claimed_signature(request: SignedRequest) -> Claimed:
    """Read the signature's fields. SignatureError: there are none, or they are not of this profile."""
    said, value = request.headers.get("signature-input", ""), request.headers.get("signature", "")
    if not said or not value:
        raise SignatureError("signature_missing", "The request is not signed. Enrol this till.")
    claimed, signature = _INPUT.fullmatch(said), _SIGNATURE.fullmatch(value)
    if claimed is None or signature is None:
        raise SignatureError("signature_bad", "The request's signature is not of the kind that tills make.")
    if claimed["names"] != " ".join(f'"{name}"' for name in _covered(request)):
        raise SignatureError("signature_bad", "The request's signature does not cover all that it must.")
    return Claimed(claimed["key_id"], int(claimed["created"]), claimed["params"], base64.b64decode(signature["value"]))


def verify_signature(request: SignedRequest, claimed: Claimed, public_key: str) -> None:
    """Check body and signature against a public key. SignatureError: something was altered, or another key signed."""
    digest = request.headers.get("content-digest", "")
    if request.body is not None and digest != content_digest(request.body):
        raise SignatureError("signature_bad", "The request's body is not the one that was signed.")
    base = signature_base(_components(request, digest), claimed.parameters)
    try:
        _public(public_key).verify(claimed.signature, base)
    except InvalidSignature:
        raise SignatureError("signature_bad", "The request's signature is not good.") from None


def _covered(request: SignedRequest) -> tuple[str, ...]:
    return _WITHOUT_BODY if request.body is None else _WITH_BODY


def _components(request: SignedRequest, digest: str) -> list[tuple[str, str]]:
    values = {
        "@method": request.method,
        "@path": request.path,
        "@query": f"?{request.query}",
        "content-digest": digest,
    }
    return [(name, values[name]) for name in _covered(request)]


def _raw(key: str) -> bytes:
    try:
        raw = base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise ValueError("a key is 32 bytes in base64") from error
    if len(raw) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, this one {len(raw)}")
    return raw


@lru_cache(maxsize=64)
def _public(public_key: str) -> Ed25519PublicKey:
    """The same few tills ask all day."""
    return Ed25519PublicKey.from_public_bytes(_raw(public_key))


@lru_cache(maxsize=64)
def _signer(signing_key: str) -> tuple[Ed25519PrivateKey, str]:
    """A till's key and its id; making them costs as much as signing with them."""
    key = _private(signing_key)
    return key, hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()


def _private(signing_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_raw(signing_key))
