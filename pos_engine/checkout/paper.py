"""The paper that a closed sale owes its customer: the receipt, a slip for each paper coupon, and copies of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from pos_engine.checkout.active_rules import CompiledSet, coupon_series, needs_coupon
from pos_engine.core.basket import Basket
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Outcome
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.prints import PrintRequest
from pos_engine.receipts.coupon_slip import CouponSlip, coupon_document
from pos_engine.receipts.receipt import ReceiptPaper, receipt_document
from pos_engine.wire.sync import MemberBody, ReceiptDocument


def prints_of(
    receipt: ReceiptDocument,
    till: TillIdentity,
    member: MemberBody | None,
    rules: CompiledSet | None,
    product_names: Mapping[str, str],
    *,
    copy: bool,
) -> tuple[PrintRequest, ...]:
    """What is to be printed for a receipt, in order. `rules`: the set it was priced with, for names and conditions.

    Copies of coupons carry no code: they are paper to look at. A void prints no coupons.
    """
    paper = paper_of(receipt, till, member, rules, product_names)
    document = receipt_document(paper, copy=copy)
    requests = [PrintRequest("copy" if copy else "receipt", document)]
    if receipt.kind == "sale":
        requests += [
            PrintRequest("copy" if copy else "coupon", coupon_document(slip, copy=copy), slip.code)
            for slip in _slips(receipt, paper.outcome, till, paper.language, rules)
        ]
    return tuple(requests)


def paper_of(
    receipt: ReceiptDocument,
    till: TillIdentity,
    member: MemberBody | None,
    rules: CompiledSet | None,
    product_names: Mapping[str, str],
) -> ReceiptPaper:
    """A receipt's own documents with the shop's and the customer's names; in the customer's language."""
    return ReceiptPaper(
        receipt=receipt,
        basket=msgspec.json.decode(receipt.basket, type=Basket),
        outcome=msgspec.json.decode(receipt.outcome, type=Outcome),
        tariff=msgspec.json.decode(receipt.tariff, type=Tariff),
        shop_name=till.organisation_name,
        store_name=till.store_name,
        zone=till.zone,
        language=till.language if member is None else member.language,
        member_name="" if member is None else member.display_name,
        offer_names=_names(rules),
        product_names=product_names,
    )


def _names(rules: CompiledSet | None) -> Mapping[str, str]:
    """Offers that may be spoken of to anybody."""
    offers = {} if rules is None else rules.offers
    return {offer_id: offer.name for (_, offer_id), offer in offers.items() if not needs_coupon(offer)}


def _slips(
    receipt: ReceiptDocument, outcome: Outcome, till: TillIdentity, language: str, rules: CompiledSet | None
) -> Iterator[CouponSlip]:
    for grant, coupon in zip(outcome.coupon_grants, receipt.issued_coupons, strict=True):
        if coupon.medium == "paper":
            yield CouponSlip(
                shop_name=till.organisation_name,
                code=coupon.coupon_id,
                title=grant.title,
                valid_from=coupon.valid_from,
                valid_until=coupon.valid_until,
                language=language,
                conditions=tuple(_promised(coupon.series_id, grant.title, rules)),
            )


def _promised(series_id: str, title: str, rules: CompiledSet | None) -> Iterator[str]:
    """Names of the offers this series opens, where they say more than the title."""
    for offer in () if rules is None else rules.offers.values():
        if offer.name != title and series_id in coupon_series(offer.condition):
            yield offer.name
