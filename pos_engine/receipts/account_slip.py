"""What a customer is given on paper when something was booked on the account and no goods were sold. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pos_engine import words
from pos_engine.ports.document import Block, Columns, Cut, Document, Logo, Rule, Space, Text
from pos_engine.receipts.balances import balance_lines
from pos_engine.wire.sync import ReceiptDocument


@dataclass(frozen=True)
class AccountSlip:
    """`receipt`: of the kind account. `top_up`: paid for at the counter, else a correction. `language`: the member's.

    Everything else is the shop's.
    """

    receipt: ReceiptDocument
    top_up: bool
    currency: str
    shop_name: str
    store_name: str
    zone: str
    language: str


def account_document(slip: AccountSlip) -> Document:
    """The slip: what was paid, how, and the balance that it led to."""
    receipt, language = slip.receipt, slip.language
    local = receipt.closed_at.astimezone(ZoneInfo(slip.zone))
    heading = words.text("slip.top_up" if slip.top_up else "slip.correction", language)
    blocks: list[Block] = [
        Logo(),
        Text(slip.shop_name, align="center", bold=True, large=True),
        *([Text(slip.store_name, align="center")] if slip.store_name != slip.shop_name else []),
        Space(),
        Columns(
            words.text("receipt.number", language, number=receipt.sequence_no),
            f"{words.date_text(local.date(), language)} {local:%H:%M}",
        ),
        Text(f"{receipt.workstation_id}:{receipt.epoch}:{receipt.seq}"),
        Text(words.text("receipt.operator", language, operator=receipt.operator)),
        Rule(),
        Text(heading, align="center", bold=True, large=True),
        *(
            Columns(tender_text(tender.kind, language), words.money_text(tender.amount_minor, slip.currency, language))
            for tender in receipt.tenders
        ),
        Rule(),
        *balance_lines(receipt.balances, slip.currency, language, slip.zone),
        Space(),
        Text(words.text("receipt.thanks", language), align="center"),
        Cut(),
    ]
    return Document(tuple(blocks), language)


def tender_text(kind: str, language: str) -> str:
    """What a tender is called on paper; a kind without a name of its own is another one."""
    return words.text(f"receipt.tender_{kind if kind in {'cash', 'card'} else 'other'}", language)
