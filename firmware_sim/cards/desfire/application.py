"""An application of a card: its keys, its settings, its files."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_sim.cards.card_crypto import BlockCipher
from firmware_sim.cards.desfire.files import CardFile
from firmware_sim.cards.desfire.status import NO_SUCH_KEY, Refusal

ZERO_KEY = bytes(16)
MAY_LIST_FREELY = 0x02
MAY_CREATE_FREELY = 0x04


@dataclass
class CardKey:
    """A key and its version. A blank card's own key is DES."""

    value: bytes = ZERO_KEY
    version: int = 0
    des: bool = False

    def cipher(self) -> BlockCipher:
        """The key at work."""
        return BlockCipher(self.value, des=self.des)


@dataclass
class Application:
    """Key 0 is the master key. `settings`: the first byte of the key settings (MF3ICDx21, 9.4.6)."""

    settings: int
    keys: list[CardKey]
    files: dict[int, CardFile] = field(default_factory=dict)

    def key(self, number: int) -> CardKey:
        """A key by its number."""
        if number >= len(self.keys):
            raise Refusal(NO_SUCH_KEY)
        return self.keys[number]

    def commit(self) -> bool:
        """Make everything that waits happen at once; False when nothing waits."""
        waiting = [file for file in self.files.values() if file.pending]
        for file in waiting:
            file.commit()
        return bool(waiting)

    def abort(self) -> None:
        """Forget everything that waits."""
        for file in self.files.values():
            file.abort()
