"""Number plates of members as they are kept: `DE:FRXY123`, the country (ISO 3166) and what is on the plate.

Spaces, dashes, small letters and accents are nobody's business at a till, so they are not kept.
"""

from __future__ import annotations

import re
from typing import Final

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from pos_engine.wire.cashiers import PLATES_MAX, plate_letters

_COUNTRY: Final = re.compile(r"[A-Za-z]{1,3}")
_SIGNS: Final = {"A": "AT", "B": "BE", "D": "DE", "E": "ES", "F": "FR", "H": "HU", "I": "IT", "L": "LU", "P": "PT"}
"""Signs of one letter on the road (UN list of distinguishing signs) that people type; others are typed as ISO codes."""
_CODE_LENGTH: Final = 2


def plates_of(text: str, country: str) -> tuple[str, ...]:
    """Typed plates, one a line, each once. `country`: of lines that name none. InputError says which line is wrong."""
    found: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        sign, colon, rest = line.partition(":")
        code = _country(sign) if colon else country
        letters = plate_letters(rest if colon else line)
        if not letters or not code:
            raise InputError(
                _("“%(plate)s” is no number plate. Write one a line, like FR-XY 123 or CH: ZH 123456.", plate=line[:40])
            )
        found.append(f"{code}:{letters}")
    if len(found) > PLATES_MAX:
        raise InputError(_("A member has at most %(most)s number plates here.", most=PLATES_MAX))
    return tuple(dict.fromkeys(found))


def plate_said(plate: str) -> str:
    """What stands on a plate that is kept, without its country."""
    return plate.partition(":")[2]


def _country(sign: str) -> str:
    cleaned = sign.strip().upper()
    if not _COUNTRY.fullmatch(cleaned):
        return ""
    code = _SIGNS.get(cleaned, cleaned)
    return code if len(code) == _CODE_LENGTH else ""
