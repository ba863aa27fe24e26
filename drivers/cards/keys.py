"""Which keys a card has, and who may hold what they are made from (docs/decisions/0023).

Three levels, each made from the one above by AN10922: the master key of the ceremony, which is in no program; a key per
organisation, role and version; the key of one card. A till holds role keys only, and never those of MANAGE: it can
neither make a card nor change one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from typing_extensions import override

from drivers.cards.aes_cmac import BLOCK_BYTES, aes_cmac
from drivers.cards.diversification import diversified_key

UID_BYTES = 7
VERSION_MAX = 255  # one byte on the card; 0 is what a blank card has
CHECK_BYTES = 3
ORGANISATION_BYTES = 12  # of its name's hash: tells organisations apart, fits into AN10922's 31 bytes


class Role(Enum):
    """What a key is for. The value stands in key files."""

    MANAGE = "manage"
    """Make a card, change its keys: at the issuing desk only."""
    IDENTIFY = "identify"
    """Know a genuine card: read its number."""
    DEBIT = "debit"
    """Read the value and take from it."""
    CREDIT = "credit"
    """Add value: only where cards are topped up."""
    TAG_META = "tag_meta"
    """Read UID and counter of an NTAG 424 tap; the same on all tags, for the UID is not known before."""
    TAG_TAP = "tag_tap"
    """Check the MAC of an NTAG 424 tap."""


TILL_ROLES = frozenset({Role.IDENTIFY, Role.DEBIT, Role.CREDIT, Role.TAG_META, Role.TAG_TAP})
"""What a till may hold at most."""
TILL_ROLES_DEFAULT = TILL_ROLES - {Role.CREDIT}


@dataclass(frozen=True)
class KeySet:
    """The role keys of one organisation in one version. `repr` never shows a key."""

    organisation: str
    version: int
    keys: Mapping[Role, bytes]

    @override
    def __repr__(self) -> str:
        """Names only."""
        names = ", ".join(sorted(role.value for role in self.keys))
        return f"KeySet({self.organisation!r}, version {self.version}, {names})"

    def has(self, role: Role) -> bool:
        """Whether keys of this role can be made here."""
        return role in self.keys

    def card_key(self, role: Role, uid: bytes, application: bytes) -> bytes:
        """One card's key. KeyError when the role is not held here."""
        return diversified_key(self.keys[role], uid + application + b"loyalty")

    def tag_meta_key(self) -> bytes:
        """The key under which all tags encipher UID and counter."""
        return self.keys[Role.TAG_META]

    def only(self, roles: Iterable[Role]) -> KeySet:
        """The same set with fewer roles."""
        wanted = frozenset(roles)
        return KeySet(self.organisation, self.version, {r: key for r, key in self.keys.items() if r in wanted})


def key_set(master: bytes, organisation: str, version: int) -> KeySet:
    """All role keys of an organisation. ValueError for a wrong master key, organisation or version."""
    if not organisation.strip():
        raise ValueError("the organisation must have a name")
    if not 1 <= version <= VERSION_MAX:
        raise ValueError(f"the version must be 1 to {VERSION_MAX}, not {version}")
    name = hashlib.sha256(organisation.encode()).digest()[:ORGANISATION_BYTES]
    return KeySet(
        organisation,
        version,
        {role: diversified_key(master, _role_input(role) + bytes([version]) + name) for role in Role},
    )


def check_value(key: bytes) -> str:
    """Six hex digits that say whether two people speak of the same key, and nothing else about it."""
    return aes_cmac(key, bytes(BLOCK_BYTES))[:CHECK_BYTES].hex().upper()


def combined(shares: Iterable[bytes]) -> bytes:
    """The master key out of all shares (exclusive or). ValueError for fewer than two or one of a wrong length."""
    given = list(shares)
    if len(given) < 2:  # noqa: PLR2004 (one share would be the key itself)
        raise ValueError("a master key is made of at least two shares, held by different people")
    whole = bytes(BLOCK_BYTES)
    for share in given:
        if len(share) != BLOCK_BYTES:
            raise ValueError(f"a share has {BLOCK_BYTES} bytes, not {len(share)}")
        whole = bytes(left ^ right for left, right in zip(whole, share, strict=True))
    return whole


def _role_input(role: Role) -> bytes:
    return role.value.encode().ljust(9, b"\x00")
