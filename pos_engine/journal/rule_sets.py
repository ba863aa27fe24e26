"""Campaign bodies by hash, and the sets made of them: an open sale or a later return finds its own rules again.

A body that a hundred sets share is kept once, exactly as it was published.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.wire.campaign_set import CampaignEntry, CampaignSetDocument
from pos_engine.wire.sync import ReceiptDocument

_DECODER = msgspec.json.Decoder(CampaignSetDocument)
_ENCODER = msgspec.json.Encoder()
_NO_BODY = msgspec.Raw(b"null")


def keep(connection: Connection, till: TillIdentity, raw: bytes, now: datetime) -> None:
    """Store a set with its bodies. A version that is already kept stays as it is: versions never change."""
    document = _DECODER.decode(raw)
    key = (till.organisation_id, till.store_id, document.set_version)
    head = msgspec.structs.replace(
        document,
        campaigns=tuple(msgspec.structs.replace(entry, body=_NO_BODY) for entry in document.campaigns),
    )
    inserted = connection.execute(
        "INSERT INTO campaign_sets VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1",
        (*key, _ENCODER.encode(head), now.isoformat()),
    ).fetchone()
    if inserted is None:
        return
    # Under the hash of the bytes themselves: a body that was changed on its way must not stand for the right one.
    bodies = [(hashlib.sha256(body).hexdigest(), body) for body in (bytes(entry.body) for entry in document.campaigns)]
    connection.executemany(
        "INSERT INTO campaign_bodies VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(till.organisation_id, sha256, body) for sha256, body in bodies],
    )
    connection.executemany(
        "INSERT INTO campaign_set_entries VALUES (?, ?, ?, ?, ?)",
        [(*key, position, sha256) for position, (sha256, _) in enumerate(bodies)],
    )


def kept(connection: Connection, till: TillIdentity, set_version: int) -> bytes | None:
    """A kept set as a document again, bodies byte for byte as published; None when it is not here."""
    key = (till.organisation_id, till.store_id, set_version)
    row = connection.execute(
        "SELECT head FROM campaign_sets WHERE organisation_id = ? AND store_id = ? AND set_version = ?", key
    ).fetchone()
    if row is None:
        return None
    head = _DECODER.decode(row[0])
    bodies = connection.execute(
        "SELECT b.body FROM campaign_set_entries AS e JOIN campaign_bodies AS b USING (organisation_id, sha256)"
        " WHERE e.organisation_id = ? AND e.store_id = ? AND e.set_version = ? ORDER BY e.position",
        key,
    )
    entries: tuple[CampaignEntry, ...] = tuple(
        msgspec.structs.replace(entry, body=msgspec.Raw(body[0]))
        for entry, body in zip(head.campaigns, bodies, strict=True)
    )
    return _ENCODER.encode(msgspec.structs.replace(head, campaigns=entries))


def newest(connection: Connection, till: TillIdentity) -> int:
    """The newest kept version of this store; 0 when none is."""
    row = connection.execute(
        "SELECT max(set_version) FROM campaign_sets WHERE organisation_id = ? AND store_id = ?",
        (till.organisation_id, till.store_id),
    ).fetchone()
    return row[0] or 0


def mark_used(connection: Connection, receipt: ReceiptDocument) -> None:
    """A receipt was priced with its set: keep that while the receipt may be returned."""
    connection.execute(
        "UPDATE campaign_sets SET last_used_at = max(last_used_at, ?)"
        " WHERE organisation_id = ? AND store_id = ? AND set_version = ?",
        (receipt.closed_at.isoformat(), receipt.organisation_id, receipt.store_id, receipt.set_version),
    )
