"""Documents of vehicles and work orders; the laws stand in `documents`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from backoffice.api.documents import Asked, Line40, Line64, PageQuery, Said

Km = Annotated[int, Meta(ge=0, le=2_000_000)]
CustomerKind = Literal["", "private", "internal", "fleet"]
Line32 = Annotated[str, Meta(max_length=32, pattern=r"^[^\x00-\x1f\x7f]*$")]


class VehiclePapers(Said, frozen=True, kw_only=True):
    """What leads to an owner; empty texts once the owner was erased."""

    vin: str
    plate: str


class Vehicle(Said, frozen=True, kw_only=True):
    """A vehicle. `papers`: null for a token without `persons:read`. `member_id` null: of nobody known here."""

    vehicle_id: str
    member_id: str | None
    make: str
    model: str
    model_year: int | None
    segment: str
    vehicle_type: str
    customer_kind: str
    site: str
    first_registration: date | None
    demo_handover: date | None
    contract_until: date | None
    warranty_until: date | None
    inspection_until: date | None
    papers: VehiclePapers | None = None


class VehicleQuery(PageQuery, frozen=True, kw_only=True):
    """Which vehicles: of a member; or by a whole plate, a whole VIN or its end, or make and model in `q`.

    `q` needs the scope `persons:read`, because plates lead to people.
    """

    q: Line64 = ""
    member_id: Line64 = ""


class VehicleChange(Asked, frozen=True, kw_only=True):
    """What changes of a vehicle; what is left out stays, an empty text or null takes it away. Its VIN never changes.

    `number`: of the member whose it is.
    """

    plate: Line40 | UnsetType = UNSET
    number: Line64 | UnsetType = UNSET
    make: Line64 | UnsetType = UNSET
    model: Line64 | UnsetType = UNSET
    model_year: int | UnsetType | None = UNSET
    segment: Line32 | UnsetType = UNSET
    vehicle_type: Line32 | UnsetType = UNSET
    customer_kind: CustomerKind | UnsetType = UNSET
    site: Line64 | UnsetType = UNSET
    first_registration: date | UnsetType | None = UNSET
    demo_handover: date | UnsetType | None = UNSET
    contract_until: date | UnsetType | None = UNSET
    warranty_until: date | UnsetType | None = UNSET
    inspection_until: date | UnsetType | None = UNSET


class NewVehicle(VehicleChange, frozen=True, kw_only=True):
    """A vehicle to be added, with a first mileage where it is known. `km_on` left out: read today."""

    vin: Annotated[Line40, Meta(min_length=1)]
    km: Km | UnsetType = UNSET
    km_on: date | UnsetType = UNSET


class Reading(Said, frozen=True, kw_only=True):
    """What an odometer said on a day. source: import, hand, or the number of a work order."""

    read_on: date
    km: int
    source: str


class NewReading(Asked, frozen=True, kw_only=True):
    """A mileage that was read, in place of what was read on that day before."""

    km: Km
    read_on: date


class WorkLine(Said, frozen=True, kw_only=True):
    """A line of a work order. kind: labour, part, other. `quantity_milli`: thousandths of a piece or hour."""

    line_no: int
    kind: str
    code: str
    text: str
    quantity_milli: int
    amount_minor: int
    operation: str
    family: str


class WorkOrder(Said, frozen=True, kw_only=True):
    """A visit to the workshop. `invoiced_on` null: not invoiced yet."""

    number: str
    done_on: date
    invoice_number: str
    invoiced_on: date | None
    km: int | None
    site: str
    lines: tuple[WorkLine, ...]
