"""From an outcome to what a register and a cashier are told: names, sentences, and what would be worth a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from pos_engine import words
from pos_engine.checkout.active_rules import CompiledSet, needs_coupon
from pos_engine.checkout.answers import LineDiscount, MemberView, Message, OfferNote, OfferNotes, Quote, QuotedLine
from pos_engine.checkout.cards import Holder
from pos_engine.checkout.priced import Priced
from pos_engine.checkout.sale import Sale
from pos_engine.checkout.spending import Purse, usable_as_discount
from pos_engine.core.bookings import POINTS, STAMPS, VALUE
from pos_engine.core.evaluate import evaluate
from pos_engine.core.outcome import POINTS_DISCOUNT, PROGRAMME, Reason
from pos_engine.core.reasons import APPLIED, COUPON_EARNED, DECLINED, HINTS, POINTS_EARNED, STAMPS_EARNED
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
        lines=_lines(priced, rules, language),
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
    today = priced.moment.local_date
    held = sum(
        1
        for coupon in priced.member.held_coupons
        if coupon.uses_left > 0 and (coupon.valid_until is None or today <= coupon.valid_until)
    )
    return view_of(priced.holder, priced.purse, held)


def view_of(holder: Holder, purse: Purse | None, coupons_held: int = 0) -> MemberView:
    """A member with what the accounts say."""
    body, accounts = holder.body, {} if purse is None else purse.accounts
    stamps = ((unit.removeprefix(STAMPS), a.balance) for unit, a in accounts.items() if unit.startswith(STAMPS))
    return MemberView(
        member_id=body.member_id,
        card_id=holder.card_id,
        display_name=body.display_name,
        language=body.language,
        points=accounts[POINTS].balance if POINTS in accounts else body.points,
        groups=body.groups,
        tier=body.tier,
        coupons_held=coupons_held,
        tier_name=body.tier_name or body.tier,
        points_usable=0 if purse is None else usable_as_discount(purse),
        points_step=1 if purse is None else purse.programme.points_step,
        value_minor=accounts[VALUE].balance if VALUE in accounts else 0,
        stamps=tuple((card, count) for card, count in stamps if count),
        provisional=purse is not None and not purse.on_line,
        points_off_line=_points_off_line(purse),
    )


def _points_off_line(purse: Purse | None) -> int | None:
    if purse is None or purse.on_line or not (purse.programme.as_discount or purse.programme.as_tender):
        return None
    return purse.points.amount


def _name(key: tuple[str, str], rules: CompiledSet, language: str) -> str:
    """What a discount is called: its offer's name, or the points that were used."""
    return words.text("receipt.points_used", language) if key[0] == PROGRAMME else rules.offer_name(*key)


def _lines(priced: Priced, rules: CompiledSet, language: str) -> tuple[QuotedLine, ...]:
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
                LineDiscount(*key, _name(key, rules, language), amount_minor)
                for key, amount_minor in taken.get(line.line_id, {}).items()
            ),
        )
        for line in priced.basket.lines
    )


def _offer_notes(priced: Priced, rules: CompiledSet, language: str) -> OfferNotes:
    used, usable = _points_notes(priced, rules, language)
    return OfferNotes(
        applied=_applied(priced, rules, language) + used,
        available=usable + _available(priced, rules, language),
        declined=tuple(_notes(priced, rules, language, declined=True)),
        why=lambda: tuple(_notes(priced, rules, language, declined=False)),
    )


def _applied(priced: Priced, rules: CompiledSet, language: str) -> tuple[OfferNote, ...]:
    savings = {(a.campaign_id, a.offer_id): a.discount_minor for a in priced.outcome.applied}
    return tuple(
        _note(reason, rules, language, savings.get((reason.campaign_id, reason.offer_id), 0))
        for reason in priced.explained.reasons
        if _gave(reason)
    )


def _points_notes(
    priced: Priced, rules: CompiledSet, language: str
) -> tuple[tuple[OfferNote, ...], tuple[OfferNote, ...]]:
    """Points that are used on this sale, or could be, as something to tap."""
    spent = priced.outcome.points_spent
    name = words.text("receipt.points_used", language)
    if spent is not None:
        text = words.text("checkout.points_count", language, points=spent.points)
        return (OfferNote(PROGRAMME, POINTS_DISCOUNT, name, spent.amount_minor, "points_used", text),), ()
    usable = 0 if priced.purse is None else usable_as_discount(priced.purse)
    goods_minor = priced.outcome.total_value_minor - priced.outcome.total_discount_minor
    step, worth = rules.programme.points_step, rules.programme.step_minor
    steps = min(usable // step, max(0, goods_minor) // worth)
    if not steps:
        return (), ()
    text = words.text("checkout.points_count", language, points=steps * step)
    to_use = words.text("screen.points_how_many", language)
    return (), (OfferNote(PROGRAMME, POINTS_DISCOUNT, to_use, steps * worth, "points_usable", text),)


def _gave(reason: Reason) -> bool:
    return reason.code in {APPLIED, COUPON_EARNED, POINTS_EARNED, STAMPS_EARNED}


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
