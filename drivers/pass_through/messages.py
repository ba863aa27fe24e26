"""What the till and the process on the cable say to each other: one JSON object a line, both ways. No I/O.

to the till     {"say": "open", "precedence"}   {"say": "alive"}   {"say": "gone", "code", "text"}
                {"say": "receipt", "number", "lines"}
to the cable    {"number", "printout"}     the decision about a receipt; base64
"""

from __future__ import annotations

import base64
import json
from typing import Any

LINE_BYTES_MAX = 4_000_000
"""A receipt of 2,000 lines, or the printout of its coupons with pictures; what is longer is no message of ours."""


def encode(**message: object) -> bytes:
    """One message."""
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"


def encode_decision(number: int, printout: bytes) -> bytes:
    """What is printed before the cut of that receipt."""
    return encode(number=number, printout=base64.b64encode(printout).decode("ascii"))


def printout_of(message: dict[str, Any]) -> bytes:
    """The bytes of a decision."""
    return base64.b64decode(message["printout"])


class Lines:
    """Bytes in, messages out."""

    def __init__(self) -> None:
        self._begun = bytearray()

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The messages that these bytes complete. ValueError for what is none."""
        self._begun += data
        *whole, rest = self._begun.split(b"\n")
        if len(rest) > LINE_BYTES_MAX:
            raise ValueError("a message without an end")
        self._begun = rest
        return [json.loads(line) for line in whole]
