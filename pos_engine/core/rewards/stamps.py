"""stamps: stamps on a stamp card, for the purchase or for every unit of some goods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pos_engine.core.grants import Granting


@dataclass(frozen=True)
class Stamps(Granting):
    """`stamps` of the stamp card `stamp_card_id`, once a receipt or for each unit the target selects."""

    stamp_card_id: str
    stamps: int = 1
    per: Literal["receipt", "unit"] = "receipt"
