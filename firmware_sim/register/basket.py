"""What a customer lays on the counter, in whole smallest coins."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal["", "goods", "service", "deposit", "price_fixed"]
CardMoment = Literal["none", "before", "after"]


@dataclass(frozen=True)
class RungLine:
    """One line as the register sends it. `amount_minor` is the whole line's price.

    `quantity` counts pieces when `unit` is empty; otherwise it is a measure in that unit (nexo's UnitOfMeasure).
    `vat` is the rate in percent as text, empty when the register does not know it.
    """

    product_code: str
    amount_minor: int
    label: str = ""
    quantity: Decimal = Decimal(1)
    unit: str = ""
    unit_price_minor: int | None = None
    vat: str = ""
    kind: Kind = ""
    ean: str = ""


@dataclass(frozen=True)
class RungBasket:
    """A purchase and whose card goes with it.

    `card_uid`: what is held to the till's reader (hex; empty for nobody), and when: before the goods or after them.
    `register_card`: a card id or number that the register reads itself. `coupons`: coupon codes handed over.
    """

    lines: tuple[RungLine, ...]
    reference: str = ""
    card_uid: str = ""
    card_moment: CardMoment = "none"
    register_card: str = ""
    coupons: tuple[str, ...] = ()
    operator: str = "1"

    @property
    def amount_minor(self) -> int:
        """What the goods cost before any discount."""
        return sum(line.amount_minor for line in self.lines)


@dataclass
class LeftOut:
    """What was not rung up as it stood in the source, and why; counted to be said at the end."""

    counts: dict[str, int] = field(default_factory=dict)

    def count(self, reason: str, number: int = 1) -> None:
        """Add to one reason."""
        if number:
            self.counts[reason] = self.counts.get(reason, 0) + number

    def words(self) -> str:
        """One line for the end of the run."""
        return "; ".join(f"{reason}: {count:,}" for reason, count in sorted(self.counts.items())) or "nothing"


def load_basket(path: Path) -> RungBasket:
    """A basket from a JSON file with the fields of these classes. ValueError says what is wrong and where."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=RungBasket)
    except msgspec.DecodeError as problem:
        raise ValueError(f"{path}: {problem}") from problem
