"""What a GS1 code says: application identifiers and their values (GS1 General Specifications, section 3). Pure."""

from __future__ import annotations

from biip import ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_messages import GS1Message

FNC1 = "\x1d"
"""How scanners send the separator between elements of variable length (ASCII GS)."""

EAN_LENGTHS = (8, 12, 13)


def gs1_elements(text: str) -> tuple[tuple[str, str], ...]:
    """Identifier and value of each element, in order; empty when the text is no GS1 element string."""
    try:
        message = GS1Message.parse(text.removeprefix(FNC1))
    except ParseError:
        return ()
    return tuple((element.ai.ai, element.value) for element in message.element_strings)


def check_digit_holds(text: str) -> bool:
    """Whether an EAN-8, UPC-A or EAN-13 was read whole; other lengths (add-ons) have no such digit."""
    if not (text.isascii() and text.isdigit()) or len(text) not in EAN_LENGTHS:
        return True
    return gs1_standard_check_digit(text[:-1]) == int(text[-1])
