"""How the pages call the fields that a column of a file can mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from backoffice.consent import labels as consent_labels
from backoffice.imports.consents import ANSWER_FIELDS
from backoffice.imports.table import Column

_LABELS: Final[dict[str, Any]] = {
    "number": _l("Member number"),
    "first_name": _l("First name"),
    "last_name": _l("Last name"),
    "email": _l("E-mail address"),
    "phone": _l("Phone"),
    "street": _l("Street"),
    "postcode": _l("Postcode"),
    "town": _l("Town"),
    "birthday": _l("Birthday"),
    "language": _l("Language"),
    "groups": _l("Groups"),
    "cards": _l("Cards"),
    "points": _l("Opening balance of points"),
    "consent_date": _l("Consents: day"),
    "consent_basis": _l("Legal basis"),
    "consent_wording": _l("Consents: words of the form"),
    "consent_source": _l("Consents: where they come from"),
    "product_id": _l("Article number or EAN"),
    "name": _l("Name"),
    "category_id": _l("Category"),
    "parent_id": _l("Category above"),
    "price": _l("Price"),
    "vat": _l("VAT"),
    "line_kind": _l("Kind"),
    "department": _l("Department"),
    "brand": _l("Brand"),
    "family": _l("Family"),
    "attributes": _l("Attributes"),
    "lowest_price": _l("Lowest price"),
    "vin": _l("VIN"),
    "plate": _l("Number plate"),
    "make": _l("Make"),
    "model": _l("Model"),
    "model_year": _l("Model year"),
    "segment": _l("Vehicle segment"),
    "vehicle_type": _l("Vehicle type"),
    "customer_kind": _l("Kind of customer"),
    "first_registration": _l("First registration"),
    "demo_handover": _l("Hand-over as former demonstration car"),
    "contract_until": _l("Service contract until"),
    "warranty_until": _l("Warranty until"),
    "inspection_until": _l("Technical inspection until"),
    "km": _l("Mileage in km"),
    "km_on": _l("Day of the mileage"),
    "site": _l("Site"),
    "order": _l("Work order number"),
    "line": _l("Line number"),
    "date": _l("Day of the work"),
    "invoice": _l("Invoice number"),
    "invoice_date": _l("Invoice date"),
    "kind": _l("Labour, part or other"),
    "code": _l("Labour code or part number"),
    "text": _l("Text of the line"),
    "quantity": _l("Quantity"),
    "amount": _l("Amount of the line"),
}


def field_labels(columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Each field with its name in the language of the page, as a list to choose from."""
    return [(column.field, _label(column)) for column in columns]


def _label(column: Column) -> str:
    if column.field in ANSWER_FIELDS:
        channel, purpose = ANSWER_FIELDS[column.field]
        return f"{consent_labels.CHANNELS[channel]} · {consent_labels.PURPOSES[purpose]}"
    return str(_LABELS.get(column.field, column.names[0]))
