"""Documents of stores and tills; the laws stand in `documents`."""

from __future__ import annotations

from datetime import datetime

from backoffice.api.documents import Said


class Store(Said, frozen=True, kw_only=True):
    """A place where the organisation sells. `zone`: IANA time zone, which decides what "today" means there."""

    store_id: str
    name: str
    zone: str


class Till(Said, frozen=True, kw_only=True):
    """A till as it said last. `newest_set_version`: of the campaigns that it should have; active: of those it uses.

    `waiting_receipts`: not sent yet. `clock_offset_ms`: how far its clock is ahead. `alarms`: code → in words.
    """

    workstation_id: str
    name: str
    store_id: str
    state: str
    last_seen_at: datetime | None
    newest_set_version: int
    received_set_version: int
    active_set_version: int
    waiting_receipts: int
    clock_offset_ms: int
    devices: dict[str, str]
    inactive_campaigns: dict[str, str]
    alarms: dict[str, str]
