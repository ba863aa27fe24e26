"""Who this till is, and the epochs in which its receipts are numbered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec

from pos_engine.core.money import Tariff
from pos_engine.journal.engine import Connection
from pos_engine.journal.errors import JournalError
from pos_engine.wire.http_signature import fingerprint_of, public_key_of


@dataclass(frozen=True)
class TillIdentity:
    """What enrolment told this till. `zone`: IANA name, `language`: ISO 639-1, `trusted_root`: TUF's root as text.

    `signing_key`: the till's own Ed25519 private key as base64; empty where it was enrolled before there were any.
    """

    organisation_id: str
    organisation_name: str
    store_id: str
    store_name: str
    workstation_id: str
    zone: str
    language: str
    tariff: Tariff
    backoffice_url: str
    trusted_root: str
    signing_key: str = ""

    @property
    def fingerprint(self) -> str:
        """What an administrator compares before the till may do anything; empty without a key."""
        return fingerprint_of(public_key_of(self.signing_key)) if self.signing_key else ""


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(TillIdentity)


def load_identity(connection: Connection) -> TillIdentity | None:
    """The till's identity; None before it was enrolled."""
    row = connection.execute("SELECT body FROM identity").fetchone()
    return None if row is None else _decoded(row[0])


@lru_cache(maxsize=32)
def _decoded(body: bytes) -> TillIdentity:
    """Every question to the journal begins with whose it is: the same bytes are read once, also of several tills."""
    return _DECODER.decode(body)


def need_identity(connection: Connection) -> TillIdentity:
    """The till's identity. JournalError not_enrolled."""
    identity = load_identity(connection)
    if identity is None:
        raise JournalError("not_enrolled", "This till belongs to no shop yet. Run: pos-engine enrol --url … --code …")
    return identity


def save_identity(connection: Connection, identity: TillIdentity) -> None:
    """Become this till. Rows of an earlier identity stay under their own organisation and workstation."""
    connection.execute(
        "INSERT INTO identity VALUES (1, ?, ?, ?) ON CONFLICT (slot) DO UPDATE SET"
        " organisation_id = excluded.organisation_id, workstation_id = excluded.workstation_id, body = excluded.body",
        (identity.organisation_id, identity.workstation_id, _ENCODER.encode(identity)),
    )


def current_epoch(connection: Connection, identity: TillIdentity) -> int:
    """The newest epoch of this till; 0 before the first one began."""
    row = connection.execute(
        "SELECT max(epoch) FROM epochs WHERE organisation_id = ? AND workstation_id = ?",
        (identity.organisation_id, identity.workstation_id),
    ).fetchone()
    return row[0] or 0


def start_epoch(connection: Connection, identity: TillIdentity, epoch: int, now: datetime) -> None:
    """Number receipts in a new epoch from 1. The current epoch again changes nothing; an older one is refused."""
    current = current_epoch(connection, identity)
    if epoch == current:
        return
    if epoch < current:
        raise JournalError("epoch_not_newer", f"Epoch {epoch} was asked for, this till is already in epoch {current}.")
    connection.execute(
        "INSERT INTO epochs (organisation_id, workstation_id, epoch, started_at) VALUES (?, ?, ?, ?)",
        (identity.organisation_id, identity.workstation_id, epoch, now.isoformat()),
    )
