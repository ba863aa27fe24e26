from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import pytest
from typing_extensions import override

from pos_engine.checkout.screen import ScreenState
from pos_engine.daemon.screen.feed import ScreenFeed, TooManyClientsError
from tests.support.screens import FULL, IDLE, ShownCheckout

SOON_S = 0.01
BOUND_S = 10.0


@dataclass
class CountingCheckout(ShownCheckout):
    """Counts the looks; shows `next_state` in the middle of the first one."""

    looks: int = 0
    next_state: ScreenState | None = None

    @override
    def screen(self) -> ScreenState:
        self.looks += 1
        state, coming, self.next_state = self.state, self.next_state, None
        if coming is not None:
            self.show(coming)
        return state


def test_a_late_comer_gets_the_state_of_now_at_once() -> None:
    checkout = ShownCheckout(state=FULL)
    assert next(ScreenFeed(checkout).states(BOUND_S)) is FULL


def test_a_slow_browser_skips_what_it_missed() -> None:
    checkout = ShownCheckout()
    states = ScreenFeed(checkout).states(BOUND_S)
    next(states)
    for version in range(2, 50):
        checkout.show(replace(FULL, version=version))
    newest = next(states)
    assert newest is not None
    assert newest.version == 49


def test_silence_is_a_heartbeat() -> None:
    states = ScreenFeed(ShownCheckout()).states(SOON_S)
    assert next(states) is IDLE
    assert next(states) is None


def test_a_state_is_made_when_a_browser_wants_it_and_once_for_all_of_them() -> None:
    checkout = CountingCheckout()
    feed = ScreenFeed(checkout)
    first, second = feed.states(SOON_S), feed.states(SOON_S)
    checkout.show(FULL)
    assert checkout.looks == 0
    assert (next(first), next(second)) == (FULL, FULL)
    assert checkout.looks == 1


def test_what_changes_while_a_state_is_made_is_looked_at_again() -> None:
    newer = replace(FULL, version=FULL.version + 1)
    checkout = CountingCheckout(state=FULL, next_state=newer)
    states = ScreenFeed(checkout).states(SOON_S)
    assert [next(states), next(states), next(states)] == [FULL, newer, None]


def test_closing_ends_a_stream_that_waits() -> None:
    checkout = ShownCheckout()
    feed = ScreenFeed(checkout)
    begun, rest = threading.Event(), []

    def watch() -> None:
        for state in feed.states(BOUND_S * 10):
            rest.append(state)
            begun.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert begun.wait(BOUND_S)
    feed.close()
    watcher.join(BOUND_S)
    assert not watcher.is_alive()
    assert rest == [IDLE]
    assert checkout.listeners == []


def test_places_are_bounded_and_given_back_once() -> None:
    feed = ScreenFeed(ShownCheckout(), clients_max=2)
    leave = feed.take_place()
    feed.take_place()
    with pytest.raises(TooManyClientsError):
        feed.take_place()
    leave()
    leave()
    assert feed.clients == 1
    feed.take_place()
    assert feed.clients == 2
