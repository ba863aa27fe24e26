"""The outcome of a finished course: ledger, sums per line and VAT rate, what applied, and why the rest did not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pos_engine.core.answers import Answer
from pos_engine.core.compiled import CompiledOffer
from pos_engine.core.course import Course, Entry
from pos_engine.core.facts import Facts
from pos_engine.core.grouped import Grouped
from pos_engine.core.late_rows import with_rows_later
from pos_engine.core.money import Tariff, tax_inside, tax_on_top
from pos_engine.core.outcome import (
    AppliedOffer,
    Certificate,
    CouponGrant,
    LineTotal,
    Outcome,
    Reason,
    Rows,
    UnitShare,
    VatTotal,
)
from pos_engine.core.phase import Live, coupon_taken
from pos_engine.core.points import messages_of, points_grants, points_of, stamps_given, stamps_grants, without_empty
from pos_engine.core.points_discount import PointsTaken, points_discount_shares, points_spent
from pos_engine.core.reasons import (
    APPLIED,
    COUPON_EARNED,
    FLOOR_REACHED,
    LOST_TO,
    MESSAGE,
    MISSING_UNITS,
    NOTHING_TO_SAVE,
    POINTS_EARNED,
    STAMPS_EARNED,
)
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.message import Message
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.core.sale import Sale

Earned = dict[int, dict[int, int]]
"""Offer number → unit → points."""


def line_totals(sale: Sale, left: Sequence[int]) -> tuple[LineTotal, ...]:
    """What each line costs before and after, in the order of the basket."""
    discounts = [0] * len(sale.basket.lines)
    for unit, (position, _) in enumerate(sale.goods.place_of):
        discounts[position] += sale.goods.price[unit] - left[unit]
    totals: list[LineTotal] = []
    for line, discount in zip(sale.basket.lines, discounts, strict=True):
        value = line.unit_price_minor * line.quantity
        rate = sale.ruleset.tariff.unknown_vat_bp if line.vat_bp is None else line.vat_bp
        totals.append(LineTotal(line.line_id, value, discount, value - discount, line.quantity, rate))
    return tuple(totals)


def vat_totals(sale: Sale, totals: tuple[LineTotal, ...]) -> tuple[VatTotal, ...]:
    """The lines' sums per VAT rate, with the tax of what is due computed once per rate."""
    tariff: Tariff = sale.ruleset.tariff
    sums: dict[int, tuple[int, int]] = {}
    for line, total in zip(sale.basket.lines, totals, strict=True):
        rate = tariff.unknown_vat_bp if line.vat_bp is None else line.vat_bp
        value, discount = sums.get(rate, (0, 0))
        sums[rate] = (value + total.value_minor, discount + total.discount_minor)
    found: list[VatTotal] = []
    for rate in sorted(sums):
        value, discount = sums[rate]
        due = value - discount
        tax = tax_inside(due, rate) if tariff.prices_include_tax else tax_on_top(due, rate)
        found.append(VatTotal(rate, value, discount, due, tax))
    return tuple(found)


def shares_of(sale: Sale, entry: Entry) -> list[UnitShare]:
    """The ledger rows of one gift, in the order of the basket."""
    compiled = entry.compiled
    rows: list[tuple[int, int, int, int]] = []
    needed = set(compiled.offer.reward.needed(entry.units, entry.amounts))
    for unit, amount in zip(entry.units, entry.amounts, strict=True):
        if amount > 0 or unit in needed:
            position, index = sale.goods.place_of[unit]
            rows.append((position, index, amount, sale.goods.vat[unit]))
    return [
        UnitShare(
            line_id=sale.basket.lines[position].line_id,
            unit_index=index,
            campaign_id=compiled.campaign_id,
            campaign_version=compiled.campaign_version,
            offer_id=compiled.offer.offer_id,
            role="receives" if amount > 0 else "triggers",
            amount_minor=amount,
            vat_bp=rate,
            phase=compiled.offer.phase,
        )
        for position, index, amount, rate in sorted(rows)
    ]


def grant_of(compiled: CompiledOffer) -> CouponGrant | None:
    """The coupon for later that an applied offer gives."""
    reward = compiled.offer.reward
    if not isinstance(reward, CouponLater):
        return None
    return CouponGrant(
        campaign_id=compiled.campaign_id,
        campaign_version=compiled.campaign_version,
        offer_id=compiled.offer.offer_id,
        series_id=reward.series_id,
        title=reward.title,
        valid_from_days=reward.valid_from_days,
        valid_for_days=reward.valid_for_days,
        medium=reward.medium,
    )


def applied_reason(sale: Sale, entry: Entry, earned: Earned) -> Reason:
    """The reason of an offer that gave something."""
    compiled = entry.compiled
    reward = compiled.offer.reward
    head = (compiled.campaign_id, compiled.campaign_version, compiled.offer.offer_id)
    if isinstance(reward, CouponLater):
        return Reason(*head, COUPON_EARNED, {"title": reward.title})
    if isinstance(reward, Stamps):
        return Reason(*head, STAMPS_EARNED, {"stamps": stamps_given(sale, entry)})
    if isinstance(reward, Message):
        return Reason(*head, MESSAGE, {"message": reward.message})
    if reward.grants():
        return Reason(*head, POINTS_EARNED, {"points": sum(earned[compiled.number].values())})
    return Reason(*head, APPLIED, {"discount_minor": entry.discount_minor})


