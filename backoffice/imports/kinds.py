"""What can be imported: one importer for each kind of file."""

from __future__ import annotations

from typing import Final

from backoffice.imports.members import MemberImporter
from backoffice.imports.plan import Importer
from backoffice.imports.products import CategoryImporter, ProductImporter
from backoffice.workshop.order_import import OrderImporter
from backoffice.workshop.vehicle_import import VehicleImporter

IMPORTERS: Final[dict[str, type[Importer]]] = {
    "members": MemberImporter,
    "products": ProductImporter,
    "categories": CategoryImporter,
    "vehicles": VehicleImporter,
    "work_orders": OrderImporter,
}
"""Kind of file → its importer."""
