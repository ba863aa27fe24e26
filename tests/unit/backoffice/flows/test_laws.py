"""Whatever happens to a flow, pauses, dead workers, clocks that jump: nobody gets a step twice, nobody is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from backoffice.db import Database
from backoffice.errors import InputError
from backoffice.flows import people, services
from backoffice.flows.form import Check, Joined, Wait, WaitUntil
from backoffice.flows.models import Flow
from backoffice.flows.states import STANDING, FlowState, PlaceState
from backoffice.flows.turns import take_turn
from backoffice.office import Office
from tests.support.flows import FlowBench
from tests.support.office import OfficeBench


class Killed(BaseException):
    """The worker died here."""


class MortalOffice:
    """The office as a worker sees it that dies at its n-th commit, just before it or just after."""

    def __init__(self, office: Office, commits: int, *, after: bool) -> None:
        self.left, self.after = commits, after
        database = SimpleNamespace(read=office.database.read, write=self._writing(office.database.write))
        self.office = replace(office, database=cast("Database", database))

    def _writing(self, factory: Callable[[], Session]) -> Callable[[], Any]:
        @contextmanager
        def session() -> Iterator[Session]:
            with factory() as tx:
                commit = tx.commit

                def mortal() -> None:
                    self.left -= 1
                    if self.left > 0:
                        commit()
                        return
                    if self.after:
                        commit()
                    raise Killed

                tx.commit = mortal  # type: ignore[method-assign]
                yield tx

        return session


ACTS = st.one_of(
    st.tuples(st.just("turn"), st.sampled_from([0, 1, 12, 26, 80])),
    st.tuples(st.just("die"), st.integers(1, 6)),
    st.tuples(st.just("die after"), st.integers(1, 6)),
    st.tuples(st.sampled_from(["join", "pause", "resume", "move", "skip", "out"]), st.just(0)),
)


class Story:
    """One flow with everything that happens to it."""

    def __init__(self, shop: FlowBench) -> None:
        self.shop, self.names = shop, 0
        shop.write(lambda tx: tx.execute(delete(Flow)))
        question = Check(step_id="3", days=5, yes=(shop.send("4"),), no=(Wait(step_id="5", days=2), shop.send("6")))
        until = WaitUntil(step_id="7", hour=8)
        self.flow_id = shop.started(
            Joined(), shop.send("1"), Wait(step_id="2", days=1), question, until, shop.send("8")
        )

    def do(self, act: str, number: int) -> None:
        sent = len(self.shop.dispatches(self.flow_id))
        paused = self.shop.flow(self.flow_id).state == FlowState.PAUSED
        with suppress(InputError):
            self._do(act, number)
        if paused:
            assert len(self.shop.dispatches(self.flow_id)) == sent, "something was sent during a pause"
        self.check()

    def _do(self, act: str, number: int) -> None:
        shop = self.shop
        match act:
            case "turn":
                shop.turn(timedelta(hours=number))
            case "die" | "die after":
                shop.bench.clock.forward(timedelta(hours=7))
                with suppress(Killed):
                    take_turn(MortalOffice(shop.shop.office, number, after=act == "die after").office)
            case "join":
                self.names += 1
                shop.member(f"P{self.names}")
            case "pause" | "resume":
                shop.act(getattr(services, act), self.flow_id)
            case _:
                self._on_somebody(act)

    def _on_somebody(self, act: str) -> None:
        standing = [place for place in self.shop.places(self.flow_id) if place.state in STANDING]
        if standing:
            key = (self.flow_id, standing[0].member_id, standing[0].run)
            doing = self.shop.bench.doing
            acts: dict[str, Callable[[Session], None]] = {
                "move": lambda tx: people.move_on(tx, doing, key),
                "skip": lambda tx: people.skip(tx, doing, key),
                "out": lambda tx: people.take_out(tx, doing, key, "asked"),
            }
            self.shop.write(acts[act])

    def check(self) -> None:
        passages = self.shop.passages(self.flow_id)
        taken = Counter((each.member_id, each.run, each.step_id) for each in passages if each.what == "sent")
        assert not [key for key, count in taken.items() if count > 1], "a step was taken twice"
        assert len(self.shop.dispatches(self.flow_id)) == sum(taken.values())
        ways = Counter((each.member_id, each.step_id) for each in passages if each.what in {"yes", "no"})
        assert not [key for key, count in ways.items() if count > 1], "a question was asked twice"
        entered = Counter(each.member_id for each in passages if each.what == "entered")
        assert entered == Counter(place.member_id for place in self.shop.places(self.flow_id))
        assert set(entered.values()) <= {1}
        ends = Counter(each.member_id for each in passages if each.what in {"finished", "taken_out"})
        over = {place.member_id for place in self.shop.places(self.flow_id) if place.state not in STANDING}
        assert ends == Counter(over)

    def finish(self) -> None:
        """Everybody gets to the end when nothing stands in the way any more."""
        with suppress(InputError):
            self.shop.act(services.resume, self.flow_id)
        for _ in range(20):
            self.shop.turn(timedelta(hours=20))
            asking = {place.step_id for place in self.shop.places(self.flow_id) if place.state == PlaceState.ASKS}
            for step_id in asking:
                self.shop.write(
                    lambda tx, step_id=step_id: people.settle_asking(  # type: ignore[misc]
                        tx, self.shop.bench.doing, self.flow_id, step_id, do_it=True
                    )
                )
            if not any(place.state in STANDING for place in self.shop.places(self.flow_id)):
                break
        self.check()
        places = self.shop.places(self.flow_id)
        assert {place.state for place in places} <= {PlaceState.DONE, PlaceState.OUT}
        assert len(places) == self.names


@pytest.fixture(scope="module")
def office(module_bench: OfficeBench) -> FlowBench:
    return FlowBench(module_bench)


@settings(max_examples=8, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(acts=st.lists(ACTS, min_size=3, max_size=10))
def test_nobody_gets_a_step_twice_and_nobody_is_lost(office: FlowBench, acts: list[tuple[str, int]]) -> None:
    story = Story(office)
    story.do("join", 0)
    for act, number in acts:
        story.do(act, number)
    story.finish()
