"""Golden baskets: purchases with their totals that travel inside a campaign set, so that a till can try the set first.

The publisher prices a few baskets with its own core; a till prices them again before it takes the set over. A till
whose program reckons otherwise says so, instead of giving other discounts than the shop was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from pos_engine.core.basket import Basket
from pos_engine.core.evaluate import evaluate
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire.campaign_set import GoldenCase
from pos_engine.wire.documents import decode_basket, decode_member, decode_moment, encode
from pos_engine.wire.errors import DocumentError

CASES_MAX: Final = 32
"""Baskets that are tried at most; a set takes over in well under a second with them."""


def golden_case(ruleset: Ruleset, basket: Basket, member: Member | None, moment: Moment) -> GoldenCase:
    """A basket with what this core makes of it."""
    outcome = evaluate(ruleset, basket, member, Usage(), moment, explain=False)
    return GoldenCase(
        basket=msgspec.Raw(encode(basket)),
        member=msgspec.Raw(encode(member)),
        moment=msgspec.Raw(encode(moment)),
        value_minor=outcome.total_value_minor,
        discount_minor=outcome.total_discount_minor,
        line_dues_minor=tuple(line.due_minor for line in outcome.lines),
    )


def read_golden(golden: msgspec.Raw | msgspec.UnsetType) -> tuple[GoldenCase, ...]:
    """The cases of a set; none where it was published without. DocumentError: they cannot be read, or are too many."""
    if isinstance(golden, msgspec.UnsetType):
        return ()
    try:
        cases = msgspec.json.decode(golden, type=tuple[GoldenCase, ...])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise DocumentError("$.golden", f"not golden baskets: {error}") from error
    if len(cases) > CASES_MAX:
        raise DocumentError("$.golden", f"{len(cases)} golden baskets; at most {CASES_MAX} are tried")
    return cases


def disagreement(ruleset: Ruleset, cases: Sequence[GoldenCase]) -> str:
    """What the first case says that this core reckons otherwise; empty when both agree. DocumentError: unreadable."""
    for number, case in enumerate(cases, start=1):
        basket, member = decode_basket(bytes(case.basket)), decode_member(bytes(case.member))
        ours = golden_case(ruleset, basket, member, decode_moment(bytes(case.moment)))
        expected = (case.value_minor, case.discount_minor, case.line_dues_minor)
        if (ours.value_minor, ours.discount_minor, ours.line_dues_minor) != expected:
            there = f"{case.discount_minor} where the campaigns were published"
            return f"basket {number} of {len(cases)}: a discount of {ours.discount_minor} here, {there} (minor units)"
    return ""
