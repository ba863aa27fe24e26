"""What a register on another machine needs: the till's certificate, made here, and a token of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=3650)
"""A till's certificate is trusted by hand on each register: nobody would renew it often; `doctor` warns before."""

CLOCK_SLACK = timedelta(days=1)
"""A register whose clock is behind must still accept it."""

WARN_BEFORE = timedelta(days=60)
TOKEN_BYTES = 32
PRIVATE = 0o600


class LanError(Exception):
    """It cannot be made; the text says why and what to do."""


def make_certificate(certificate: Path, key: Path, names: Sequence[str], now: datetime) -> str:
    """Write a key and a self-signed certificate for these addresses and names; its SHA-256 fingerprint, for comparing.

    LanError when a file is there already: registers trust the old one.
    """
    for path in (certificate, key):
        if path.exists():
            raise LanError(f"{path} is there already, and registers trust it. Move both files away to make new ones.")
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Till {names[0]}"[:64])])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, hashes.SHA256())
    )
    no_password = serialization.NoEncryption()
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    _write_private(key, pem)
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return made.fingerprint(hashes.SHA256()).hex(":").upper()


def make_token(path: Path) -> None:
    """Write a new token. LanError when the file is there already: a register uses it."""
    if path.exists():
        raise LanError(f"{path} is there already, and a register uses it. Move it away to make a new one.")
    _write_private(path, secrets.token_hex(TOKEN_BYTES).encode() + b"\n")


@dataclass(frozen=True)
class CertificateState:
    """How a certificate is. `ends_on`: its last day, None when it could not be read; `cause`: why not."""

    code: Literal["good", "ends", "ended", "unreadable"]
    ends_on: date | None = None
    cause: str = ""


def certificate_state(path: Path, now: datetime) -> CertificateState:
    """Whether registers take this certificate, and for how long."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        return CertificateState("unreadable", cause=str(error))
    end = certificate.not_valid_after_utc
    if now >= end:
        return CertificateState("ended", end.date())
    return CertificateState("ends" if end - now < WARN_BEFORE else "good", end.date())


def _general_name(name: str) -> x509.GeneralName:
    address: IPv4Address | IPv6Address | None
    try:
        address = ip_address(name)
    except ValueError:
        address = None
    if address is not None:
        return x509.IPAddress(address)
    if not name.isascii() or not name.replace("-", "").replace(".", "").isalnum():
        raise LanError(f"{name!r} is neither an IP address nor a name of a machine")
    return x509.DNSName(name)


def _write_private(path: Path, data: bytes) -> None:
    """Readable by the till's user only, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
