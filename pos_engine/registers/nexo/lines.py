"""nexo SaleItems → the checkout's lines (section 4 of docs/nexo-profile.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import cast, get_args
from urllib.parse import parse_qsl

from pos_engine.checkout.requests import RegisterLine
from pos_engine.core.basket import LineKind
from pos_engine.core.money import BASIS_POINTS_WHOLE, currency_exponent
from pos_engine.registers.nexo.amounts import check_magnitude, is_usable, shown, to_minor
from pos_engine.registers.nexo.faults import wrong
from pos_engine.registers.nexo.messages import SaleItem
from pos_engine.registers.nexo.scale_labels import ScaleLabel, read_scale_label

LINES_MAX = 500
"""L1. The longest real grocery receipt seen has 161 lines."""
PIECES_PER_LINE_MAX = 999
"""L2. Above this a barcode was scanned into the quantity field."""
PIECES_MAX = 5_000
"""L1. Bounds the ledger of one receipt, which has an entry per piece."""
MEASURE_MAX = Decimal(1_000_000)
PRODUCT_CODE_LENGTH_MAX = 64
LABEL_LENGTH_MAX = 200
VAT_PERCENT_MAX = 100

SPLIT_MARK = "+"
"""Ends the id of the second line when pieces of a line differ by one minor unit (L2)."""

_ITEMS = "LoyaltyRequest.LoyaltyTransaction.SaleItem"
_PIECES = frozenset({None, "", "Case", "Other"})
_UNIT_SIGN: Mapping[str, str] = {
    "Kilogram": "kg",
    "Gram": "g",
    "Litre": "l",
    "Centilitre": "cl",
    "Meter": "m",
    "Centimetre": "cm",
    "Kilometre": "km",
    "Pound": "lb",
    "Ounce": "oz",
    "Foot": "ft",
    "Inch": "in",
    "Yard": "yd",
    "Mile": "mi",
    "Pint": "pt",
    "Quart": "qt",
    "UKGallon": "gal",
    "USGallon": "gal",
}


@dataclass(frozen=True)
class LineRules:
    """What the configuration says about reading lines. `tax_codes`: register's code → VAT in basis points."""

    tax_codes: Mapping[str, int] = field(default_factory=dict)
    scale_label_patterns: Sequence[str] = ()


def basket_lines(
    items: Sequence[SaleItem], currency: str, rules: LineRules, is_product: Callable[[str], bool]
) -> tuple[RegisterLine, ...]:
    """All lines in the register's order. `is_product`: whether the catalogue has it."""
    if len(items) > LINES_MAX:
        raise wrong("basket_too_large", _ITEMS, f"{len(items)} lines; a basket has at most {LINES_MAX}")
    seen: set[int] = set()
    lines: list[RegisterLine] = []
    for index, item in enumerate(items):
        path = f"{_ITEMS}[{index}]"
        if item.item_id in seen:
            raise wrong("item_id_repeated", f"{path}.ItemID", f"{item.item_id} is the ID of an earlier line too")
        seen.add(item.item_id)
        lines.extend(_lines_of(item, path, currency, rules, is_product))
    pieces = sum(line.quantity for line in lines)
    if pieces > PIECES_MAX:
        raise wrong("basket_too_large", _ITEMS, f"{pieces} pieces in all; a basket has at most {PIECES_MAX}")
    return tuple(lines)


def item_id_of(line_id: str) -> int:
    """The register's ItemID of a checkout line."""
    return int(line_id.removesuffix(SPLIT_MARK))


def _lines_of(
    item: SaleItem, path: str, currency: str, rules: LineRules, is_product: Callable[[str], bool]
) -> list[RegisterLine]:
    value_minor = to_minor(item.item_amount, currency, f"{path}.ItemAmount")
    quantity = _quantity(item, path)
    product_id, label = _product(item, path, rules.scale_label_patterns, is_product)
    pieces, measure = _pieces_and_measure(item, quantity, label, path)
    reduced = _reduced_by_register(item, quantity, value_minor, currency, path)
    entries = dict(parse_qsl(item.additional_product_info, keep_blank_values=True))

    def line(line_id: str, unit_price_minor: int, count: int) -> RegisterLine:
        return RegisterLine(
            line_id=line_id,
            product_id=product_id,
            unit_price_minor=unit_price_minor,
            quantity=count,
            name=item.product_label[:LABEL_LENGTH_MAX],
            measure=measure,
            vat_bp=_vat_bp(item.tax_code, rules.tax_codes),
            line_kind=_line_kind(entries, path),
            already_reduced=reduced,
        )

    unit_minor, rest = divmod(value_minor, pieces)
    result = [line(str(item.item_id), unit_minor, pieces - rest)]
    if rest:
        result.append(line(f"{item.item_id}{SPLIT_MARK}", unit_minor + 1, rest))
    return result


