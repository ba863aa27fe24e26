"""Why and why not on a receipt, made again from what the receipt keeps: its inputs and the version of its set.

A receipt is recorded while its customer waits, so it carries what was given and nothing else; a reason for each of a
thousand campaigns costs more than the price itself and is made when somebody looks.

Law: reasons are shown only where the evaluation gives what was paid; another one's reasons would be untrue.
"""

from __future__ import annotations

from dataclasses import replace

from pos_engine.core.evaluate import evaluate
from pos_engine.core.outcome import Outcome
from pos_engine.core.ruleset import Ruleset
from pos_engine.wire.documents import decode_basket, decode_member, decode_moment, decode_outcome, decode_usage
from pos_engine.wire.sync import ReceiptDocument


def explained(receipt: ReceiptDocument, ruleset: Ruleset | None) -> Outcome:
    """The receipt's outcome with a reason for every offer of its set. DocumentError when it cannot be read.

    `ruleset`: the set the receipt was priced with; None when it is lost: then the outcome says what was given only. A
    receipt of an earlier program that carries its reasons keeps them as they were written.
    """
    outcome = decode_outcome(bytes(receipt.outcome))
    if outcome.reasons or ruleset is None:
        return outcome
    again = priced_again(receipt, ruleset)
    return replace(outcome, reasons=again.reasons) if _given(again) == _given(outcome) else outcome


def priced_again(receipt: ReceiptDocument, ruleset: Ruleset) -> Outcome:
    """What the receipt's own inputs give under a set. DocumentError when they cannot be read."""
    return evaluate(
        ruleset,
        decode_basket(bytes(receipt.basket)),
        decode_member(bytes(receipt.member)),
        decode_usage(bytes(receipt.usage)),
        decode_moment(bytes(receipt.moment)),
    )


def gives_alike(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes ask for the same money, for the same offers, and give the same points."""
    return (_given(one), points_of(one)) == (_given(other), points_of(other))


def points_of(outcome: Outcome) -> int:
    """All points that an outcome gives."""
    return sum(grant.points for grant in outcome.points)


def _given(outcome: Outcome) -> tuple[object, ...]:
    """What an evaluation gave. Without signs: a void mirrors its sale."""
    totals = (outcome.total_value_minor, outcome.total_discount_minor, outcome.total_due_minor)
    applied = tuple((offer.campaign_id, offer.offer_id, abs(offer.discount_minor)) for offer in outcome.applied)
    return (*map(abs, totals), applied)
