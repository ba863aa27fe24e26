"""An outcome as text for people: a receipt, the offers with their reasons, and who gave what on which unit."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import timedelta

from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.moment import Moment
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import POINTS_DISCOUNT, Outcome, Reason
from pos_engine.words import date_text, money_text, percent_text, reason_text, text

WIDTH = 64
"""Columns of the receipt on a terminal."""

STEERING = frozenset({"Cc", "Cf"})
"""Unicode's control and format characters: escapes, line feeds, changes of the writing direction."""


def receipt(
    basket: Basket, outcome: Outcome, tariff: Tariff, moment: Moment, names: Mapping[str, str], language: str
) -> str:
    """The receipt as lines of text. `names`: offer id → what the offer is called."""

    def money(minor: int) -> str:
        return money_text(minor, tariff.currency, language)

    clock = f"{moment.minute_of_day // 60:02}:{moment.minute_of_day % 60:02}"
    rows = [_columns(f"{date_text(moment.local_date, language)} {clock}", basket.store_id), ""]
    called = {POINTS_DISCOUNT: text("receipt.points_used", language), **names}
    taken: dict[str, dict[str, int]] = {}
    for share in outcome.shares:
        per_offer = taken.setdefault(share.line_id, {})
        per_offer[share.offer_id] = per_offer.get(share.offer_id, 0) + share.amount_minor
    for line, total in zip(basket.lines, outcome.lines, strict=True):
        rows.append(_columns(_goods(line, money(line.unit_price_minor)), money(total.value_minor)))
        rows += [
            _columns(f"    {called[o]}", money(-minor)) for o, minor in taken.get(line.line_id, {}).items() if minor
        ]
    rows.append("-" * WIDTH)
    if outcome.total_discount_minor:
        rows.append(_columns(text("evaluate.value", language), money(outcome.total_value_minor)))
        rows.append(_columns(text("evaluate.saved", language), money(outcome.total_discount_minor)))
    rows.append(_columns(text("evaluate.total", language), money(outcome.total_due_minor)))
    for rate in outcome.vat:
        percent = percent_text(rate.vat_bp, language)
        due = text("evaluate.vat", language, percent=percent, due_minor=money(rate.due_minor))
        rows.append(_columns(f"  {due}", money(rate.tax_minor)))
    rows += _coupons(outcome, moment, language)
    rows += _offers(outcome, tariff, names, language)
    rows += ["", _certificate(outcome, tariff, language)]
    return "\n".join(_safe(row).rstrip() for row in rows)


def explanation(outcome: Outcome, tariff: Tariff, names: Mapping[str, str], language: str) -> str:
    """Every offer with its reason in words, then the ledger: line, unit, offer, amount."""
    rows = [_reason_row(reason, tariff, names, language) for reason in outcome.reasons]
    for share in outcome.shares:
        amount = money_text(share.amount_minor, tariff.currency, language)
        rows.append(f"{share.line_id}[{share.unit_index}] {share.phase} {share.offer_id} {amount}")
    return "\n".join([_safe(row) for row in rows])


def _safe(row: str) -> str:
    """A row without what would steer the terminal: names come out of documents, line feeds and escapes with them."""
    return "".join([" " if unicodedata.category(sign) in STEERING else sign for sign in row])


def _goods(line: BasketLine, unit_price: str) -> str:
    name = line.name or line.product_id
    measure = f" ({line.measure})" if line.measure else ""
    return f"{name}{measure}" if line.quantity == 1 else f"{line.quantity} x {name}{measure} @ {unit_price}"


def _coupons(outcome: Outcome, moment: Moment, language: str) -> list[str]:
    if not outcome.coupon_grants:
        return []
    rows = ["", text("evaluate.coupons", language)]
    for grant in outcome.coupon_grants:
        first = moment.local_date + timedelta(days=grant.valid_from_days)
        last = first + timedelta(days=grant.valid_for_days - 1)
        dates = {"from_on": date_text(first, language), "until_on": date_text(last, language)}
        rows.append(f"  {text('evaluate.coupon', language, title=grant.title, **dates)}")
    return rows


def _offers(outcome: Outcome, tariff: Tariff, names: Mapping[str, str], language: str) -> list[str]:
    given = {offer.offer_id for offer in outcome.applied}
    rows: list[str] = []
    for title, wanted in (("evaluate.applied", True), ("evaluate.not_applied", False)):
        some = [reason for reason in outcome.reasons if (reason.offer_id in given) is wanted]
        if some:
            rows += ["", text(title, language)]
            rows += [f"  {_reason_row(reason, tariff, names, language)}" for reason in some]
    return rows


def _reason_row(reason: Reason, tariff: Tariff, names: Mapping[str, str], language: str) -> str:
    name = names.get(reason.offer_id) or reason.offer_id or reason.campaign_id
    return f"{name}: {reason_text(reason, language, tariff)}"


def _certificate(outcome: Outcome, tariff: Tariff, language: str) -> str:
    if outcome.certificate.optimal:
        return text("evaluate.best_price", language)
    gap = money_text(outcome.certificate.gap_minor, tariff.currency, language)
    return text("evaluate.near_best_price", language, gap_minor=gap)


def _columns(left: str, right: str) -> str:
    """Left and right text on one line; Chinese characters take two columns each."""
    return left + " " * max(1, WIDTH - _width(left) - _width(right)) + right


def _width(written: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in written)
