"""The paper that a closed sale owes its customer: the receipt, a slip for each paper coupon, and copies of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from pos_engine.checkout.active_rules import CompiledSet, coupon_series
from pos_engine.core.basket import Basket
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Outcome
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.prints import PrintRequest
from pos_engine.receipts.coupon_slip import CouponSlip, coupon_document
from pos_engine.receipts.receipt import ReceiptPaper, receipt_document
from pos_engine.wire.sync import MemberBody, ReceiptDocument

NO_NAMES: Mapping[str, str] = MappingProxyType({})


def prints_of(paper: ReceiptPaper, rules: CompiledSet | None, *, copy: bool) -> tuple[PrintRequest, ...]:
    """What is to be printed for a receipt, in order. `rules`: the set it was priced with, for names and conditions.

    Copies of coupons carry no code: they are paper to look at. A void prints no coupons.
    """
    requests = [PrintRequest("copy" if copy else "receipt", receipt_document(paper, copy=copy))]
    if paper.receipt.kind == "sale":
        requests += [
            PrintRequest("copy" if copy else "coupon", coupon_document(slip, copy=copy), slip.code)
            for slip in _slips(paper, rules)
        ]
    return tuple(requests)


def paper_of(
    receipt: ReceiptDocument,
    outcome: Outcome,
    till: TillIdentity,
    member: MemberBody | None,
    rules: CompiledSet | None,
    product_names: Mapping[str, str] = NO_NAMES,
) -> ReceiptPaper:
    """A receipt's own documents with the shop's and the customer's names; in the customer's language.

    `outcome`: with its reasons where what the customer could have had is to be told.
    """
    return ReceiptPaper(
        receipt=receipt,
        basket=msgspec.json.decode(receipt.basket, type=Basket),
        outcome=outcome,
        tariff=msgspec.json.decode(receipt.tariff, type=Tariff),
        shop_name=till.organisation_name,
        store_name=till.store_name,
        zone=till.zone,
        language=till.language if member is None else member.language,
        member_name="" if member is None else member.display_name,
        offer_names=NO_NAMES if rules is None else rules.names_for_anybody,
        product_names=product_names,
    )


def _slips(paper: ReceiptPaper, rules: CompiledSet | None) -> Iterator[CouponSlip]:
    for grant, coupon in zip(paper.outcome.coupon_grants, paper.receipt.issued_coupons, strict=True):
        if coupon.medium == "paper":
            yield CouponSlip(
                shop_name=paper.shop_name,
                code=coupon.coupon_id,
                title=grant.title,
                valid_from=coupon.valid_from,
                valid_until=coupon.valid_until,
                language=paper.language,
                conditions=tuple(_promised(coupon.series_id, grant.title, rules)),
            )


def _promised(series_id: str, title: str, rules: CompiledSet | None) -> Iterator[str]:
    """Names of the offers this series opens, where they say more than the title."""
    for offer in () if rules is None else rules.offers.values():
        if offer.name != title and series_id in coupon_series(offer.condition):
            yield offer.name
