"""Where number, name and code stand on a card, in millimetres from the top left corner of the trimmed card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from backoffice.card_artwork.design import TRIM_MM
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from pos_engine.receipts.code_pictures import QUIET_MODULES_BARCODE, QUIET_MODULES_QR

Word = TypeVar("Word", bound=str)
SideName = Literal["front", "back"]
CodeKind = Literal["none", "code128", "ean13", "qr"]
SIDES: Final[tuple[SideName, ...]] = ("front", "back")
CODE_KINDS: Final[tuple[CodeKind, ...]] = ("none", "code128", "ean13", "qr")
EDGE_MM: Final = 3.0
"""Nothing that is read stands nearer to the edge: the knife may be off by that much."""
MODULE_MM_MIN: Final = {"code128": 0.25, "ean13": 0.264, "qr": 0.33}
"""Narrower bars are not read by ordinary scanners (EAN-13: 80 % of 0.33 mm, GS1 General Specifications 5.12.3)."""
BAR_HEIGHT_MM: Final = 10.0
POINT_MM: Final = 25.4 / 72


@dataclass(frozen=True)
class Label:
    """A line of text. `side` None: it is left out. `y_mm`: of its upper edge."""

    side: SideName | None
    x_mm: float
    y_mm: float
    size_pt: float


@dataclass(frozen=True)
class CodePlace:
    """A code with its quiet zone, which is kept white. `text`: what a QR code holds, `{number}` in it."""

    kind: CodeKind
    side: SideName
    x_mm: float
    y_mm: float
    width_mm: float
    text: str = "{number}"


@dataclass(frozen=True)
class Layout:
    """All of it."""

    number: Label
    name: Label
    code: CodePlace
    white_text: bool = False


DEFAULTS: Final[Mapping[str, str]] = {
    "number_side": "front",
    "number_x": "6",
    "number_y": "42",
    "number_size": "11",
    "name_side": "front",
    "name_x": "6",
    "name_y": "36",
    "name_size": "9",
    "code": "code128",
    "code_side": "back",
    "code_x": "13",
    "code_y": "32",
    "code_width": "60",
    "code_text": "{number}",
    "text_colour": "black",
}
"""The fields of the page and the options of the command, as they are when nobody says otherwise."""


def read_layout(fields: Mapping[str, str]) -> Layout:
    """The layout out of text fields; what is left out is as in DEFAULTS. InputError names the field."""
    given = {**DEFAULTS, **{name: value.strip() for name, value in fields.items() if name in DEFAULTS}}
    kind = _one_of(given["code"], CODE_KINDS, "code")
    code = CodePlace(
        kind,
        _one_of(given["code_side"], SIDES, "code_side"),
        _mm(given, "code_x", TRIM_MM[0]),
        _mm(given, "code_y", TRIM_MM[1]),
        _mm(given, "code_width", TRIM_MM[0]),
        given["code_text"],
    )
    if "{number}" not in code.text:
        raise InputError(_("The text of the QR code must hold {number}: every card has its own."))
    colour = _one_of(given["text_colour"], ("black", "white"), "text_colour")
    return Layout(_label(given, "number"), _label(given, "name"), code, colour == "white")


def check_module_width(code: CodePlace, modules: int) -> None:
    """InputError when bars of that code would be too fine, or it would reach over the edge of the card."""
    quiet = QUIET_MODULES_QR if code.kind == "qr" else QUIET_MODULES_BARCODE
    height_mm = code.width_mm if code.kind == "qr" else BAR_HEIGHT_MM
    narrowest_mm = MODULE_MM_MIN[code.kind] * (modules + 2 * quiet)
    if code.width_mm < narrowest_mm:
        raise InputError(
            _("The code must be at least %(width).0f mm wide to be read by every scanner.", width=narrowest_mm + 0.5)
        )
    inside = (
        code.x_mm >= EDGE_MM
        and code.y_mm >= EDGE_MM
        and code.x_mm + code.width_mm <= TRIM_MM[0] - EDGE_MM
        and code.y_mm + height_mm <= TRIM_MM[1] - EDGE_MM
    )
    if not inside:
        raise InputError(_("The code reaches into the 3 mm at the card's edge that may be cut off: move it."))


def _label(given: Mapping[str, str], name: str) -> Label:
    side = given[f"{name}_side"]
    size_pt = _number(given, f"{name}_size", 5, 24)
    label = Label(
        None if side == "none" else _one_of(side, SIDES, f"{name}_side"),
        _mm(given, f"{name}_x", TRIM_MM[0]),
        _mm(given, f"{name}_y", TRIM_MM[1]),
        size_pt,
    )
    if label.side and not (
        label.x_mm >= EDGE_MM and EDGE_MM <= label.y_mm <= TRIM_MM[1] - EDGE_MM - size_pt * POINT_MM
    ):
        raise InputError(_("The text “%(name)s” reaches into the 3 mm at the card's edge: move it.", name=name))
    return label


def _mm(given: Mapping[str, str], name: str, most: float) -> float:
    return _number(given, name, 0, most)


def _number(given: Mapping[str, str], name: str, least: float, most: float) -> float:
    try:
        value = float(given[name].replace(",", "."))
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise InputError(_("%(name)s must be a number from %(least)g to %(most)g.", name=name, least=least, most=most))
    return value


def _one_of(value: str, known: tuple[Word, ...], name: str) -> Word:
    for each in known:
        if value == each:
            return each
    raise InputError(_("%(name)s must be one of: %(known)s.", name=name, known=", ".join(known)))
