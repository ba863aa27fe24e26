"""What travels when a machine becomes a till of a shop. The wire laws of `sync.py` hold."""

from __future__ import annotations

import msgspec

from pos_engine.wire.sync import Count, Envelope


class EnrolRequest(Envelope, frozen=True, kw_only=True):
    """A new till shows its single-use code.

    A till that was enrolled before says as whom, and how many receipts still wait under that name: they would be
    foreign to any other workstation, so the back-office refuses another name until they are uploaded. `public_key`: the
    Ed25519 key that the till has made and signs by, as base64; a request without one is an older program's.
    """

    code: str
    former_workstation_id: str = ""
    outbox_count: Count = 0
    public_key: str = ""


class EnrolAnswer(Envelope, frozen=True, kw_only=True):
    """Who the till is once its key is confirmed, and the trusted root of signed sets as text."""

    organisation_id: str
    organisation_name: str
    store_id: str
    store_name: str
    workstation_id: str
    epoch: int
    zone: str
    language: str
    tariff: msgspec.Raw
    trusted_root: str
