"""Vehicles from a file, so many rows at a time: a known number is changed in the columns that the file has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

import msgspec
from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.audit.services import Doing
from backoffice.bulk import count_while_small, put
from backoffice.cashiers.marks import tell_marks
from backoffice.i18n import _l
from backoffice.imports.plan import Checked, Importer, Progress, RowRefused
from backoffice.members.models import Member
from backoffice.vault import Vault, vault_of
from backoffice.workshop.changes import VEHICLE, VehicleBefore, keep_before, plain
from backoffice.workshop.columns import VEHICLE_COLUMNS
from backoffice.workshop.models import Vehicle, VehicleReading
from backoffice.workshop.reading import customer_kind_of, date_of, km_of, text_of, year_of
from backoffice.workshop.sealing import PLATE_LENGTH_MAX, Papers, plate_mark, sealed_columns, vin_mark
from backoffice.workshop.undoing import undo_vehicles
from backoffice.workshop.vin import plain_vin, vin_fault
from pos_engine.core.money import Tariff

TEXTS: Final = {"make": 64, "model": 64, "segment": 32, "vehicle_type": 32, "site": 64}
DATES: Final = ("first_registration", "demo_handover", "contract_until", "warranty_until", "inspection_until")
SHORT_UNTIL: Final = date(1981, 1, 1)
"""Cars that were registered before have numbers of their makers' own invention (49 CFR 565 begins with 1981)."""
SHORT_MIN: Final = 4
FROM_IMPORT: Final = "import"


@dataclass(frozen=True)
class VehicleRow:
    """One row, understood. `vehicle_id` is empty for a new vehicle; `columns`: what changes, of a new one all."""

    vehicle_id: str
    papers: Papers
    columns: Mapping[str, Any]
    new_papers: bool
    reading: tuple[date, int] | None

    @property
    def changes(self) -> list[str]:
        """The fields that change."""
        return [*(["plate"] if self.new_papers else []), *self.columns, *(["km"] if self.reading else [])]


