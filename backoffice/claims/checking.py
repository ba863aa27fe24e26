"""A claim is judged: line by line by the core against the campaign's version, then by days, vehicle and the past.

Pure. Every reason is found, not the first one only, so that a dealer mends an invoice once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Final

import msgspec

from backoffice.claims import reasons
from backoffice.claims.invoice import Invoice, InvoiceLine, Reduction
from backoffice.claims.reasons import Reason
from backoffice.claims.terms import BASIS_POINTS, OPERATION, Terms, campaign_of
from backoffice.text import folded
from backoffice.workshop.line_rules import Classifier
from backoffice.workshop.reading import LABOUR
from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.evaluate import evaluate
from pos_engine.core.moment import moment_at
from pos_engine.core.money import (
    Tariff,
    divide_half_up,
    share_by_largest_remainder,
    tax_inside,
    tax_on_top,
)
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage

MIDDAY: Final = time(12)


class Known(msgspec.Struct, frozen=True):
    """What is known of a claim beside its invoice.

    `on_list`: the numbers of the vehicles that the dealer confirmed, with the day each was first registered or, for a
    former demonstration car, handed over; None: not known. `claimed`: numbers of invoices that were claimed before.
    """

    uploaded_on: date
    on_list: dict[str, date | None]
    claimed: frozenset[str] = frozenset()


class LineVerdict(msgspec.Struct, frozen=True):
    """One line: what it was taken for, whether the campaign is for it, what was asked and what the invoice gives."""

    text: str
    operation: str
    eligible: bool
    list_minor: int
    needed_minor: int
    given_minor: int


class Verdict(msgspec.Struct, frozen=True):
    """A claim's judgement. `vin` is empty when no vehicle is named. `share_minor` is 0 when there is a reason."""

    vin: str
    lines: tuple[LineVerdict, ...]
    reasons: tuple[Reason, ...]
    share_minor: int

    @property
    def accepted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


def judge(invoice: Invoice, terms: Terms, known: Known, classifier: Classifier) -> Verdict:
    """Judge one invoice. The same invoice, terms and knowledge give the same verdict."""
    lines = _lines(invoice, terms, classifier)
    vin = next((each for each in invoice.vins if each in known.on_list), next(iter(invoice.vins), ""))
    found = (
        *_of_vehicle(vin, terms, known),
        *_of_days(invoice, terms, known),
        *_of_discount(invoice, terms, lines),
        *_of_before(invoice, terms, known),
    )
    share = 0 if found else _share(invoice, terms, lines)
    return Verdict(vin, lines, found, share)


def _lines(invoice: Invoice, terms: Terms, classifier: Classifier) -> tuple[LineVerdict, ...]:
    taken = [classifier.take(line.kind, line.code, line.text) for line in invoice.lines]
    basket = Basket(
        tuple(
            BasketLine(
                line_id=str(number),
                product_id=f"line {number}",
                unit_price_minor=line.list_minor,
                vat_bp=line.vat_bp,
                line_kind="service" if line.kind == LABOUR else "goods",
                family=what.family,
                attributes=(OPERATION + what.operation,) if what.operation else (),
            )
            for number, (line, what) in enumerate(zip(invoice.lines, taken, strict=True))
        )
    )
    needed = _core(basket, invoice, terms, terms.minimum_bp)
    # A line of a few cents may get none of the minimum and is eligible all the same: with everything off it shows.
    eligible = [amount > 0 for amount in _core(basket, invoice, terms, BASIS_POINTS)]
    given = _given(invoice, terms, eligible)
    return tuple(
        LineVerdict(line.text, what.operation, fits, line.list_minor, asked, amount)
        for line, what, fits, asked, amount in zip(invoice.lines, taken, eligible, needed, given, strict=True)
    )


def _core(basket: Basket, invoice: Invoice, terms: Terms, percent_bp: int) -> list[int]:
    """What the core takes off each line, on the campaign's first day: days are judged apart."""
    tariff = Tariff(currency=invoice.currency, prices_include_tax=not invoice.net)
    ruleset = compile_ruleset([campaign_of(terms, percent_bp)], tariff)
    midday = datetime.combine(terms.starts_on, MIDDAY, UTC)
    outcome = evaluate(ruleset, basket, None, Usage(), moment_at(midday, UTC), explain=False)
    off = {line.line_id: line.discount_minor for line in outcome.lines}
    return [off[line.line_id] for line in basket.lines]


