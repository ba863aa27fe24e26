"""Claims are judged: the reference campaign's terms, an invoice that is right, and each reason for refusing once."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from backoffice.claims import reasons
from backoffice.claims.checking import Known, Verdict, judge
from backoffice.claims.invoice import Invoice, InvoiceLine, Reduction
from backoffice.claims.terms import Terms
from backoffice.workshop.line_rules import Classifier
from backoffice.workshop.starter import starter_rules
from tests.support.invoices import VIN

CLASSIFIER = Classifier(starter_rules())
TERMS = Terms(
    campaign_id="winback-2022-2",
    version=1,
    starts_on=date(2022, 8, 1),
    ends_on=date(2022, 9, 30),
    upload_until=date(2022, 10, 31),
    registered_before=date(2018, 7, 1),
    currency="CHF",
    own_words=("winback",),
    bonus_words=("treuebonus",),
)
KNOWN = Known(date(2022, 10, 1), {VIN: date(2015, 3, 1)})
SERVICE = InvoiceLine("Service Arbeit", 40_000, 8_000, 770, kind="labour")
OIL = InvoiceLine("Motoröl", 10_000, 2_000, 770, kind="part")
TYRES = InvoiceLine("Winterreifen montieren", 60_000, 0, 770, kind="part")
GOOD = Invoice(
    number="R-117",
    invoiced_on=date(2022, 8, 12),
    done_on=date(2022, 8, 11),
    currency="CHF",
    net=True,
    lines=(SERVICE, OIL, TYRES),
    vins=(VIN,),
)


def _judge(invoice: Invoice = GOOD, known: Known = KNOWN, **changed: Any) -> Verdict:
    return judge(invoice, msgspec.structs.replace(TERMS, **changed), known, CLASSIFIER)


def _with(**changed: Any) -> Invoice:
    return msgspec.structs.replace(GOOD, **changed)


def test_a_right_invoice_is_accepted_and_tyres_count_neither_for_the_minimum_nor_for_the_share() -> None:
    verdict = _judge()
    assert verdict.accepted
    assert [(line.eligible, line.needed_minor, line.given_minor) for line in verdict.lines] == [
        (True, 8_000, 8_000),
        (True, 2_000, 2_000),
        (False, 0, 0),
    ]
    assert verdict.share_minor == 4_000  # 10 % of 500.00 less 100.00


@pytest.mark.parametrize(
    ("share_of", "with_vat", "net", "share_minor"),
    [
        ("after", False, True, 4_000),
        ("before", False, True, 5_000),
        ("after", True, True, 4_308),  # 400.00 and 7.7 % of it: 430.80
        ("after", True, False, 4_000),
        ("after", False, False, 3_714),  # 400.00 holds 28.60 of VAT
        ("before", True, True, 5_385),
    ],
)
def test_the_share_is_of_before_or_after_with_or_without_vat(
    share_of: str, with_vat: bool, net: bool, share_minor: int
) -> None:
    assert _judge(_with(net=net), share_of=share_of, share_with_vat=with_vat).share_minor == share_minor


LATE_CAR = Known(date(2022, 10, 1), {VIN: date(2018, 7, 1)})
UNKNOWN_CAR = Known(date(2022, 10, 1), {VIN: None})
REFUSED: list[tuple[str, Invoice, Known, dict[str, Any]]] = [
    (reasons.NO_VEHICLE, _with(vins=()), KNOWN, {}),
    (reasons.NOT_ON_LIST, GOOD, Known(date(2022, 10, 1), {}), {}),
    (reasons.REGISTRATION_UNKNOWN, GOOD, UNKNOWN_CAR, {}),
    (reasons.REGISTERED_TOO_LATE, GOOD, LATE_CAR, {}),
    (reasons.SERVICE_DAY_MISSING, _with(done_on=None), KNOWN, {}),
    (reasons.SERVICED_OUTSIDE, _with(done_on=date(2022, 7, 31)), KNOWN, {}),
    (reasons.INVOICED_OUTSIDE, _with(invoiced_on=date(2022, 10, 1)), KNOWN, {}),
    (reasons.NOTHING_ELIGIBLE, _with(lines=(TYRES,)), KNOWN, {}),
    (reasons.NO_DISCOUNT, _with(lines=(msgspec.structs.replace(SERVICE, discount_minor=0),)), KNOWN, {}),
    (reasons.DISCOUNT_TOO_SMALL, _with(lines=(msgspec.structs.replace(SERVICE, discount_minor=7_999),)), KNOWN, {}),
    (reasons.OTHER_BONUS, _with(reductions=(Reduction("Treuebonus 2022", 500),)), KNOWN, {"bonus": "refused"}),
    (reasons.CLAIMED_BEFORE, GOOD, msgspec.structs.replace(KNOWN, claimed=frozenset({"R-117"})), {}),
    (reasons.UPLOADED_LATE, GOOD, msgspec.structs.replace(KNOWN, uploaded_on=date(2022, 11, 1)), {}),
    (reasons.OTHER_CURRENCY, _with(currency="EUR"), KNOWN, {}),
]


@pytest.mark.parametrize(("code", "invoice", "known", "changed"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_refusal_names_its_reason_and_pays_nothing(
    code: str, invoice: Invoice, known: Known, changed: dict[str, Any]
) -> None:
    verdict = _judge(invoice, known, **changed)
    assert [reason.code for reason in verdict.reasons] == [code]
    assert verdict.share_minor == 0


def test_every_reason_has_its_case_here_and_a_sentence_with_its_values() -> None:
    assert {row[0] for row in REFUSED} == set(reasons.SENTENCES)
    for _code, invoice, known, changed in REFUSED:
        for reason in _judge(invoice, known, **changed).reasons:
            assert str(reasons.SENTENCES[reason.code]) % reason.values


def test_all_reasons_are_told_at_once() -> None:
    verdict = _judge(
        _with(done_on=date(2022, 7, 31), vins=()), msgspec.structs.replace(KNOWN, uploaded_on=date(2023, 1, 1))
    )
    assert [reason.code for reason in verdict.reasons] == [
        reasons.NO_VEHICLE,
        reasons.SERVICED_OUTSIDE,
        reasons.UPLOADED_LATE,
    ]


@pytest.mark.parametrize(
    ("reduction", "accepted"),
    [
        (Reduction("WinBack 20 %", 10_000), True),  # all of it is for the lines that the campaign is for
        (Reduction("Rabatt", 10_000), False),  # shared out over the tyres too
        (Reduction("Rabatt", 22_000), True),
        (Reduction("Treuebonus WinBack", 22_000), False),  # the named other bonus never counts
    ],
)
def test_what_is_taken_off_the_whole_counts_where_it_belongs(reduction: Reduction, accepted: bool) -> None:
    bare = tuple(msgspec.structs.replace(line, discount_minor=0) for line in GOOD.lines)
    assert _judge(_with(lines=bare, reductions=(reduction,))).accepted is accepted


def test_a_former_demonstration_car_counts_from_its_hand_over() -> None:
    assert _judge(known=Known(date(2022, 10, 1), {VIN: date(2018, 6, 30)})).accepted