class VehicleImporter(Importer):
    """Rows of vehicles. A number of an owner that no member has leaves the owner as it is, and is counted."""

    columns = VEHICLE_COLUMNS
    in_batches: ClassVar[bool] = True
    can_be_undone: ClassVar[bool] = True

    def __init__(self, organisation_id: str, tariff: Tariff, now: datetime, import_id: str = "") -> None:
        super().__init__(organisation_id, tariff, now, import_id)
        self._seen: set[int] = set()
        self._fresh: set[int] = set()
        self.source = FROM_IMPORT
        """Where its readings come from."""
        self.added: list[str] = []
        """Ids of the vehicles that the batch which was written last brought."""

    @override
    def prepare(self, session: Session) -> None:
        """Nothing: vehicles are looked up batch by batch."""

    @override
    def look_up(self, session: Session, batch: Sequence[Mapping[str, str]]) -> None:
        self._fresh = set()
        self._vault: Vault = vault_of(session)
        marks = {vin_mark(self._vault, self.organisation_id, cells["vin"]) for cells in batch} - {None}
        rows = session.execute(
            select(*Vehicle.__table__.columns).where(
                Vehicle.organisation_id == self.organisation_id, Vehicle.vin_mark.in_(marks)
            )
        ).mappings()
        self._known: dict[int, RowMapping] = {row["vin_mark"]: row for row in rows}
        self._readings: dict[str, dict[date, int]] = {}
        for row in session.execute(
            select(VehicleReading.vehicle_id, VehicleReading.read_on, VehicleReading.km).where(
                VehicleReading.organisation_id == self.organisation_id,
                VehicleReading.vehicle_id.in_([row["vehicle_id"] for row in self._known.values()]),
            )
        ):
            self._readings.setdefault(row.vehicle_id, {})[row.read_on] = row.km
        self._owners: dict[str, str] = dict(
            session.execute(
                select(Member.number, Member.member_id).where(
                    Member.organisation_id == self.organisation_id,
                    Member.number.in_({cells.get("number", "") for cells in batch} - {""}),
                )
            ).all()
        )

    @override
    def keep(self) -> None:
        self._seen |= self._fresh
        self._fresh = set()

    @override
    def read_row(self, cells: Mapping[str, str], checked: Checked) -> VehicleRow:
        vin = plain_vin(cells["vin"])
        mark = vin_mark(self._vault, self.organisation_id, vin)
        known = self._known.get(mark) if mark is not None else None
        given = self._columns(cells, checked)
        if known is None:
            self._check_vin(cells["vin"], vin, given.get("first_registration"))
        if mark is None or mark in self._seen or mark in self._fresh:
            raise RowRefused("vin", cells["vin"], _l("this vehicle is in the file twice; keep one of the rows"))
        plate = self._plate(cells, known)
        reading = self._reading(cells, known["vehicle_id"] if known is not None else "")
        if known is None:
            row = VehicleRow("", Papers(vin, plate or ""), given, new_papers=True, reading=reading)
        else:
            changed = {name: value for name, value in given.items() if known[name] != value}
            papers = Papers(vin, plate or "")
            row = VehicleRow(known["vehicle_id"], papers, changed, new_papers=plate is not None, reading=reading)
        self._fresh.add(mark)
        checked.count(self.verdict_of(row)[0])
        return row

    @staticmethod
    def _check_vin(text: str, vin: str, first_registration: date | None) -> None:
        old = first_registration is not None and first_registration < SHORT_UNTIL
        fault = vin_fault(vin)
        if fault is not None and not (old and vin.isalnum() and len(vin) >= SHORT_MIN):
            raise RowRefused("vin", text, fault[0], **fault[1])

    def _plate(self, cells: Mapping[str, str], known: RowMapping | None) -> str | None:
        """The plate where it is new or another one, else None."""
        if "plate" not in cells:
            return None if known is not None else ""
        text = " ".join(cells["plate"].split())
        mark = plate_mark(self._vault, self.organisation_id, text)
        if text and (mark is None or len(text) > PLATE_LENGTH_MAX):
            raise RowRefused("plate", text, _l("is no number plate; write it like ZH 123456, or leave it empty"))
        return None if known is not None and known["plate_mark"] == mark else text

    def _columns(self, cells: Mapping[str, str], checked: Checked) -> dict[str, Any]:
        given: dict[str, Any] = {name: text_of(cells, name, most) for name, most in TEXTS.items() if name in cells}
        given |= {name: date_of(cells, name) for name in DATES if name in cells}
        if "model_year" in cells:
            given["model_year"] = year_of(cells, "model_year")
        if "customer_kind" in cells:
            given["customer_kind"] = customer_kind_of(cells)
        number = cells.get("number")
        if number and number not in self._owners:
            checked.count("owner_unknown")
        elif number is not None:
            given["member_id"] = self._owners.get(number)
        return given

    def _reading(self, cells: Mapping[str, str], vehicle_id: str) -> tuple[date, int] | None:
        """What is new of the odometer. Without a day it counts for today, unless it is what was read last."""
        km = km_of(cells)
        day = date_of(cells, "km_on") if "km_on" in cells else None
        if km is None:
            return None
        read = self._readings.get(vehicle_id, {})
        if day is None:
            return (self.now.date(), km) if not read or read[max(read)] != km else None
        return (day, km) if read.get(day) != km else None

    @override
    def verdict_of(self, record: VehicleRow) -> tuple[str, Sequence[str]]:
        if not record.vehicle_id:
            return "new", ()
        return ("changed" if record.changes else "unchanged"), record.changes

    @override
    def apply(
        self, session: Session, doing: Doing, records: Sequence[tuple[int, VehicleRow]], progress: Progress
    ) -> None:
        """Write the rows of the batch that was looked up last; those that change nothing are left alone."""
        before: dict[str, tuple[int, bytes]] = {}
        readings: list[dict[str, Any]] = []
        self.added = []
        known = {row["vehicle_id"]: row for row in self._known.values()}
        rows: list[dict[str, Any]] = []
        for number, record in records:
            if record.vehicle_id and not record.changes:
                continue
            was = known.get(record.vehicle_id)
            vehicle_id = record.vehicle_id or doing.ids.new_id()
            if not record.vehicle_id:
                self.added.append(vehicle_id)
            rows.append(self._row(vehicle_id, record, was))
            before[vehicle_id] = (number, self._before(record, was))
            if record.reading is not None:
                day, km = record.reading
                readings.append({"organisation_id": self.organisation_id, "vehicle_id": vehicle_id, "read_on": day,
                                 "km": km, "source": self.source})  # fmt: skip
        put(session, Vehicle, ("organisation_id", "vehicle_id"), rows)
        put(session, VehicleReading, ("organisation_id", "vehicle_id", "read_on"), readings)
        keep_before(session, self.organisation_id, self.import_id, VEHICLE, before)
        count_while_small(session, Vehicle)
        tell_marks(session, self.organisation_id, _whose(rows, known))
        progress(len(records))

    def _row(self, vehicle_id: str, record: VehicleRow, was: RowMapping | None) -> dict[str, Any]:
        row: dict[str, Any] = {column.name: _empty(column.name) for column in Vehicle.__table__.columns}
        row |= dict(was) if was is not None else {"created_at": self.now}
        row |= {"organisation_id": self.organisation_id, "vehicle_id": vehicle_id, **record.columns}
        if record.new_papers:
            row |= sealed_columns(self._vault, self.organisation_id, vehicle_id, record.papers)
        return row | {"updated_at": self.now, "touched_by": self.import_id}

    def _before(self, record: VehicleRow, was: RowMapping | None) -> bytes:
        if was is None:
            return b""
        reading = None
        if record.reading is not None:
            day = record.reading[0]
            reading = (day.isoformat(), self._readings.get(record.vehicle_id, {}).get(day))
        return msgspec.json.encode(VehicleBefore(plain(was), reading))

    @override
    def finished(self, session: Session, doing: Doing, rows: int) -> None:
        doing.note(session, "vehicles_imported", "import", self.import_id, str(rows))

    @override
    @classmethod
    def undo_some(cls, session: Session, doing: Doing, import_id: str, said: Checked) -> int:
        return undo_vehicles(session, doing, import_id, said)


def _whose(rows: Sequence[dict[str, Any]], known: Mapping[str, RowMapping]) -> set[str]:
    """Members whose vehicles or plates became others by what was written."""
    said: set[str] = set()
    for row in rows:
        was = known.get(row["vehicle_id"])
        before = (was["member_id"], was["plate_mark"]) if was is not None else (None, None)
        if (row["member_id"], row["plate_mark"]) != before:
            said |= {each for each in (row["member_id"], before[0]) if each is not None}
    return said


def _empty(column: str) -> Any:  # noqa: ANN401 - what the column holds where nothing is known
    return _EMPTY.get(column)


_EMPTY: Final = {**dict.fromkeys((*TEXTS, "customer_kind", "touched_by"), ""), "wrapped": b"", "sealed": b""}
