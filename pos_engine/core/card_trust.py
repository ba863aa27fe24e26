"""What each kind of card may be trusted with: one table, which a shop may make stricter and never looser.

Why (docs/cards.md): numbers and UIDs are copied in seconds; MIFARE Classic's cipher is broken; the counters of
Ultralight and NTAG21x can be torn back (CVE-2021-33881); a tag's tap is fresh, but no till knows what another one saw
while both are off line; a DESFire's key cannot be copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Literal, get_args

CardClass = Literal[
    "number",
    "em4100",
    "uid",
    "mifare_classic",
    "ultralight_ntag",
    "ntag424_tap",
    "desfire_key",
    "found",
]
"""`number`: magnetic stripe, barcode, QR, typed. `uid`: any chip that proved nothing. `found`: no card at all, the
member was found by the phone number."""
FOUND_TECHNOLOGY = "phone"
"""How such a card is named: `phone:<member>`."""
Right = Literal["identify", "earn", "spend_on_line", "spend_off_line"]
RIGHTS: tuple[Right, ...] = get_args(Right)
CLASSES: tuple[CardClass, ...] = get_args(CardClass)


class Grant(IntEnum):
    """Whether a card alone is enough. Greater is looser."""

    NO = 0
    SECOND_FACTOR = 1
    YES = 2


GRANT_WORDS: Mapping[str, Grant] = {"no": Grant.NO, "second_factor": Grant.SECOND_FACTOR, "yes": Grant.YES}
TrustTable = Mapping[CardClass, Mapping[Right, Grant]]


def _row(identify: Grant, earn: Grant, on_line: Grant, off_line: Grant) -> Mapping[Right, Grant]:
    return {"identify": identify, "earn": earn, "spend_on_line": on_line, "spend_off_line": off_line}


_YES, _FACTOR, _NO = Grant.YES, Grant.SECOND_FACTOR, Grant.NO
TRUST: TrustTable = {
    "number": _row(_YES, _YES, _YES, _FACTOR),
    "em4100": _row(_YES, _YES, _YES, _FACTOR),
    "uid": _row(_YES, _YES, _YES, _FACTOR),
    "mifare_classic": _row(_YES, _YES, _NO, _NO),
    "ultralight_ntag": _row(_YES, _YES, _NO, _NO),
    "ntag424_tap": _row(_YES, _YES, _YES, _NO),
    "desfire_key": _row(_YES, _YES, _YES, _YES),
    "found": _row(_YES, _YES, _FACTOR, _NO),
}
"""The loosest that there is."""


class TrustError(ValueError):
    """A change of the table that cannot be; the text says why."""


_BY_TECHNOLOGY: Mapping[str, CardClass] = {
    "barcode": "number",
    "magstripe": "number",
    "em4100": "em4100",
    FOUND_TECHNOLOGY: "found",
}


def card_class(technology: str, family: str, proof: str) -> CardClass:
    """The row of the table. `technology`, `family`, `proof`: as a reader names a card (ports.devices)."""
    if proof == "key":
        return "desfire_key"
    if proof == "tap":
        return "ntag424_tap"
    by_technology = _BY_TECHNOLOGY.get(technology)
    if by_technology is not None:
        return by_technology
    if family.startswith("mifare_"):
        return "mifare_classic"
    return "ultralight_ntag" if family == "ultralight_ntag" else "uid"


def stricter(changes: Mapping[str, Mapping[str, str]]) -> TrustTable:
    """The table with a shop's changes. TrustError for what is looser than the table, or is no row, right or grant."""
    table = {name: dict(row) for name, row in TRUST.items()}
    for name, row in changes.items():
        if name not in CLASSES:
            raise TrustError(f"{name} is no kind of card; there are {', '.join(CLASSES)}")
        for right, word in row.items():
            if right not in RIGHTS:
                raise TrustError(f"{name}.{right} is no right; there are {', '.join(RIGHTS)}")
            if word not in GRANT_WORDS:
                raise TrustError(f'{name}.{right} is "{word}"; it can be {", ".join(GRANT_WORDS)}')
            wanted, most = GRANT_WORDS[word], TRUST[name][right]
            if wanted > most:
                raise TrustError(
                    f'{name}.{right} = "{word}" would trust these cards with more than they can bear; '
                    f'"{word_of(most)}" is the most'
                )
            table[name][right] = wanted
    return table


def allows(table: TrustTable, kind: CardClass, right: Right, *, second_factor: bool = False) -> bool:
    """Whether a card of this kind may do that, alone or with a second factor (PIN, phone number) that was given."""
    grant = table[kind][right]
    return grant is Grant.YES or (grant is Grant.SECOND_FACTOR and second_factor)


def word_of(grant: Grant) -> str:
    """As it is written in a configuration."""
    return next(word for word, known in GRANT_WORDS.items() if known is grant)
