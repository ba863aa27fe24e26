"""Whether an SVG from outside may be used: it draws, and does nothing else.

An allow-list, because SVG has more ways to run or fetch something than anybody remembers. Text is refused too: the file
must show the designer's letters and not those of the machine that made it, so it is to be turned into paths.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from backoffice.errors import InputError
from backoffice.i18n import gettext as _

SVG: Final = "http://www.w3.org/2000/svg"
XHTML: Final = "http://www.w3.org/1999/xhtml"
XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
ELEMENTS_MAX: Final = 50_000
DRAWING: Final = frozenset(
    {
        *("svg", "g", "defs", "symbol", "use", "title", "desc", "path"),
        *("rect", "circle", "ellipse", "line", "polyline", "polygon", "linearGradient"),
        *("radialGradient", "stop", "clipPath", "mask", "pattern", "image", "style", "marker"),
    }
)
REFERENCE: Final = re.compile(r"url\(\s*['\"]?\s*([^)'\"]*)", re.IGNORECASE)
EMBEDDED_PICTURE: Final = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*\Z")


def check_svg(data: bytes) -> tuple[float, float]:
    """Its width and height in units of its own. InputError names what may not be in it, and what to do."""
    try:
        _refuse_declarations(data)
        root = ET.fromstring(data)  # noqa: S314 (entities were refused above)
    except InputError:
        raise
    except (expat.ExpatError, ET.ParseError, ValueError, LookupError) as error:
        # The last two: it says that it is written in letters that nobody here knows.
        raise InputError(_("The SVG cannot be read: %(error)s.", error=str(error))) from error
    if root.tag != f"{{{SVG}}}svg":
        raise InputError(_("This is not an SVG file: its root is not <svg>."))
    for count, element in enumerate(root.iter(), start=1):
        if count > ELEMENTS_MAX:
            raise InputError(_("The SVG has more than %(max)s elements: simplify it.", max=ELEMENTS_MAX))
        _check_element(element)
    return _size(root)


def _refuse_declarations(data: bytes) -> None:
    """No DOCTYPE, hence no entities: neither files of ours nor bombs come out of them."""

    def refuse(*_arguments: object) -> None:
        raise InputError(_("The SVG has a DOCTYPE or entities: save it as plain SVG."))

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(data, True)


def _check_element(element: ET.Element) -> None:
    space, _brace, name = element.tag.rpartition("}")
    if space == f"{{{XHTML}":
        raise InputError(_("The SVG has a <%(name)s>, which may not be on a card: remove it.", name=name))
    if space != f"{{{SVG}":
        return  # an editor's own notes: not drawn by anybody
    if name in {"text", "tspan", "textPath"}:
        raise InputError(_("The SVG has text: turn it into paths, so that it is printed in your own font."))
    if name not in DRAWING:
        raise InputError(_("The SVG has a <%(name)s>, which may not be on a card: remove it.", name=name))
    if name == "style":
        _check_style(element.text or "")
    for attribute, value in element.attrib.items():
        _check_attribute(attribute, value)


def _check_attribute(attribute: str, value: str) -> None:
    if attribute.lower().startswith("on"):
        raise InputError(_("The SVG has a script (%(name)s): remove it.", name=attribute))
    if attribute in {"href", XLINK_HREF}:
        if not (value.startswith("#") or EMBEDDED_PICTURE.match(value)):
            raise InputError(_("The SVG points to something outside: embed the picture as PNG or JPEG."))
    else:
        _check_style(value)


def _check_style(text: str) -> None:
    if "@import" in text.lower() or "\\" in text:
        raise InputError(_("The SVG's style takes in something from outside: remove it."))
    for target in REFERENCE.findall(text):
        if not target.startswith("#"):
            raise InputError(_("The SVG points to something outside: embed the picture as PNG or JPEG."))


def _size(root: ET.Element) -> tuple[float, float]:
    numbers = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    try:
        _left, _top, width, height = (float(number) for number in numbers)
    except ValueError:
        raise InputError(_("The SVG has no viewBox, so nobody knows its proportions: set the page size.")) from None
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        raise InputError(_("The SVG has no viewBox, so nobody knows its proportions: set the page size."))
    return width, height
