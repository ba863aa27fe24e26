"""From an outcome to what a register and a cashier are told: names, sentences, and what would be worth a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from pos_engine import words
from pos_engine.checkout.active_rules import CompiledSet, needs_coupon
from pos_engine.checkout.answers import LineDiscount, MemberView, Message, OfferNote, OfferNotes, Quote, QuotedLine
from pos_engine.checkout.priced import Priced
from pos_engine.checkout.sale import Sale
from pos_engine.core.evaluate import evaluate
from pos_engine.core.outcome import Reason
from pos_engine.core.reasons import APPLIED, DECLINED, HINTS
from pos_engine.core.usage import Usage
from pos_engine.receipts.hints import with_names

AVAILABLE_MAX = 3
"""Offers worth telling a customer at the till; nobody listens to a fourth."""

CONSIDERED_MAX = 12
"""Offers whose possible saving is worked out for that: each costs a small evaluation."""


def quote_of(sale: Sale, priced: Priced, rules: CompiledSet, language: str) -> Quote:
    """A price in words."""
    outcome = priced.outcome
    refused = tuple(Message(f"coupon_{c.reason}", "warning", c.text) for c in priced.coupons if not c.accepted)
    return Quote(
        sale_ref=sale.sale_ref,
        state=sale.state,
        parked=sale.parked,
        currency=rules.tariff.currency,
        set_version=rules.set_version,
        total_value_minor=outcome.total_value_minor,
        total_discount_minor=outcome.total_discount_minor,
        total_due_minor=outcome.total_due_minor,
        lines=_lines(priced, rules),
        vat=outcome.vat,
        coupons=priced.coupons,
        messages=(() if sale.notice is None else (sale.notice,)) + refused,
        member=member_view(priced),
        outcome=outcome,
        explain=partial(_offer_notes, priced, rules, language),
        cash_step_minor=rules.tariff.cash_step_minor,
    )


def member_view(priced: Priced) -> MemberView | None:
    """The member as the cashier may see one."""
    if priced.holder is None or priced.member is None:
        return None
    body = priced.holder.body
    today = priced.moment.local_date
    held = sum(
        1
        for coupon in priced.member.held_coupons
        if coupon.uses_left > 0 and (coupon.valid_until is None or today <= coupon.valid_until)
    )
    return MemberView(
        member_id=body.member_id,
        card_id=priced.card_id,
        display_name=body.display_name,
        language=body.language,
        points=body.points,
        groups=body.groups,
        tier=body.tier,
        coupons_held=held,
    )


def _lines(priced: Priced, rules: CompiledSet) -> tuple[QuotedLine, ...]:
    totals = {total.line_id: total for total in priced.outcome.lines}
    taken: dict[str, dict[tuple[str, str], int]] = {}
    for share in priced.outcome.shares:
        if share.amount_minor:
            offers = taken.setdefault(share.line_id, {})
            key = (share.campaign_id, share.offer_id)
            offers[key] = offers.get(key, 0) + share.amount_minor
    return tuple(
        QuotedLine(
            line_id=line.line_id,
            product_id=line.product_id,
            name=line.name or line.product_id,
            quantity=line.quantity,
            measure=line.measure,
            vat_bp=rules.tariff.unknown_vat_bp if line.vat_bp is None else line.vat_bp,
            value_minor=totals[line.line_id].value_minor,
            discount_minor=totals[line.line_id].discount_minor,
            due_minor=totals[line.line_id].due_minor,
            discounts=tuple(
                LineDiscount(*key, rules.offer_name(*key), amount_minor)
                for key, amount_minor in taken.get(line.line_id, {}).items()
            ),
        )
        for line in priced.basket.lines
    )


def _offer_notes(priced: Priced, rules: CompiledSet, language: str) -> OfferNotes:
    return OfferNotes(
        applied=_applied(priced, rules, language),
        available=_available(priced, rules, language),
        lost=tuple(_notes(priced, rules, language, declined=False)),
        declined=tuple(_notes(priced, rules, language, declined=True)),
    )


def _applied(priced: Priced, rules: CompiledSet, language: str) -> tuple[OfferNote, ...]:
    savings = {(a.campaign_id, a.offer_id): a.discount_minor for a in priced.outcome.applied}
    return tuple(
        _note(reason, rules, language, savings.get((reason.campaign_id, reason.offer_id), 0))
        for reason in priced.explained.reasons
        if _gave(reason)
    )


def _gave(reason: Reason) -> bool:
    return reason.code in {APPLIED, "coupon_earned"}


def _notes(priced: Priced, rules: CompiledSet, language: str, *, declined: bool) -> Iterator[OfferNote]:
    for reason in priced.explained.reasons:
        if not _gave(reason) and (reason.code == DECLINED) == declined:
            yield _note(with_names(reason, priced.product_names), rules, language, 0)


def _note(reason: Reason, rules: CompiledSet, language: str, saving_minor: int) -> OfferNote:
    return OfferNote(
        campaign_id=reason.campaign_id,
        offer_id=reason.offer_id,
        name=rules.offer_name(reason.campaign_id, reason.offer_id),
        saving_minor=saving_minor,
        code=reason.code,
        text=words.reason_text(reason, language, rules.tariff),
    )


def _available(priced: Priced, rules: CompiledSet, language: str) -> tuple[OfferNote, ...]:
    """Offers the customer can still have now, by what each would save on this basket if its condition were met."""
    hints = [reason for reason in priced.explained.reasons if reason.code in HINTS and _for_anybody(reason, rules)]
    notes = [
        _note(with_names(reason, priced.product_names), rules, language, _would_save(priced, rules, reason))
        for reason in hints[:CONSIDERED_MAX]
    ]
    return tuple(sorted(notes, key=lambda note: (-note.saving_minor, note.offer_id))[:AVAILABLE_MAX])


def _for_anybody(reason: Reason, rules: CompiledSet) -> bool:
    offer = rules.offers.get((reason.campaign_id, reason.offer_id))
    return offer is not None and not needs_coupon(offer)


def _would_save(priced: Priced, rules: CompiledSet, reason: Reason) -> int:
    alone = rules.unconditional(reason.campaign_id, reason.offer_id)
    if alone is None:
        return 0
    basket = replace(priced.basket, declined_offer_ids=())
    return evaluate(alone, basket, priced.member, Usage(), priced.moment, explain=False).total_discount_minor
