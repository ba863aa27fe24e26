from __future__ import annotations

import itertools
from typing import get_args

import pytest

from pos_engine.checkout.answers import SaleState
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.machine import FINISHED, TRANSITIONS, SaleEvent, after, allows

STATES: tuple[SaleState, ...] = get_args(SaleState)
EVENTS: tuple[SaleEvent, ...] = get_args(SaleEvent)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(STATES, EVENTS)))
def test_every_step_is_in_the_table_or_refused_with_a_word(state: SaleState, event: SaleEvent) -> None:
    if allows(state, event):
        assert after("s", state, event) == TRANSITIONS[state, event]
    else:
        with pytest.raises(CheckoutError) as refused:
            after("s", state, event)
        assert "s" in refused.value.text


def test_after_the_tender_nothing_about_the_sale_changes() -> None:
    for state in ("tendered", "closed", "voided"):
        assert not any(allows(state, event) for event in ("card", "choice", "basket"))


def test_every_state_can_be_reached_and_only_finished_ones_are_ends() -> None:
    reached = {"open", *TRANSITIONS.values()}
    assert reached == set(STATES)
    leaving = {state for state, _ in TRANSITIONS}
    assert set(STATES) - leaving == {"voided"}
    assert {"closed", "voided"} == FINISHED
    assert [s for s, e in TRANSITIONS if e == "recorded"] == ["tendered"]
