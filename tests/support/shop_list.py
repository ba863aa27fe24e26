"""The shop of the scenarios: its goods and prices, its members and their cards, as the files a shopkeeper imports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from firmware_sim.register.basket import RungBasket, RungLine

CATEGORIES = (
    ("food", "Food", ""),
    ("bread", "Bread", "food"),
    ("rolls", "Rolls", "bread"),
    ("pastry", "Pastry", "food"),
    ("main-dishes", "Main dishes", "food"),
    ("coffee", "Coffee", "food"),
    ("press", "Press", ""),
)

PRODUCTS = (
    ("4001", "Farmhouse bread", "bread", "4.50", "7", "goods"),
    ("4002", "Rye bread", "bread", "3.90", "7", "goods"),
    ("4005", "Spelt roll", "rolls", "0.85", "7", "goods"),
    ("4101", "Croissant", "pastry", "1.80", "7", "goods"),
    ("4102", "Cheesecake", "pastry", "9.99", "7", "goods"),
    ("5001", "Lasagne", "main-dishes", "9.80", "19", "goods"),
    ("5002", "Vegetable curry", "main-dishes", "10.50", "19", "goods"),
    ("2001", "Cappuccino", "coffee", "3.20", "19", "goods"),
    ("2002", "Espresso", "coffee", "2.30", "19", "goods"),
    ("6001", "Newspaper", "press", "3.10", "7", "price_fixed"),
)
"""Article number, name, category, price with VAT, VAT in percent, kind."""


@dataclass(frozen=True)
class Person:
    """A member. `uid`: of the card's chip, in hex, most significant byte first."""

    number: str
    first_name: str
    last_name: str
    uid: str


PEOPLE = tuple(
    Person(str(1001 + at), first, last, f"04A1B2C3D4E5{0xF0 + at:02X}")
    for at, (first, last) in enumerate(
        (("Anna", "Becker"), ("Ben", "Fischer"), ("Clara", "Novak"), ("Dora", "Weber"), ("Emil", "Rossi"))
    )
)
CARDS = {person.first_name: person.uid for person in PEOPLE}
STRANGER = "04FFFFFFFFFFFF"
"""A card that nobody here has issued."""

_PIECES = re.compile(r"(?:(\d+) )?(.+)")
_BY_NAME = {name: (code, int(Decimal(price) * 100)) for code, name, _category, price, _vat, _kind in PRODUCTS}


def basket_of(words: str, coupons: tuple[str, ...] = ()) -> RungBasket:
    """`2 Spelt roll, Cappuccino` as the register rings it up. KeyError for goods that the shop does not have."""
    lines = []
    for words_of_line in words.split(", "):
        found = _PIECES.fullmatch(words_of_line.strip())
        assert found, words_of_line
        count, name = int(found[1] or 1), found[2]
        code, price = _BY_NAME[name]
        lines.append(RungLine(code, count * price, name, Decimal(count), unit_price_minor=price))
    return RungBasket(tuple(lines), coupons=coupons)


def categories_csv() -> str:
    """The file of categories."""
    return _csv("category;name;parent", CATEGORIES)


def products_csv() -> str:
    """The file of goods."""
    return _csv("product;name;category;price;vat_percent;kind", PRODUCTS)


def members_csv() -> str:
    """The file of members with their cards."""
    rows = [(p.number, p.first_name, p.last_name, "en", f"iso14443a:{p.uid}") for p in PEOPLE]
    return _csv("number;first_name;last_name;language;cards", rows)


def _csv(header: str, rows: object) -> str:
    assert isinstance(rows, (tuple, list))
    return "\n".join([header, *(";".join(row) for row in rows)]) + "\n"
