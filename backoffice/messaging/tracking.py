"""Names of one member's message in links, bounce addresses and Message-IDs, which nobody else can make.

Each is the dispatch's id and some bytes of an HMAC under the installation's key for links (`vault.link_code`), over a
text that begins like no other signed thing.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backoffice.vault import Vault

CODE_HEX: Final = 16
"""Digits of the code, 64 bits: mail programs may change the case of an address, so that only hexadecimal is safe."""
_NAME: Final = re.compile(rf"([0-9a-f]{{32}})[.-]([0-9a-f]{{{CODE_HEX}}})", re.IGNORECASE)
_CLICK: Final = re.compile(rf"([0-9a-f]{{32}})-([a-z]{{2}})-(\d{{1,3}})-([0-9a-f]{{{CODE_HEX}}})")


@dataclass(frozen=True)
class Click:
    """A link that was followed: which message, in which language, and the number of the block."""

    dispatch_id: str
    language: str
    number: int


def click_token(vault: Vault, dispatch_id: str, language: str, number: int) -> str:
    """What a link of one member's message is called."""
    told = f"{UUID(dispatch_id).hex}-{language}-{number}"
    return f"{told}-{_code(vault, 'click', told)}"


def read_click(vault: Vault, token: str) -> Click | None:
    """Which link a token names; None: it is none of ours."""
    found = _CLICK.fullmatch(token)
    if found is None:
        return None
    told = f"{found[1]}-{found[2]}-{found[3]}"
    if not hmac.compare_digest(found[4], _code(vault, "click", told)):
        return None
    return Click(str(UUID(found[1])), found[2], int(found[3]))


def name_of(vault: Vault, kind: str, dispatch_id: str, separator: str = "-") -> str:
    """A message's name for one use (`bounce`, `open`, `status`); a name of one use is none of another."""
    told = UUID(dispatch_id).hex
    return f"{told}{separator}{_code(vault, kind, told)}"


def read_name(vault: Vault, kind: str, text: str) -> str | None:
    """The dispatch that a text names, wherever in it the name stands; None: it names none."""
    for found in _NAME.finditer(text):
        told = found[1].lower()
        if hmac.compare_digest(found[2].lower(), _code(vault, kind, told)):
            return str(UUID(told))
    return None


def _code(vault: Vault, kind: str, told: str) -> str:
    return vault.link_code(f"message:{kind}:{told}".encode()).hex()[:CODE_HEX]
