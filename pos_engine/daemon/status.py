"""What `/api/status` and `/api/receipts` tell: how the till is, without anything personal."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from pos_engine.daemon.nightly import NightlyRun


class DeviceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One device, judged by its last good exchange."""

    name: str
    kind: str
    state: str
    code: str = ""
    text: str = ""
    last_good_at: datetime | None = None


class LinkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The line to the back-office. `clock_offset_ms`: its time minus the till's."""

    state: str
    last_contact: datetime | None
    clock_offset_ms: int | None
    outbox_count: int
    notices: tuple[str, ...] = ()


class SetStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Campaign sets: what was received, what is used, and campaigns that this version does not understand."""

    received: int
    active: int
    inactive_campaigns: int = 0


class TillStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The whole till. `failing`: threads that broke and wait to begin again."""

    version: str
    now: datetime
    started_at: datetime
    enrolled: bool
    store_id: str = ""
    workstation_id: str = ""
    epoch: int = 0
    max_seq: int = 0
    campaign_set: SetStatus | None = None
    link: LinkStatus
    devices: tuple[DeviceStatus, ...] = ()
    prints_waiting: int = 0
    disk_reserve_held: bool = True
    disk_failed: bool = False
    nightly: NightlyRun | None = None
    failing: dict[str, str] = {}


class ReceiptRow(msgspec.Struct, frozen=True, kw_only=True):
    """One closed sale. Money in minor units."""

    receipt_id: str
    business_day: date
    sequence_no: int
    kind: str
    sale_ref: str
    closed_at: datetime
    total_value_minor: int
    total_discount_minor: int
    total_due_minor: int
    uploaded: bool
