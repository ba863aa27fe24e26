"""How the till is, gathered for those who ask: `/api/status`, the cashier screen, the back-office, nexo's Diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, get_args

from pos_engine import words
from pos_engine.checkout.screen import DeviceHealth as ScreenHealth
from pos_engine.checkout.screen import DeviceNote
from pos_engine.daemon.cli import program_version
from pos_engine.daemon.devices import Devices
from pos_engine.daemon.nightly import NightlyRun
from pos_engine.daemon.status import DeviceStatus, LinkStatus, ReceiptRow, SetStatus, TillStatus
from pos_engine.daemon.sync_loop import LinkState
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import DeviceHealth, DeviceState
from pos_engine.registers.nexo.lookups import Devices as NexoDevices
from pos_engine.sync.report import NoticeCode, SetCode
from pos_engine.sync.service import TillHealth

_SCREEN_HEALTH: Mapping[DeviceState, ScreenHealth] = {
    "ok": "ok",
    "starting": "unknown",
    "trouble": "warning",
    "missing": "error",
}
_NEXO_PRINTER: Mapping[str, str] = {"printer_paper_out": "NoPaper", "printer_paper_near_end": "PaperLow"}
_FOR_CASHIERS: frozenset[NoticeCode] = frozenset(
    {*get_args(SetCode), "clock_wrong", "refused", "till_unknown", "till_waits"}
)
"""What somebody in the shop can mend or must report. The rest mends itself, or is seen to in the back-office."""

DISK: Final = "disk"
DISK_FULL: Final = "disk_full"
"""How the back-office is told that the till's disk was full and the reserve is being used up: room must be made."""
DISK_FAILING: Final = "disk_failing"
"""How it is told that the till's disk refused something within the last hour: the disk must be looked at."""


class HealthView:
    """Reads the state of everything, changes nothing. Thread-safe."""

    def __init__(
        self,
        journal: Journal,
        replica: Replica,
        devices: Devices,
        clock: Clock,
        inactive_campaigns: Callable[[], Mapping[str, str]],
        active_set_version: Callable[[], int],
    ) -> None:
        self._journal = journal
        self._replica = replica
        self._devices = devices
        self._clock = clock
        self._started_at = clock.now()
        self._inactive_campaigns = inactive_campaigns
        self._active_set_version = active_set_version
        self._link: Callable[[], LinkState] = LinkState
        self._last_night: Callable[[], NightlyRun | None] = lambda: None
        self._failing: Callable[[], dict[str, str]] = dict

    def look_at(
        self,
        link: Callable[[], LinkState],
        last_night: Callable[[], NightlyRun | None],
        failing: Callable[[], dict[str, str]],
    ) -> None:
        """What is only there when the daemon runs: the line, the nightly job, its threads."""
        self._link = link
        self._last_night = last_night
        self._failing = failing

    def for_status(self) -> TillStatus:
        """Everything, for people and tools."""
        identity = self._journal.identity()
        link = self._link()
        enrolled = identity is not None
        return TillStatus(
            version=program_version(),
            now=self._clock.now(),
            started_at=self._started_at,
            enrolled=enrolled,
            store_id=identity.store_id if identity is not None else "",
            workstation_id=identity.workstation_id if identity is not None else "",
            epoch=self._journal.epoch() if enrolled else 0,
            max_seq=self._journal.max_seq() if enrolled else 0,
            campaign_set=self._set_status() if enrolled else None,
            link=LinkStatus(
                state=link.state,
                last_contact=link.last_contact,
                clock_offset_ms=link.clock_offset_ms,
                outbox_count=self._journal.outbox_count() if enrolled else 0,
                notices=link.notices,
            ),
            devices=tuple(_device_status(health) for health in self._devices.health()),
            prints_waiting=self._journal.print_jobs_waiting(),
            disk_reserve_held=self._journal.reserve_held,
            disk_failed=self._journal.disk_failed,
            nightly=self._last_night(),
            failing=self._failing(),
        )

    def for_backoffice(self) -> TillHealth:
        """What the heartbeat carries."""
        devices: dict[str, str] = {health.name: health.code or health.state for health in self._devices.health()}
        trouble = self._disk_trouble()
        if trouble:
            devices[DISK] = trouble
        return TillHealth(inactive_campaigns=dict(self._inactive_campaigns()), devices=devices)

    def for_screen(self) -> tuple[DeviceNote, ...]:
        """What the cashier sees of the devices, and of the line where it needs somebody; in the till's language."""
        identity = self._journal.identity()
        language = identity.language if identity is not None else "en"
        devices = [_device_note(health, language) for health in self._devices.health()]
        office = words.text("screen.backoffice", language)
        line = [
            DeviceNote(office, "other", "warning", words.text(f"sync.{trouble.code}", language, **trouble.params))
            for trouble in self._link().troubles
            if trouble.code in _FOR_CASHIERS
        ]
        disk = []
        if self._disk_trouble():
            text = words.text("checkout.disk_trouble", language)
            disk.append(DeviceNote(words.text("screen.disk", language), "other", "error", text))
        return (*devices, *disk, *line)

    def for_register(self) -> NexoDevices:
        """What Diagnosis tells a register."""
        every = self._devices.health()
        printers = [health for health in every if health.kind == "printer"]
        readers = [health for health in every if health.kind == "reader"]
        return NexoDevices(
            printer_status=_printer_status(printers[0]) if printers else "OutOfOrder",
            card_reader_ok=bool(readers) and all(health.state == "ok" for health in readers),
            backoffice_reached=self._link().state == "on_line",
        )

    def receipts(self, limit: int) -> tuple[ReceiptRow, ...]:
        """The last closed sales, newest first."""
        if self._journal.identity() is None:
            return ()
        return tuple(
            ReceiptRow(
                receipt_id=stored.receipt_id,
                business_day=stored.business_day,
                sequence_no=stored.sequence_no,
                kind=stored.kind,
                sale_ref=stored.sale_ref,
                closed_at=stored.closed_at,
                total_value_minor=stored.value_minor,
                total_discount_minor=stored.discount_minor,
                total_due_minor=stored.due_minor,
                uploaded=stored.acknowledged,
            )
            for stored in self._journal.recent_receipts(limit)
        )

    def _disk_trouble(self) -> str:
        """What is the matter with the disk, the worse of two; empty when nothing is."""
        if self._journal.disk_failed:
            return DISK_FAILING
        return "" if self._journal.reserve_held else DISK_FULL

    def _set_status(self) -> SetStatus:
        return SetStatus(
            received=self._replica.received_set_version(),
            active=self._active_set_version(),
            inactive_campaigns=len(self._inactive_campaigns()),
        )


def _device_note(health: DeviceHealth, language: str) -> DeviceNote:
    text = words.text(f"device.{health.code}", language, name=health.name) if health.code else ""
    return DeviceNote(health.name, health.kind, _SCREEN_HEALTH[health.state], text)


def _device_status(health: DeviceHealth) -> DeviceStatus:
    return DeviceStatus(
        name=health.name,
        kind=health.kind,
        state=health.state,
        code=health.code or "",
        text=health.text,
        last_good_at=health.last_good_at,
    )


def _printer_status(health: DeviceHealth) -> str:
    return _NEXO_PRINTER.get(health.code or "", "OK" if health.state == "ok" else "OutOfOrder")
