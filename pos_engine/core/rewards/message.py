"""message: a sentence for the customer, on the screen and on the receipt."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.grants import Granting


@dataclass(frozen=True)
class Message(Granting):
    """Shown when the condition holds and the target is in the basket; it takes nothing off."""

    message: str

    @override
    def needs_member(self) -> bool:
        return False