def lost_reason(live: Live, course: Course, facts: Facts, price: list[int]) -> Answer:
    """Why an offer that held gave nothing: its coupon, its group, its units went to another, or nothing was left."""
    taken = coupon_taken(course, live, facts)
    if taken is not None:
        return taken
    reward = live.compiled.offer.reward
    if isinstance(reward, Grouped) and live.units:
        missing = reward.missing(live.units, live.terms)
        if missing:
            return Answer(MISSING_UNITS, {"missing": missing})
    mine = set(live.units)
    solo = live.compiled.offer.reward.saving_max(live.units, price, live.terms)
    group = live.compiled.offer.exclusive_group
    rivals: list[tuple[int, str, str]] = []
    for entry in course.entries:
        same_group = (
            live.compiled.offer.policy == "exclusive" and course.group_winner.get(group) == entry.compiled.number
        )
        if same_group:
            overlap = entry.discount_minor
        else:
            overlap = sum(a for u, a in zip(entry.units, entry.amounts, strict=True) if u in mine)
        if overlap > 0:
            rivals.append((-overlap, entry.compiled.offer.offer_id, entry.compiled.offer.name))
    if not rivals:
        return Answer(NOTHING_TO_SAVE if live.units else FLOOR_REACHED)
    rivals.sort()
    gained = -sum(overlap for overlap, _, _ in rivals)
    return Answer(
        LOST_TO, {"winner_offer_id": rivals[0][1], "winner_name": rivals[0][2], "by_minor": max(0, gained - solo)}
    )


def given_order(course: Course) -> list[Entry]:
    """The gifts of a course in the order of an outcome: by phase, then in the stable order."""
    return sorted(course.entries, key=lambda e: (e.compiled.phase_number, e.compiled.number))


def earned_in(sale: Sale, course: Course) -> tuple[Earned, list[int]]:
    """The points of a course; offers whose points came to nothing are taken out of it, and are the second part."""
    earned = points_of(sale, course)
    return earned, without_empty(course, earned)


def rows_of(sale: Sale, entries: Sequence[Entry], left: Sequence[int], earned: Earned) -> Rows:
    """The ledger, the sums per line and VAT rate, what applied, and what was given beside money."""
    lines = line_totals(sale, left)
    return Rows(
        lines=lines,
        vat=vat_totals(sale, lines),
        shares=tuple([share for entry in entries for share in shares_of(sale, entry)]),
        applied=tuple(
            [
                AppliedOffer(
                    campaign_id=entry.compiled.campaign_id,
                    campaign_version=entry.compiled.campaign_version,
                    offer_id=entry.compiled.offer.offer_id,
                    name=entry.compiled.offer.name,
                    uses=entry.uses,
                    discount_minor=entry.discount_minor,
                    redeemed_coupon_ids=tuple(coupon_id for _, coupon_id in entry.coupons),
                )
                for entry in entries
            ]
        ),
        coupon_grants=tuple([grant for entry in entries if (grant := grant_of(entry.compiled)) is not None]),
        points=points_grants(sale, entries, earned),
        stamps=stamps_grants(sale, entries),
        messages=messages_of(entries),
    )


def outcome_of(
    sale: Sale,
    course: Course,
    reasons: tuple[Reason, ...],
    certificate: Certificate,
    earned: Earned,
    taken: PointsTaken | None = None,
) -> Outcome:
    """Put everything together; the parts sum to the whole by construction."""
    value = sum([line.unit_price_minor * line.quantity for line in sale.basket.lines])
    discount = sum(sale.goods.price) - sum(course.left)
    entries = given_order(course)
    if taken is None and sale.ruleset.tariff.prices_include_tax:
        totals = (value, discount, value - discount)
        make_rows = partial(rows_of, sale, entries, course.left, earned)
        return with_rows_later(
            make_rows, totals, certificate, sale.ruleset.version, reasons, grants_later=course.grants
        )
    rows = rows_of(sale, entries, course.left, earned)
    tax_on_top_minor = 0 if sale.ruleset.tariff.prices_include_tax else sum(rate.tax_minor for rate in rows.vat)
    return Outcome(
        total_value_minor=value,
        total_discount_minor=discount,
        total_due_minor=value - discount + tax_on_top_minor,
        lines=rows.lines,
        vat=rows.vat,
        shares=rows.shares if taken is None else rows.shares + points_discount_shares(sale, taken),
        applied=rows.applied,
        reasons=reasons,
        coupon_grants=rows.coupon_grants,
        certificate=certificate,
        ruleset_version=sale.ruleset.version,
        points=rows.points,
        stamps=rows.stamps,
        messages=rows.messages,
        points_spent=None if taken is None else points_spent(sale, taken),
    )
