"""One-dimensional codes as a printer makes them from its commands: module widths, bar first.

Sources: GS1 General Specifications 5.2 (EAN-13, EAN-8, UPC-A), ISO/IEC 15417 (Code 128), Epson TM reference (GS k: what
each system takes, and the two command forms). Written from these, not from a driver's encoder.
"""

from __future__ import annotations

EAN_L = ("3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112")
"""Widths space, bar, space, bar of a digit of odd parity on the left; on the right the same widths, bar first."""
EAN_FIRST_DIGIT = (
    "LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL",
)  # fmt: skip

CODE128 = (
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232",
)  # fmt: skip
CODE128_STOP = "2331112"
CODE128_START = {"A": 103, "B": 104, "C": 105}
CODE128_SWITCH = {("A", "B"): 100, ("A", "C"): 99, ("B", "A"): 101, ("B", "C"): 99, ("C", "A"): 101, ("C", "B"): 100}
CODE128_FUNCTION = {"1": 102, "2": 97, "3": 96}


class BarcodeError(Exception):
    """Data that this symbology does not take; the printer prints no code."""


def check_digit(digits: str) -> str:
    """The GS1 check digit of the digits before it: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def _completed(digits: str, length: int, name: str) -> str:
    if not digits.isascii() or not digits.isdecimal() or len(digits) not in {length - 1, length}:
        raise BarcodeError(f"{name} takes {length - 1} or {length} digits, not {digits!r}")
    full = digits[: length - 1] + check_digit(digits[: length - 1])
    if len(digits) == length and digits != full:
        raise BarcodeError(f"{name} {digits} has a wrong check digit")
    return full


def _widths(pattern: str) -> list[int]:
    return [int(width) for width in pattern]


def ean13(digits: str) -> tuple[str, tuple[int, ...]]:
    """EAN-13: the 13 digits and the bars. 12 digits get their check digit from the printer."""
    full = _completed(digits, 13, "EAN-13")
    bars = [1, 1, 1]
    for digit, parity in zip(full[1:7], EAN_FIRST_DIGIT[int(full[0])], strict=True):
        widths = _widths(EAN_L[int(digit)])
        bars += widths if parity == "L" else widths[::-1]
    bars += [1, 1, 1, 1, 1]
    for digit in full[7:]:
        bars += _widths(EAN_L[int(digit)])
    return full, (*bars, 1, 1, 1)


def ean8(digits: str) -> tuple[str, tuple[int, ...]]:
    """EAN-8: the 8 digits and the bars."""
    full = _completed(digits, 8, "EAN-8")
    left = [width for digit in full[:4] for width in _widths(EAN_L[int(digit)])]
    right = [width for digit in full[4:] for width in _widths(EAN_L[int(digit)])]
    return full, (1, 1, 1, *left, 1, 1, 1, 1, 1, *right, 1, 1, 1)


def upc_a(digits: str) -> tuple[str, tuple[int, ...]]:
    """UPC-A is EAN-13 with a leading zero."""
    full = _completed(digits, 12, "UPC-A")
    return full, ean13("0" + full)[1]


def code128(data: str) -> tuple[str, tuple[int, ...]]:
    """Code 128 from GS k 73 data: what is to be read, and the bars.

    `{A`, `{B`, `{C` choose the set (the first two characters must), `{1` is FNC1, `{{` a brace. In set C the
    characters are values 0 to 99 as bytes (Epson TM reference), not digits.
    """
    symbols, human = _code128_symbols(data)
    check = symbols[0] + sum(place * value for place, value in enumerate(symbols[1:], start=1))
    bars = [width for value in (*symbols, check % 103) for width in _widths(CODE128[value])]
    return human, (*bars, *_widths(CODE128_STOP))


def _code128_symbols(data: str) -> tuple[list[int], str]:
    if len(data) < 3 or data[0] != "{" or data[1] not in CODE128_START:
        raise BarcodeError(f"Code 128 data begins with {{A, {{B or {{C, not {data[:2]!r}")
    current = data[1]
    symbols, human = [CODE128_START[current]], ""
    place = 2
    while place < len(data):
        character = data[place]
        place += 1
        if character == "{":
            if place == len(data):
                raise BarcodeError("Code 128 data ends in a lone {")
            order = data[place]
            place += 1
            if order in CODE128_FUNCTION and (order == "1" or current != "C"):
                symbols.append(CODE128_FUNCTION[order])
                continue
            if order in CODE128_START and order != current:
                symbols.append(CODE128_SWITCH[current, order])
                current = order
                continue
            if order != "{":
                raise BarcodeError(f"Code 128 does not know {{{order} here")
        value = _code128_value(character, current)
        symbols.append(value)
        human += f"{value:02d}" if current == "C" else character
    if len(symbols) == 1:
        raise BarcodeError("Code 128 without data")
    return symbols, human


def _code128_value(character: str, current: str) -> int:
    code = ord(character)
    if current == "C" and code <= 99:
        return code
    if current == "B" and 0x20 <= code <= 0x7F:
        return code - 0x20
    if current == "A" and code < 0x60:
        return code - 0x20 if code >= 0x20 else code + 0x40
    raise BarcodeError(f"{character!r} is not in set {current} of Code 128")


SYSTEMS = {0: upc_a, 2: ean13, 3: ean8, 65: upc_a, 67: ean13, 68: ean8, 73: code128}
"""GS k m: up to 6 the data end with NUL (form A), from 65 on a length stands before them (form B)."""
NAMES = {0: "upca", 2: "ean13", 3: "ean8", 65: "upca", 67: "ean13", 68: "ean8", 73: "code128"}
