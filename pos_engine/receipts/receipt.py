"""A receipt on paper out of the closed sale's own document. Pure: the same receipt gives the same paper, always.

Law: every amount on paper is one of the outcome's; nothing is computed here but sums of printed shares, the
rounding of cash and the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from pos_engine import words
from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.bookings import POINTS_TENDER, VALUE_TENDER
from pos_engine.core.money import Tariff, cash_rounding
from pos_engine.core.outcome import POINTS_DISCOUNT, PROGRAMME, LineTotal, Outcome
from pos_engine.core.reasons import HINTS
from pos_engine.ports.document import Block, Columns, Cut, Document, Logo, QrCode, Rule, Space, Text
from pos_engine.receipts.balances import balance_lines
from pos_engine.receipts.hints import with_names
from pos_engine.receipts.rows import cells
from pos_engine.wire.sync import ReceiptDocument

HINTS_MAX = 2
"""Reasons worth telling on paper: more is not read."""

NARROW_COLUMNS = 32
"""Characters of the narrowest usual paper (58 mm): two texts that fit into it side by side always do."""

_TENDERS = {
    "cash": "receipt.tender_cash",
    "card": "receipt.tender_card",
    "other": "receipt.tender_other",
    POINTS_TENDER: "receipt.account_points",
    VALUE_TENDER: "receipt.account_value",
}


@dataclass(frozen=True)
class ReceiptPaper:
    """A closed sale with the words a receipt needs besides its own document.

    `language`: the customer's. `offer_names`: of offers that may be spoken of although they did not apply, by offer id;
    `product_names`: of products these speak of.
    """

    receipt: ReceiptDocument
    basket: Basket
    outcome: Outcome
    tariff: Tariff
    shop_name: str
    store_name: str
    zone: str
    language: str
    member_name: str = ""
    offer_names: Mapping[str, str] = field(default_factory=dict)
    product_names: Mapping[str, str] = field(default_factory=dict)

    def money(self, minor: int) -> str:
        """An amount in the customer's language."""
        return words.money_text(minor, self.tariff.currency, self.language)

    def say(self, code: str, **params: int | str) -> str:
        """A fixed phrase in the customer's language."""
        return words.text(code, self.language, **params)


def receipt_document(paper: ReceiptPaper, *, copy: bool = False) -> Document:
    """The receipt; `copy` marks a reprint at its head and its foot."""
    mark = [Text(f"*** {paper.say('receipt.copy')} ***", align="center", bold=True, large=True)] if copy else []
    blocks: list[Block] = [*mark, *_head(paper)]
    for section in (_lines(paper), _totals(paper), _vat(paper), _member(paper, copy=copy)):
        told = list(section)
        if told:
            blocks += [Rule(), *told]
    blocks += _hints(paper)
    blocks += [*_farewell(paper, copy=copy), *mark, Cut()]
    return Document(tuple(blocks), paper.language)


def with_hints(document: Document, paper: ReceiptPaper) -> Document:
    """A receipt that was laid out before its reasons were known, with what the customer could have had."""
    end = len(document.blocks) - len(_farewell(paper)) - 1
    return replace(document, blocks=(*document.blocks[:end], *_hints(paper), *document.blocks[end:]))


def _farewell(paper: ReceiptPaper, *, copy: bool = False) -> tuple[Block, ...]:
    """Thanks, and the code by which any till of the shop finds the sale again when its goods come back.

    A copy has no code: it is paper to look at.
    """
    code = (Space(), QrCode(_receipt_id(paper.receipt))) if paper.receipt.kind == "sale" and not copy else ()
    return Space(), Text(paper.say("receipt.thanks"), align="center"), *code


def _receipt_id(receipt: ReceiptDocument) -> str:
    return f"{receipt.workstation_id}:{receipt.epoch}:{receipt.seq}"


def _head(paper: ReceiptPaper) -> Iterator[Block]:
    receipt = paper.receipt
    yield Logo()
    yield Text(paper.shop_name, align="center", bold=True, large=True)
    if paper.store_name and paper.store_name != paper.shop_name:
        yield Text(paper.store_name, align="center")
    if receipt.kind == "void":
        yield Text(paper.say("receipt.void"), align="center", bold=True, large=True)
        yield Text(paper.say("receipt.void_of", sale=receipt.sale_ref), align="center")
    if receipt.returned is not None:
        yield Text(paper.say("receipt.return"), align="center", bold=True, large=True)
        yield Text(paper.say("receipt.return_of", receipt=receipt.returned.original_id), align="center")
    local = receipt.closed_at.astimezone(ZoneInfo(paper.zone))
    when = f"{words.date_text(local.date(), paper.language)} {local:%H:%M}"
    yield Space()
    yield Columns(paper.say("receipt.number", number=receipt.sequence_no), when)
    receipt_id = _receipt_id(receipt)
    served = paper.say("receipt.operator", operator=receipt.operator) if receipt.operator else ""
    if cells(receipt_id) + 1 + cells(served) <= NARROW_COLUMNS:
        yield Columns(receipt_id, served)
    else:
        yield from (Text(each) for each in (receipt_id, served) if each)


