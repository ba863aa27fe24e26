"""A receipt on paper out of the closed sale's own document. Pure: the same receipt gives the same paper, always.

Law: every amount on paper is one of the outcome's; nothing is computed here but sums of printed shares and the change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from pos_engine import words
from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import LineTotal, Outcome
from pos_engine.core.reasons import HINTS
from pos_engine.ports.document import Block, Columns, Cut, Document, Rule, Space, Text
from pos_engine.receipts.hints import with_names
from pos_engine.wire.sync import ReceiptDocument

HINTS_MAX = 2
"""Reasons worth telling on paper: more is not read."""

_TENDERS = {"cash": "receipt.tender_cash", "card": "receipt.tender_card", "other": "receipt.tender_other"}


@dataclass(frozen=True)
class ReceiptPaper:
    """A closed sale with the words a receipt needs besides its own document.

    `language`: the customer's. `offer_names`: of offers that may be spoken of although they did not apply, by offer id;
    `product_names`: of products these speak of. `points`: as known at the till when the sale was closed; None: no
    member.
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
    points: int | None = None
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
    blocks: list[Block] = []
    if copy:
        blocks += _copy_mark(paper)
    blocks += _head(paper)
    blocks += _lines(paper)
    blocks += _totals(paper)
    blocks += _tenders(paper)
    blocks += _vat(paper)
    blocks += _member(paper)
    blocks += _hints(paper)
    blocks += [Space(), Text(paper.say("receipt.thanks"), align="center")]
    if copy:
        blocks += _copy_mark(paper)
    blocks.append(Cut())
    return Document(tuple(blocks), paper.language)


def _copy_mark(paper: ReceiptPaper) -> list[Block]:
    return [Text(f"*** {paper.say('receipt.copy')} ***", align="center", bold=True, large=True)]


def _head(paper: ReceiptPaper) -> Iterator[Block]:
    receipt = paper.receipt
    yield Text(paper.shop_name, align="center", bold=True, large=True)
    if paper.store_name and paper.store_name != paper.shop_name:
        yield Text(paper.store_name, align="center")
    if receipt.kind == "void":
        yield Text(paper.say("receipt.void"), align="center", bold=True, large=True)
        yield Text(paper.say("receipt.void_of", sale=receipt.sale_ref), align="center")
    local = receipt.closed_at.astimezone(ZoneInfo(paper.zone))
    when = f"{words.date_text(local.date(), paper.language)} {local:%H:%M}"
    yield Space()
    yield Columns(paper.say("receipt.number", number=receipt.sequence_no), when)
    yield Columns(receipt.workstation_id, receipt.sale_ref)
    if receipt.operator:
        yield Text(paper.say("receipt.operator", operator=receipt.operator))
    yield Rule()


def _lines(paper: ReceiptPaper) -> Iterator[Block]:
    totals = {total.line_id: total for total in paper.outcome.lines}
    names = {(a.campaign_id, a.offer_id): a.name for a in paper.outcome.applied}
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
    yield Rule()
    if outcome.total_discount_minor:
        yield Columns(paper.say("receipt.before"), paper.money(outcome.total_value_minor))
    yield Columns(paper.say("receipt.total"), paper.money(outcome.total_due_minor), bold=True)
    if not paper.tariff.prices_include_tax:
        yield Columns(paper.say("receipt.to_pay_with_tax"), paper.money(_to_pay(paper)), bold=True)
    if outcome.total_discount_minor > 0:
        yield Text(paper.say("receipt.saved", saved=paper.money(outcome.total_discount_minor)), bold=True)


def _to_pay(paper: ReceiptPaper) -> int:
    tax_on_top = 0 if paper.tariff.prices_include_tax else sum(vat.tax_minor for vat in paper.outcome.vat)
    return paper.outcome.total_due_minor + tax_on_top


def _tenders(paper: ReceiptPaper) -> Iterator[Block]:
    tenders = paper.receipt.tenders
    for tender in tenders:
        code = _TENDERS.get(tender.kind)
        yield Columns(tender.kind if code is None else paper.say(code), paper.money(tender.amount_minor))
    change_minor = sum(tender.amount_minor for tender in tenders) - _to_pay(paper)
    if tenders and change_minor > 0:
        yield Columns(paper.say("receipt.change"), paper.money(change_minor))


def _vat(paper: ReceiptPaper) -> Iterator[Block]:
    phrase = "receipt.vat_gross" if paper.tariff.prices_include_tax else "receipt.vat_net"
    yield Rule()
    for vat in paper.outcome.vat:
        rate = words.percent_text(vat.vat_bp, paper.language)
        base = paper.say(phrase, due=paper.money(vat.due_minor))
        yield Columns(f"{paper.say('receipt.vat_head')} {rate} {base}", paper.money(vat.tax_minor))


def _member(paper: ReceiptPaper) -> Iterator[Block]:
    if paper.receipt.member_id:
        yield Rule()
        if paper.member_name:
            yield Text(paper.say("receipt.member", name=paper.member_name))
        if paper.points is not None:
            yield Text(paper.say("receipt.points", points=paper.points))
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
    if any(coupon.medium == "paper" for coupon in paper.receipt.issued_coupons):
        yield Text(paper.say("receipt.coupons_follow"))


def _hints(paper: ReceiptPaper) -> Iterator[Block]:
    """What the customer could have had: only what can be changed, at most two, and never on a cancellation."""
    worth = [r for r in paper.outcome.reasons if r.code in HINTS and r.offer_id in paper.offer_names]
    for reason in worth[:HINTS_MAX] if paper.receipt.kind == "sale" else ():
        sentence = words.reason_text(with_names(reason, paper.product_names), paper.language, paper.tariff)
        yield Text(paper.say("receipt.hint", offer=paper.offer_names[reason.offer_id], reason=sentence))
