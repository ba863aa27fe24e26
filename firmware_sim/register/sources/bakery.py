"""Our own small shop: a bakery-café with a garage beside it. Prices with VAT, made up for the demo.

Product codes and cards are listed in docs/simulator.md, so that the back-office of a demo can hold the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from firmware_sim.register.basket import CardMoment, Kind, LeftOut, RungBasket, RungLine

MEMBERS = 12
CARD_PREFIX = "04BA5E"


@dataclass(frozen=True)
class Product:
    """One article. `unit`: sold by measure in that unit of nexo; empty for pieces."""

    code: str
    name: str
    price_minor: int
    vat: str
    department: str
    kind: Kind = "goods"
    unit: str = ""


PRODUCTS = (
    Product("2001", "Cappuccino", 320, "19", "coffee"),
    Product("2002", "Espresso", 230, "19", "coffee"),
    Product("2003", "Pot of tea", 390, "19", "drinks"),
    Product("2004", "Apple spritzer", 280, "19", "drinks"),
    Product("4001", "Farmhouse bread", 450, "7", "bread", unit="Kilogram"),
    Product("4002", "Rye bread", 390, "7", "bread"),
    Product("4003", "Baguette", 210, "7", "bread"),
    Product("4004", "Pretzel", 95, "7", "bread"),
    Product("4101", "Croissant", 180, "7", "pastry"),
    Product("4102", "Plum cake", 340, "7", "pastry"),
    Product("5001", "Lasagne", 980, "19", "main dishes"),
    Product("5002", "Vegetable curry", 1050, "19", "main dishes"),
    Product("5003", "Schnitzel with potato salad", 1290, "19", "main dishes"),
    Product("6001", "Newspaper", 310, "7", "press", kind="price_fixed"),
    Product("9001", "Bottle deposit", 25, "19", "deposit", kind="deposit"),
    Product("7001", "Oil service, labour", 8900, "19", "labour", kind="service"),
    Product("7002", "Engine oil 5W-30", 1490, "19", "parts", unit="Litre"),
    Product("7003", "Oil filter", 1680, "19", "parts"),
    Product("7004", "Wiper blades", 2450, "19", "parts"),
    Product("7005", "Workshop hour", 9600, "19", "labour", kind="service"),
    Product("7006", "Winter tyre", 11800, "19", "tyres"),
)
BY_CODE = {product.code: product for product in PRODUCTS}
VISITS: tuple[tuple[str, ...], ...] = (
    ("2001", "4101"),
    ("2001", "2002", "4102"),
    ("4001", "4004", "4004"),
    ("4002", "6001"),
    ("5001", "2004", "9001"),
    ("5002", "2003"),
    ("5003", "2004", "9001", "2002"),
    ("4003", "4101", "4101", "2001"),
    ("7001", "7002", "7003"),
    ("7005", "7004"),
)
"""What people come for; quantities and measures are drawn."""


def member_card(number: int) -> str:
    """The UID of the card of regular customer 1 to 12."""
    return f"{CARD_PREFIX}{number:08X}"


def rung(code: str, quantity: int = 1, measure: str = "") -> RungLine:
    """A line of this shop: pieces, or a measure such as "0.760" for goods that are sold by measure."""
    product = BY_CODE[code]
    if product.unit:
        amount = Decimal(measure or "1") * product.price_minor
        minor = int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        return RungLine(
            code,
            minor,
            product.name,
            Decimal(measure or "1"),
            product.unit,
            product.price_minor,
            product.vat,
            product.kind,
        )
    return RungLine(
        code,
        product.price_minor * quantity,
        product.name,
        Decimal(quantity),
        "",
        product.price_minor,
        product.vat,
        product.kind,
    )


class Bakery:
    """An endless stream of visits, drawn from a seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.left_out = LeftOut()

    def baskets(self, limit: int) -> Iterator[RungBasket]:
        """That many visits."""
        for number in range(limit):
            yield self._visit(number)

    def _visit(self, number: int) -> RungBasket:
        draw = self._random
        codes = draw.choice(VISITS)
        lines = tuple(
            rung(code, 1, f"0.{draw.randrange(300, 999)}" if BY_CODE[code].unit == "Kilogram" else "4.5")
            if BY_CODE[code].unit
            else rung(code, draw.choice((1, 1, 1, 2)))
            for code in codes
        )
        moment: CardMoment = draw.choice(("before", "after", "after", "none"))
        uid = "" if moment == "none" else member_card(draw.randrange(1, MEMBERS + 1))
        return RungBasket(lines, reference=f"visit-{number + 1}", card_uid=uid, card_moment=moment)