def _lines(paper: ReceiptPaper) -> Iterator[Block]:
    totals = {total.line_id: total for total in paper.outcome.lines}
    names = {(a.campaign_id, a.offer_id): a.name for a in paper.outcome.applied}
    names[PROGRAMME, POINTS_DISCOUNT] = paper.say("receipt.points_used")
    taken: dict[str, dict[tuple[str, str], int]] = {}
    for share in paper.outcome.shares:
        offers = taken.setdefault(share.line_id, {})
        key = (share.campaign_id, share.offer_id)
        offers[key] = offers.get(key, 0) + share.amount_minor
    for line in paper.basket.lines:
        yield from _line(paper, line, totals[line.line_id])
        for key, amount_minor in taken.get(line.line_id, {}).items():
            if amount_minor:
                yield Columns(f"  {names.get(key, key[0])}", paper.money(-amount_minor))


def _line(paper: ReceiptPaper, line: BasketLine, total: LineTotal) -> Iterator[Block]:
    name = line.name or line.product_id
    yield Columns(f"{name} {line.measure}".rstrip(), paper.money(total.value_minor))
    if line.quantity > 1:
        yield Text(f"  {line.quantity} x {paper.money(line.unit_price_minor)}")


def _totals(paper: ReceiptPaper) -> Iterator[Block]:
    outcome = paper.outcome
    if outcome.total_discount_minor:
        yield Columns(paper.say("receipt.before"), paper.money(outcome.total_value_minor))
        yield Columns(paper.say("receipt.discounts"), paper.money(-outcome.total_discount_minor))
    price_minor = outcome.total_value_minor - outcome.total_discount_minor
    yield Columns(paper.say("receipt.total"), paper.money(price_minor), bold=True)
    if not paper.tariff.prices_include_tax:
        yield Columns(paper.say("receipt.to_pay_with_tax"), paper.money(outcome.total_due_minor), bold=True)
    yield from _tenders(paper)
    yield from _saved(paper)


def _rounding(paper: ReceiptPaper) -> int:
    tenders = ((tender.kind, tender.amount_minor) for tender in paper.receipt.tenders)
    return cash_rounding(paper.outcome.total_due_minor, tenders, paper.tariff.cash_step_minor)


def _tenders(paper: ReceiptPaper) -> Iterator[Block]:
    tenders = paper.receipt.tenders
    rounding_minor = _rounding(paper)
    if rounding_minor:
        yield Columns(paper.say("receipt.rounding"), paper.money(rounding_minor))
    for tender in tenders:
        code = _TENDERS.get(tender.kind)
        yield Columns(tender.kind if code is None else paper.say(code), paper.money(tender.amount_minor))
    change_minor = sum(tender.amount_minor for tender in tenders) - paper.outcome.total_due_minor - rounding_minor
    if tenders and change_minor * paper.outcome.total_due_minor > 0:  # a void mirrors its sale, the change as well
        yield Columns(paper.say("receipt.change"), paper.money(change_minor))


def _vat(paper: ReceiptPaper) -> Iterator[Block]:
    """One row for each rate, its numbers below each other; nothing where there is no VAT at all."""
    rows = paper.outcome.vat
    if not any(vat.vat_bp or vat.tax_minor for vat in rows):
        return
    phrase = "receipt.vat_gross" if paper.tariff.prices_include_tax else "receipt.vat_net"
    rates = _padded(words.percent_text(vat.vat_bp, paper.language) for vat in rows)
    bases = _padded(paper.money(vat.due_minor) for vat in rows)
    for vat, rate, base in zip(rows, rates, bases, strict=True):
        text = f"{paper.say('receipt.vat_head')} {rate} {paper.say(phrase, due=base)}"
        yield Columns(text, paper.money(vat.tax_minor))


def _padded(texts: Iterable[str]) -> list[str]:
    """All as wide as the widest, by spaces that no line break swallows."""
    listed = list(texts)
    width = max(map(cells, listed), default=0)
    return [words.WIDE_SPACE * (width - cells(text)) + text for text in listed]


def _saved(paper: ReceiptPaper) -> Iterator[Block]:
    """What the customer takes home beside the goods: large, because it is what the offers are made for."""
    saved_minor = paper.outcome.total_discount_minor
    if saved_minor > 0:
        yield Space()
        yield Text(paper.say("receipt.saved", saved=paper.money(saved_minor)), align="center", bold=True, large=True)


def _member(paper: ReceiptPaper, *, copy: bool) -> Iterator[Block]:
    if paper.member_name and paper.receipt.member_id:
        yield Text(paper.say("receipt.member", name=paper.member_name))
        yield from balance_lines(paper.receipt.balances, paper.tariff.currency, paper.language, paper.zone)
    if paper.receipt.kind != "sale":  # a void's coupons are those of the sale, and are gone with it
        return
    for grant, coupon in zip(paper.outcome.coupon_grants, paper.receipt.issued_coupons, strict=False):
        if coupon.medium == "card":
            yield Text(
                paper.say(
                    "receipt.coupon_on_card",
                    title=grant.title,
                    from_day=words.date_text(coupon.valid_from, paper.language),
                    until_day=words.date_text(coupon.valid_until, paper.language),
                )
            )
    if not copy and any(coupon.medium == "paper" for coupon in paper.receipt.issued_coupons):
        yield Text(paper.say("receipt.coupons_follow"))


def _hints(paper: ReceiptPaper) -> Iterator[Block]:
    """What the customer could have had: only what can be changed, at most two, and never on a cancellation."""
    worth = [r for r in paper.outcome.reasons if r.code in HINTS and r.offer_id in paper.offer_names]
    for reason in worth[:HINTS_MAX] if paper.receipt.kind == "sale" else ():
        yield Space()
        sentence = words.reason_text(with_names(reason, paper.product_names), paper.language, paper.tariff)
        yield Text(paper.say("receipt.hint", offer=paper.offer_names[reason.offer_id], reason=sentence))
