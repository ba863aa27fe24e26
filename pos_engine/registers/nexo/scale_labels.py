"""EAN-13 labels that a scale prints: the article number, and the price or weight, inside one code (T6).

GS1 leaves numbers that begin with 2 (and 02) to each country and shop, so the shop says how its scales print them. A
pattern has 13 characters: a digit stands for itself, `I` article number, `P` price in minor units, `W` weight in grams,
`V` any digit (a check over the price), `C` the check digit of the whole code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LENGTH = 13
_PATTERN = re.compile(r"[0-9IPWV]{12}C")


@dataclass(frozen=True)
class ScaleLabel:
    """What a label says. `weight_g` and `price_minor` are None where the pattern has none."""

    article: str
    price_minor: int | None
    weight_g: int | None


def check_pattern(pattern: str) -> str | None:
    """Why this is no pattern, in plain words; None when it is one."""
    if not _PATTERN.fullmatch(pattern):
        return "a pattern has 13 characters: digits, I, P, W, V, and C as the last one, such as 2IIIIIVPPPPPC"
    if "I" not in pattern:
        return "a pattern needs the article number: at least one I"
    if not pattern[0].isdigit():
        return "a pattern begins with the digits that tell scale labels from other codes, such as 2 or 02"
    return None


def read_scale_label(code: str, patterns: Sequence[str]) -> ScaleLabel | None:
    """The label by the first pattern that fits; None when it is no scale label or its check digit is wrong."""
    if len(code) != _LENGTH or not (code.isascii() and code.isdigit()) or not _check_digit_right(code):
        return None
    for pattern in patterns:
        if all(mark not in "0123456789" or mark == digit for mark, digit in zip(pattern, code, strict=True)):
            price, weight = _part(pattern, code, "P"), _part(pattern, code, "W")
            return ScaleLabel(_part(pattern, code, "I"), int(price) if price else None, int(weight) if weight else None)
    return None


def _part(pattern: str, code: str, mark: str) -> str:
    return "".join(digit for at, digit in zip(pattern, code, strict=True) if at == mark)


def _check_digit_right(code: str) -> bool:
    """GS1 General Specifications 7.9: weights 3 and 1 from the right, sum divisible by ten."""
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(reversed(code)))
    return total % 10 == 0