def _quantity(item: SaleItem, path: str) -> Decimal:
    quantity = Decimal(1) if item.quantity is None else item.quantity
    if not is_usable(quantity) or not 0 < quantity <= MEASURE_MAX:
        text = f"{shown(quantity)} is no quantity; leave cancelled lines out"
        raise wrong("quantity_invalid", f"{path}.Quantity", text)
    return quantity


def _pieces_and_measure(item: SaleItem, quantity: Decimal, label: ScaleLabel | None, path: str) -> tuple[int, str]:
    """How many equal units the line has, and the measure in words when it is one that was weighed."""
    if label is not None:
        return 1, f"{Decimal(label.weight_g) / 1000} kg" if label.weight_g else ""
    if item.unit_of_measure not in _PIECES:
        unit = str(item.unit_of_measure)
        return 1, f"{_plain(quantity)} {_UNIT_SIGN.get(unit, unit[:20])}"
    if quantity != int(quantity):
        return 1, _plain(quantity)
    if quantity > PIECES_PER_LINE_MAX:
        text = f"{_plain(quantity)} pieces in one line cannot be right; at most {PIECES_PER_LINE_MAX}"
        raise wrong("quantity_invalid", f"{path}.Quantity", text)
    return int(quantity), ""


def _product(
    item: SaleItem, path: str, patterns: Sequence[str], is_product: Callable[[str], bool]
) -> tuple[str, ScaleLabel | None]:
    """L6 and L9: ProductCode, else EanUpc, else the article number inside a scale label, else ProductCode as it is."""
    code = str(item.product_code).strip()
    if not code or len(code) > PRODUCT_CODE_LENGTH_MAX or not code.isprintable():
        raise wrong("message_invalid", f"{path}.ProductCode", f"needs 1 to {PRODUCT_CODE_LENGTH_MAX} printable letters")
    ean = str(item.ean_upc or "").strip()[:PRODUCT_CODE_LENGTH_MAX]
    label = read_scale_label(ean, patterns) or read_scale_label(code, patterns)
    if label is None and ean in {"", code}:
        return code, None
    candidates = [code, ean] + ([label.article, label.article.lstrip("0")] if label else [])
    for candidate in candidates:
        if candidate and is_product(candidate):
            return candidate, label
    is_label_itself = label is not None and read_scale_label(code, patterns) is not None
    return (label.article if label is not None and is_label_itself else code), label


def _reduced_by_register(item: SaleItem, quantity: Decimal, value_minor: int, currency: str, path: str) -> bool:
    """L4: whether ItemAmount is below Quantity * UnitPrice; above it, the line is wrong."""
    if item.unit_price is None:
        return False
    check_magnitude(item.unit_price, f"{path}.UnitPrice")
    exact = (item.unit_price * quantity).scaleb(currency_exponent(currency))
    list_minor = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if value_minor > list_minor + 1:
        text = f"{item.item_amount} is more than Quantity * UnitPrice ({_plain(quantity)} * {shown(item.unit_price)})"
        raise wrong("amount_mismatch", f"{path}.ItemAmount", text)
    return value_minor < list_minor - 1


def _vat_bp(tax_code: str | int | None, tax_codes: Mapping[str, int]) -> int | None:
    """L8: by the shop's table, else as a percentage, else unknown."""
    if tax_code is None:
        return None
    code = str(tax_code).strip()
    if code in tax_codes:
        return tax_codes[code]
    try:
        percent = Decimal(code.removesuffix("%").strip())
    except InvalidOperation:
        return None
    if not percent.is_finite() or not 0 <= percent <= VAT_PERCENT_MAX:
        return None
    basis_points = percent * BASIS_POINTS_WHOLE / 100
    return int(basis_points) if basis_points == int(basis_points) else None


def _line_kind(entries: Mapping[str, str], path: str) -> LineKind | None:
    kind = entries.get("Kind")
    if kind is None:
        return None
    if kind not in get_args(LineKind):
        kinds = ", ".join(get_args(LineKind))
        raise wrong("kind_unknown", f"{path}.AdditionalProductInfo", f"Kind={kind[:20]} is none of {kinds}")
    return cast("LineKind", kind)


def _plain(number: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
