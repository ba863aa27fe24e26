"""The page an installer prints: logo, letters, width, codes. What is wrong on it is set up wrong. Pure."""

from __future__ import annotations

from datetime import date

from pos_engine import words
from pos_engine.ports.document import (
    Barcode,
    Block,
    Columns,
    Cut,
    Document,
    Logo,
    OpenDrawer,
    QrCode,
    Rule,
    Text,
)

LETTERS = {
    "en": "Crème brûlée £4.50 €5.00",
    "de": "Größe Äpfel süß 5,00 €",
    "fr": "À Noël, œuf, garçon, crêpe 5,00 €",
    "it": "Perché è così, città 5,00 €",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy 25,00 Kč",
    "zh": "全麦面包 八折优惠 ￥12.00",
}
"""What a wrong code page makes unreadable."""

CURRENCIES = {"cs": "CZK", "zh": "CNY"}


def sample_document(language: str, columns: int, day: date, *, drawer: bool = False) -> Document:
    """One page. `columns`: what the till believes the paper to have; the ruler must fill the line and no more."""
    amount = words.money_text(123_456, CURRENCIES.get(language, "EUR"), language)
    ruler = "".join(str(column % 10) for column in range(1, columns + 1))
    blocks: list[Block] = [
        Logo(),
        Text(words.date_text(day, language), align="center", bold=True, large=True),
        Text(ruler),
        Rule(),
        Text(LETTERS[language]),
        Columns(words.text("receipt.total", language), amount, bold=True),
        Barcode("ean13", "4006381333931"),
        Barcode("code128", "COUPON-0042"),
        QrCode("https://example.org/c/42"),
        *([OpenDrawer()] if drawer else []),
        Cut(),
    ]
    return Document(tuple(blocks), language)