def _given(invoice: Invoice, terms: Terms, eligible: Sequence[bool]) -> list[int]:
    """Per line, what the invoice takes off it; what is taken off the whole is shared out by what is paid."""
    given = [line.discount_minor for line in invoice.lines]
    for reduction in invoice.reductions:
        if _called(reduction, terms.bonus_words):
            continue
        own = _called(reduction, terms.own_words) and any(eligible)
        paid = [_weight(line, own=own, fits=fits) for line, fits in zip(invoice.lines, eligible, strict=True)]
        if any(paid):
            shares = share_by_largest_remainder(reduction.amount_minor, paid)
            given = [before + share for before, share in zip(given, shares, strict=True)]
    return given


def _weight(line: InvoiceLine, *, own: bool, fits: bool) -> int:
    return max(line.paid_minor, 0) if fits or not own else 0


def _called(reduction: Reduction, words: Sequence[str]) -> bool:
    text = folded(reduction.text)
    return any(folded(word) in text for word in words)


def _of_vehicle(vin: str, terms: Terms, known: Known) -> Iterator[Reason]:
    if not vin:
        yield Reason(reasons.NO_VEHICLE)
    elif vin not in known.on_list:
        yield Reason(reasons.NOT_ON_LIST, {"vin": vin})
    elif (registered := known.on_list[vin]) is None:
        yield Reason(reasons.REGISTRATION_UNKNOWN, {"vin": vin})
    elif registered >= terms.registered_before:
        limit = terms.registered_before.isoformat()
        yield Reason(reasons.REGISTERED_TOO_LATE, {"day": registered.isoformat(), "limit": limit})


def _of_days(invoice: Invoice, terms: Terms, known: Known) -> Iterator[Reason]:
    first, last = terms.starts_on, terms.ends_on
    span = {"first": first.isoformat(), "last": last.isoformat()}
    if invoice.done_on is None:
        yield Reason(reasons.SERVICE_DAY_MISSING)
    elif not first <= invoice.done_on <= last:
        yield Reason(reasons.SERVICED_OUTSIDE, {"day": invoice.done_on.isoformat(), **span})
    if not first <= invoice.invoiced_on <= last:
        yield Reason(reasons.INVOICED_OUTSIDE, {"day": invoice.invoiced_on.isoformat(), **span})
    if known.uploaded_on > terms.upload_until:
        limit = terms.upload_until.isoformat()
        yield Reason(reasons.UPLOADED_LATE, {"day": known.uploaded_on.isoformat(), "limit": limit})


def _of_discount(invoice: Invoice, terms: Terms, lines: Sequence[LineVerdict]) -> Iterator[Reason]:
    eligible = [line for line in lines if line.eligible]
    needed, given = sum(line.needed_minor for line in eligible), sum(line.given_minor for line in eligible)
    if not eligible:
        yield Reason(reasons.NOTHING_ELIGIBLE)
    elif given <= 0:
        yield Reason(reasons.NO_DISCOUNT)
    elif given < needed:
        yield Reason(reasons.DISCOUNT_TOO_SMALL, {"given": given, "needed": needed})
    if terms.bonus == "refused":
        for reduction in invoice.reductions:
            if _called(reduction, terms.bonus_words):
                yield Reason(reasons.OTHER_BONUS, {"bonus": reduction.text})


def _of_before(invoice: Invoice, terms: Terms, known: Known) -> Iterator[Reason]:
    if invoice.number in known.claimed:
        yield Reason(reasons.CLAIMED_BEFORE, {"number": invoice.number})
    if invoice.currency != terms.currency:
        yield Reason(reasons.OTHER_CURRENCY, {"currency": invoice.currency, "expected": terms.currency})


def _share(invoice: Invoice, terms: Terms, lines: Sequence[LineVerdict]) -> int:
    """The importer's share of the eligible lines, rounded half up once; VAT is put on or taken out per rate."""
    base_by_rate: dict[int, int] = {}
    for line, verdict in zip(invoice.lines, lines, strict=True):
        if verdict.eligible:
            off = verdict.given_minor if terms.share_of == "after" else 0
            base_by_rate[line.vat_bp] = base_by_rate.get(line.vat_bp, 0) + line.list_minor - off
    base = sum(base_by_rate.values())
    if terms.share_with_vat and invoice.net:
        base += sum(tax_on_top(amount, rate) for rate, amount in base_by_rate.items())
    if not terms.share_with_vat and not invoice.net:
        base -= sum(tax_inside(amount, rate) for rate, amount in base_by_rate.items())
    return divide_half_up(base * terms.share_bp, BASIS_POINTS)
