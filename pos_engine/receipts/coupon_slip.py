"""A coupon on paper: what it gives, when, and its code for the scanner and for the eye. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pos_engine import words
from pos_engine.ports.document import Barcode, Block, Cut, Document, Logo, QrCode, Rule, Space, Text


@dataclass(frozen=True)
class CouponSlip:
    """`title`: what it gives, as the campaign says. `conditions`: further sentences. Dates are local and inclusive."""

    shop_name: str
    code: str
    title: str
    valid_from: date
    valid_until: date
    language: str
    conditions: tuple[str, ...] = ()


def coupon_document(slip: CouponSlip, *, copy: bool = False) -> Document:
    """The slip. A copy carries no code that any reader could read, and says that it is worth nothing."""
    language = slip.language
    blocks: list[Block] = [
        Logo(),
        Text(slip.shop_name, align="center"),
        Text(words.text("slip.heading", language), align="center", bold=True),
        Text(slip.title, align="center", bold=True, large=True),
    ]
    blocks += [Text(sentence, align="center") for sentence in slip.conditions]
    period = words.text(
        "slip.valid",
        language,
        from_day=words.date_text(slip.valid_from, language),
        until_day=words.date_text(slip.valid_until, language),
    )
    blocks += [Space(), Text(period, align="center")]
    if copy:
        mark = words.text("receipt.copy", language)
        blocks += [
            Rule(),
            Text(f"*** {mark} ***", align="center", bold=True, large=True),
            Text(words.text("slip.dead", language), align="center", bold=True),
            Rule(),
        ]
    else:
        blocks += [
            Text(words.text("slip.terms", language), align="center"),
            Space(),
            Barcode("code128", slip.code),
            QrCode(slip.code),
        ]
    blocks.append(Cut())
    return Document(tuple(blocks), language)
