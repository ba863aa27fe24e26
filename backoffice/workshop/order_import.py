"""Work orders from a file of their lines, so many rows at a time.

Laws: the rows of one order agree on its day, invoice, vehicle and mileage, or the later one is refused; a line that is
there already is changed, one that the file leaves out stays; a vehicle nobody knows yet is added by its number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, Final

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import _l
from backoffice.imports.plan import Checked, Importer, Progress, RowRefused
from backoffice.vault import Vault, vault_of
from backoffice.web.format import parse_amount
from backoffice.workshop.columns import ORDER_COLUMNS
from backoffice.workshop.models import Vehicle, WorkOrder, WorkOrderLine
from backoffice.workshop.order_rows import HEAD, LINE, Head, Line, OrderRow, write_orders
from backoffice.workshop.reading import date_of, km_of, line_kind_of, quantity_of
from backoffice.workshop.sealing import plate_mark, vin_mark
from backoffice.workshop.undoing import undo_orders
from backoffice.workshop.vin import plain_vin, vin_fault
from pos_engine.core.money import Tariff

NUMBER_LENGTH_MAX: Final = 32
LINES_MAX: Final = 999
CODE_LENGTH_MAX: Final = 64
TEXT_LENGTH_MAX: Final = 200
SITE_LENGTH_MAX: Final = 64

NO_DAY: Final = _l("a work order needs its day; write it like 2026-01-31 or 31.01.2026")
NO_VEHICLE: Final = _l("say whose work it was: the VIN, or the plate of a vehicle that is known here")
UNKNOWN_PLATE: Final = _l("no vehicle here has this plate; give the VIN too, or bring the vehicles first")
SEVERAL: Final = _l("several vehicles here have this plate; give the VIN too")
OTHER_HEAD: Final = _l("an earlier row of this order says another day, invoice, vehicle or mileage; make them agree")
TWICE: Final = _l("this line of the order is in the file twice; keep one of the rows")
NO_LINE: Final = _l("a line has a number from 1 to %(most)s")
NO_NUMBER: Final = _l("an order number has 1 to %(most)s characters")


class OrderImporter(Importer):
    """Rows of work orders. Without a column for it, lines are numbered as they stand in the file."""

    columns = ORDER_COLUMNS
    in_batches: ClassVar[bool] = True
    can_be_undone: ClassVar[bool] = True

    def __init__(self, organisation_id: str, tariff: Tariff, now: datetime, import_id: str = "") -> None:
        super().__init__(organisation_id, tariff, now, import_id)
        self._seen: dict[str, tuple[int, int]] = {}
        """Order → which of its lines came, as bits, and the hash of its head; of batches that are done."""
        self._fresh: dict[str, tuple[int, int]] = {}
        self._vins_seen: set[int] = set()
        self._vins_fresh: set[int] = set()

    @override
    def prepare(self, session: Session) -> None:
        """Nothing: orders are looked up batch by batch, so that a long file needs little memory."""

    @override
    def look_up(self, session: Session, batch: Sequence[Mapping[str, str]]) -> None:
        self._fresh, self._vins_fresh = {}, set()
        self._vault: Vault = vault_of(session)
        numbers = {cells["order"] for cells in batch}
        self._heads: dict[str, RowMapping] = {
            row["number"]: row
            for row in session.execute(
                select(*WorkOrder.__table__.columns).where(
                    WorkOrder.organisation_id == self.organisation_id, WorkOrder.number.in_(numbers)
                )
            ).mappings()
        }
        self._lines: dict[tuple[str, int], Line] = {}
        if self._heads:
            columns = [WorkOrderLine.__table__.c[name] for name in ("number", "line_no", *LINE)]
            for number, line_no, *line in session.execute(
                select(*columns).where(
                    WorkOrderLine.organisation_id == self.organisation_id,
                    WorkOrderLine.number.in_(list(self._heads)),
                )
            ):
                self._lines[number, line_no] = Line(*line)
        self._look_up_vehicles(session, batch)

    def _look_up_vehicles(self, session: Session, batch: Sequence[Mapping[str, str]]) -> None:
        vins = {cells.get("vin", "") for cells in batch} - {""}
        plates = {cells.get("plate", "") for cells in batch if not cells.get("vin")} - {""}
        self._vins = {vin: vin_mark(self._vault, self.organisation_id, vin) for vin in vins}
        self._plates = {plate: plate_mark(self._vault, self.organisation_id, plate) for plate in plates}
        self._by_vin: dict[int, str] = {}
        self._by_plate: dict[int, list[str]] = {}
        if vins:
            rows = select(Vehicle.vin_mark, Vehicle.vehicle_id).where(
                Vehicle.organisation_id == self.organisation_id, Vehicle.vin_mark.in_(set(self._vins.values()) - {None})
            )
            self._by_vin = {mark: vehicle_id for mark, vehicle_id in session.execute(rows) if mark is not None}
        if plates:
            marks = set(self._plates.values()) - {None}
            rows = select(Vehicle.plate_mark, Vehicle.vehicle_id).where(
                Vehicle.organisation_id == self.organisation_id, Vehicle.plate_mark.in_(marks)
            )
            for mark, vehicle_id in session.execute(rows):
                if mark is not None:
                    self._by_plate.setdefault(mark, []).append(vehicle_id)

    @override
    def keep(self) -> None:
        self._seen |= self._fresh
        self._vins_seen |= self._vins_fresh
        self._fresh, self._vins_fresh = {}, set()

    @override
    def read_row(self, cells: Mapping[str, str], checked: Checked) -> OrderRow:
        number = cells["order"]
        if not number or len(number) > NUMBER_LENGTH_MAX:
            raise RowRefused("order", number, NO_NUMBER, most=NUMBER_LENGTH_MAX)
        vehicle_id, new_vin = self._vehicle(cells)
        head = self._head(cells, self._heads.get(number))
        vin = cells.get("vin", "")
        head_hash = hash((self._vins[vin] if vin else vehicle_id, head))  # an id would differ before and after adding
        bits, before = self._fresh.get(number) or self._seen.get(number) or (0, head_hash)
        if before != head_hash:
            raise RowRefused("order", number, OTHER_HEAD)
        line_no = self._line_no(cells, bits)
        line = self._line(cells)
        self._fresh[number] = (bits | 1 << line_no, head_hash)
        known = self._heads.get(number)
        if new_vin:
            mark = self._vins[cells["vin"]]
            if mark is not None and mark not in self._vins_seen and mark not in self._vins_fresh:
                self._vins_fresh.add(mark)
                checked.count("new_vehicles")
        if not bits and known is None:
            checked.count("new_orders")
        changes = self._changes(known, number, line_no, vehicle_id, head, line)
        row = OrderRow(number, line_no, vehicle_id, new_vin, head, line, changes)
        checked.count(row.word)
        return row

    def _changes(
        self, known: RowMapping | None, number: str, line_no: int, vehicle_id: str, head: Head, line: Line
    ) -> tuple[str, ...] | None:
        """The fields that change; None for a line that is new."""
        was = self._lines.get((number, line_no))
        if known is None or was is None:
            return None
        changes = [name for name, value in zip(HEAD, head, strict=True) if known[name] != value]
        if known["vehicle_id"] != vehicle_id:
            changes.append("vehicle")
        if was != line:
            changes += [name for name, a, b in zip(LINE, was, line, strict=True) if a != b]
        return tuple(changes)

    @staticmethod
    def _head(cells: Mapping[str, str], known: RowMapping | None) -> Head:
        """What the row says of its order; columns that the file does not have stay as they are known."""
        done_on = date_of(cells, "date")
        if done_on is None:
            raise RowRefused("date", "", NO_DAY)
        invoice = cells.get("invoice")
        if invoice is None:
            invoice = known["invoice_number"] if known is not None else ""
        elif len(invoice) > NUMBER_LENGTH_MAX:
            raise RowRefused("invoice", invoice, NO_NUMBER, most=NUMBER_LENGTH_MAX)
        if "invoice_date" in cells:
            invoiced_on = date_of(cells, "invoice_date")
        else:
            invoiced_on = known["invoiced_on"] if known is not None else None
        km = km_of(cells) if "km" in cells else known["km"] if known is not None else None
        site = cells["site"][:SITE_LENGTH_MAX] if "site" in cells else known["site"] if known is not None else ""
        return Head(done_on, invoice, invoiced_on, km, site)

    def _vehicle(self, cells: Mapping[str, str]) -> tuple[str, str]:
        """The vehicle's id, or the number of one that is to be added."""
        vin = cells.get("vin", "")
        if vin:
            mark = self._vins[vin]
            found = self._by_vin.get(mark, "") if mark is not None else ""
            if found:
                return found, ""
            plain = plain_vin(vin)
            fault = vin_fault(plain)
            if fault is not None:
                raise RowRefused("vin", vin, fault[0], **fault[1])
            return "", plain
        plate = cells.get("plate", "")
        if not plate:
            raise RowRefused("vin" if "vin" in cells else "plate", "", NO_VEHICLE)
        mark = self._plates[plate]
        ids = self._by_plate.get(mark, []) if mark is not None else []
        if len(ids) != 1:
            raise RowRefused("plate", plate, SEVERAL if ids else UNKNOWN_PLATE)
        return ids[0], ""

    def _line_no(self, cells: Mapping[str, str], bits: int) -> int:
        text = cells.get("line", "")
        if not text:
            line_no = max(bits.bit_length(), 1)
        elif text.isascii() and text.isdigit() and len(text) <= len("0999"):
            line_no = int(text)
        else:
            raise RowRefused("line", text, NO_LINE, most=LINES_MAX)
        if not 1 <= line_no <= LINES_MAX:
            raise RowRefused("line", text, NO_LINE, most=LINES_MAX)
        if bits >> line_no & 1:
            raise RowRefused("line", text, TWICE)
        return line_no

    def _line(self, cells: Mapping[str, str]) -> Line:
        code = cells.get("code", "")
        if len(code) > CODE_LENGTH_MAX:
            raise RowRefused("code", code, _l("has more than %(most)s characters; shorten it"), most=CODE_LENGTH_MAX)
        try:
            amount = _amount(cells.get("amount", ""), self.tariff.currency)
        except InputError as error:
            raise RowRefused("amount", cells["amount"], str(error)) from error
        return Line(line_kind_of(cells), code, cells["text"][:TEXT_LENGTH_MAX], quantity_of(cells), amount)

    @override
    def verdict_of(self, record: OrderRow) -> tuple[str, Sequence[str]]:
        return record.word, record.changes or ()

    @override
    def apply(
        self, session: Session, doing: Doing, records: Sequence[tuple[int, OrderRow]], progress: Progress
    ) -> None:
        """Write the rows of the batch that was looked up last; those that change nothing are left alone."""
        todo = [(number, row) for number, row in records if row.word != "unchanged"]
        write_orders(session, doing, self._vault, self.import_id, todo, self._heads, self._lines)
        progress(len(records))

    @override
    def finished(self, session: Session, doing: Doing, rows: int) -> None:
        doing.note(session, "work_orders_imported", "import", self.import_id, str(rows))

    @override
    @classmethod
    def undo_some(cls, session: Session, doing: Doing, import_id: str, said: Checked) -> int:
        return undo_orders(session, doing, import_id, said)


@lru_cache(maxsize=16_384)
def _amount(text: str, currency: str) -> int:
    """An amount in minor units, 0 for an empty cell. Prices come again and again. InputError."""
    return parse_amount(text, currency) or 0
