"""An outcome whose rows come later is the same outcome."""

from __future__ import annotations

import copy
import pickle
import threading
from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.evaluate import evaluate
from pos_engine.core.late_rows import with_rows_later
from pos_engine.core.outcome import Certificate, Outcome, Rows
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire.documents import decode_outcome, encode
from tests.support.pricing import ALWAYS, MOMENT, TARIFF, campaign_of, line

RULES = compile_ruleset((campaign_of(Offer("o", "10 %", ALWAYS, Percent(1000))),), TARIFF)
BASKET = Basket((line("1", "a", 1000, 2), line("2", "c", 99)))


def fresh() -> Outcome:
    outcome = evaluate(RULES, BASKET, None, Usage(), MOMENT, explain=False)
    assert "shares" not in outcome.__dict__
    return outcome


def test_totals_need_no_rows() -> None:
    outcome = fresh()
    totals = (outcome.total_value_minor, outcome.total_discount_minor, outcome.total_due_minor)
    assert totals == (2099, 210, 1889)
    assert outcome.points == ()
    assert outcome.points_spent is None
    assert "shares" not in outcome.__dict__


def test_it_encodes_compares_and_copies_as_if_the_rows_had_always_been_there() -> None:
    whole = decode_outcome(encode(fresh()))
    assert fresh() == whole
    assert hash(fresh().certificate) == hash(whole.certificate)
    assert replace(fresh(), reasons=()) == whole
    assert copy.copy(fresh()) == whole
    assert copy.deepcopy(fresh()) == whole
    assert pickle.loads(pickle.dumps(fresh())) == whole  # noqa: S301 - what was pickled a moment ago
    assert repr(fresh()) == repr(whole)
    assert sum(share.amount_minor for share in fresh().shares) == 210


def test_the_rows_are_made_once_whoever_asks() -> None:
    made: list[int] = []
    gate = threading.Barrier(4)

    def rows() -> Rows:
        made.append(1)
        return Rows((), (), (), ())

    outcome = with_rows_later(rows, (0, 0, 0), Certificate(optimal=True, gap_minor=0, effort_used=0), 1)
    found: list[object] = []

    def ask() -> None:
        gate.wait(10)
        found.append((outcome.lines, outcome.applied))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [((), ())] * 4
    before = len(made)
    assert outcome.vat == ()
    assert len(made) == before


def test_an_attribute_that_does_not_exist_is_an_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no colour"):
        _ = fresh().colour  # type: ignore[attr-defined] # what a typing mistake looks like
