"""message: a sentence for the customer, on the screen and on the receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pos_engine.core.grants import Granting


@dataclass(frozen=True)
class Message(Granting):
    """Shown when the condition holds and the target is in the basket; it takes nothing off."""

    KIND: ClassVar[str] = "message"
    ON_CARD: ClassVar[bool] = False

    message: str
