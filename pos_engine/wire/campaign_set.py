"""The campaigns of one store as they are signed and put on its tills. The laws of `wire/sync.py` hold here too."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pos_engine.wire.sync import Amount, Count, Envelope, Instant


class CampaignEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign inside a set: its bytes exactly as published, and their SHA-256 in hex."""

    campaign_id: str
    version: int
    sha256: str
    body: msgspec.Raw


class GoldenCase(msgspec.Struct, frozen=True, kw_only=True):
    """A basket that a till prices before it takes a set over, and what has to come out, to the cent and the line.

    `basket`, `member` (null: nobody) and `moment` are the core's documents; amounts are in minor units.
    """

    basket: msgspec.Raw
    moment: msgspec.Raw
    member: msgspec.Raw = msgspec.Raw(b"null")
    value_minor: Amount
    discount_minor: Amount
    line_dues_minor: tuple[Amount, ...]


class CampaignSetDocument(Envelope, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signed set of one store. `tariff` is the core's Tariff as plain fields.

    `programme` is the core's Programme, where the shop has one; without one the field is left out, as it always was.
    `golden`: baskets to try the set on, a list of GoldenCase; left out where there are none.
    """

    organisation_id: str
    store_id: str
    set_version: int
    published_at: Instant
    tariff: msgspec.Raw
    zone: str
    campaigns: tuple[CampaignEntry, ...]
    programme: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    golden: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class SignedFiles(Envelope, frozen=True, kw_only=True):
    """What a till lacks of the signed metadata: name → the file as it lies. The newest root there has `root_version`.

    Nothing here is believed: the till judges each file as if it had asked for it alone.
    """

    root_version: Count
    files: Mapping[str, str]
