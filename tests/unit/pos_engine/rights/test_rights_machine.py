"""Whatever the network, the power and old disks do: strict is never used twice, bounded never beyond its bound.

And the machine can find faults: each planted one is found within its time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from typing_extensions import override

from pos_engine.core.offline import Offline
from pos_engine.rights.borrowing import Lease, Link
from pos_engine.rights.lending import Borrower
from tests.support.hunting import hunt
from tests.support.rights_world import Disk, OfficeBook, RowsBook, World

STRICT = Offline("strict")
BOUNDED = Offline("bounded", 1)
COUPON, BUDGET = "coupon|k1", "budget|o1"
STOPS = st.sampled_from(["clean", "power_cut", "copied", "copied_cold", "put_back", "put_back_asks"])
NAMES = st.integers(0, 1)
"""Which of the two tills that a run is about: runs about a few find more than runs about all."""
RIGHTS = st.sampled_from([COUPON, COUPON, BUDGET])


class RightsMachine(RuleBasedStateMachine):
    """One coupon, a budget of two units, a store with a hub and two tills, and a till elsewhere."""

    world_type: ClassVar[type[World]] = World
    offline: ClassVar[Offline] = STRICT

    def __init__(self) -> None:
        super().__init__()
        self.world = self.world_type({COUPON: 1, BUDGET: 2}, self.offline)
        self.about: tuple[str, str] = ("t1", "far")

    @initialize(about=st.sampled_from([("t1", "far"), ("t1", "t2"), ("hub", "far"), ("hub", "t1"), ("far", "t2")]))
    def run_is_about(self, about: tuple[str, str]) -> None:
        self.about = about

    @rule(name=NAMES, right_id=RIGHTS)
    def price_is_told(self, name: int, right_id: str) -> None:
        self.world.promise(self.about[name], right_id)

    @rule(name=NAMES)
    def sale_is_paid(self, name: int) -> None:
        self.world.close(self.about[name])

    @rule(name=NAMES, undisturbed=st.booleans())
    def till_asks(self, name: int, undisturbed: bool) -> None:
        """Its request is answered at once, or is on its way."""
        (self.world.talk if undisturbed else self.world.send)(self.about[name])

    @rule(name=NAMES, right_id=RIGHTS)
    def right_is_fetched(self, name: int, right_id: str) -> None:
        """A till wishes for a right, and nothing disturbs the rounds that fetch it."""
        self.world.wants[self.about[name]][right_id] = 1
        for speaker in (self.about[name], "hub", self.about[name]):
            self.world.talk(speaker)

    @rule(name=NAMES, right_id=RIGHTS)
    def customer_buys(self, name: int, right_id: str) -> None:
        """A price is told and paid at once."""
        self.world.promise(self.about[name], right_id)
        self.world.close(self.about[name])

    @rule(data=st.data(), fate=st.sampled_from(["arrives", "arrives_and_comes_again", "is_lost"]))
    def message(self, data: st.DataObject, fate: str) -> None:
        """Any message that is on its way, however old."""
        if not self.world.net:
            return
        index = data.draw(st.integers(0, len(self.world.net) - 1))
        if fate == "is_lost":
            del self.world.net[index]
        else:
            self.world.deliver(index, keep=fate == "arrives_and_comes_again")

    @rule(name=NAMES)
    def receipts_arrive(self, name: int) -> None:
        self.world.upload(self.about[name])

    @rule(name=NAMES, what=STOPS)
    def stops_and_starts(self, name: int, what: str) -> None:
        """One rule for all that a disk goes through: of several, Hypothesis would leave out half in each run."""
        till = self.about[name]
        if what == "clean":
            self.world.stop(till, "clean")
        elif what == "power_cut":
            self.world.stop(till, "power_cut")
        elif what.startswith("copied"):
            self.world.take_image(till, cold=what == "copied_cold")
        else:
            self.world.put_back(till)
            if what == "put_back_asks":
                self.world.talk(till)

    @rule(name=NAMES, right_id=RIGHTS, cold=st.booleans())
    def holder_is_copied(self, name: int, right_id: str, cold: bool) -> None:
        """A disk is copied with a right on it; by chance alone a copy hardly ever holds one that is not used yet."""
        self.right_is_fetched(name, right_id)
        self.world.take_image(self.about[name], cold=cold)

    @rule(name=NAMES, right_id=RIGHTS, asks=st.booleans())
    def customer_comes_to_an_old_disk(self, name: int, right_id: str, asks: bool) -> None:
        """It was put back, and somebody buys before its lender has heard of it, or just after."""
        self.world.put_back(self.about[name])
        if asks:
            self.world.talk(self.about[name])
        self.customer_buys(name, right_id)

    @invariant()
    def strict_never_doubles(self) -> None:
        assert self.offline.policy != "strict" or not self.world.doubles()

    @invariant()
    def bounded_stays_in_its_bound(self) -> None:
        assert not self.world.beyond_bound()

    @override
    def teardown(self) -> None:
        self.world.net.clear()


class BoundedMachine(RightsMachine):
    offline = BOUNDED


class OfficeMachine(RuleBasedStateMachine):
    """One coupon, a hub and a till elsewhere, and a back-office of which older copies are put back."""

    world_type: ClassVar[type[World]] = World
    tills: ClassVar[tuple[str, str]] = ("hub", "far")

    def __init__(self) -> None:
        super().__init__()
        self.world = self.world_type({COUPON: 1}, STRICT)

    @rule(name=NAMES)
    def right_is_fetched(self, name: int) -> None:
        self.world.wants[self.tills[name]][COUPON] = 1
        for _ in ("asks, or is told to tell", "tells", "asks"):
            self.world.talk(self.tills[name])

    @rule(name=NAMES)
    def customer_buys(self, name: int) -> None:
        self.world.promise(self.tills[name], COUPON)
        self.world.close(self.tills[name])

    @rule(name=NAMES, answered=st.booleans())
    def till_asks(self, name: int, answered: bool) -> None:
        """The request is answered at once; or it or its answer comes later, or never."""
        (self.world.talk if answered else self.world.send)(self.tills[name])

    @rule(data=st.data(), fate=st.sampled_from(["arrives", "comes_again", "is_lost"]))
    def message(self, data: st.DataObject, fate: str) -> None:
        if self.world.net:
            index = data.draw(st.integers(0, len(self.world.net) - 1))
            self.world.deliver(index, keep=fate == "comes_again") if fate != "is_lost" else self.world.net.pop(index)

    @rule(name=NAMES)
    def receipts_arrive(self, name: int) -> None:
        self.world.upload(self.tills[name])

    @rule(name=NAMES, how=st.sampled_from(["clean", "power_cut"]))
    def stops_and_starts(self, name: int, how: Literal["clean", "power_cut"]) -> None:
        self.world.stop(self.tills[name], how)

    @rule()
    def office_is_copied(self) -> None:
        self.world.copy_office()

    @rule()
    def office_copy_is_put_back(self) -> None:
        self.world.put_office_back()

    @invariant()
    def never_doubles(self) -> None:
        assert not self.world.doubles()


LONG = settings(
    max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.mark.parametrize("machine", [RightsMachine, BoundedMachine, OfficeMachine])
def test_no_right_is_used_twice(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(machine, settings=LONG)


class HomeReachable(World):
    """Asks the home instead of holding the right: on line is good enough."""

    @override
    def may_use(self, name: str, right_id: str) -> bool:
        return True

    @override
    def still_covered(self, name: str, uses: object) -> bool:
        return True


class TakesFromTheSilent(World):
    """The back-office lends what a silent till still has."""

    @override
    def office_book(self) -> RowsBook:
        class Impatient(OfficeBook):
            @override
            def recall(self, right_id: str, but: Borrower) -> None:
                for loan in list(self.rows.loans.values()):
                    if loan.right_id == right_id and loan.outstanding and loan.workstation_id != but.workstation_id:
                        self.put(replace(loan, returned=loan.granted - loan.spent))

        return Impatient(self)


class ReturnsBeforeTheDrain(World):
    """Gives back what was promised to a register."""

    @override
    def drained(self, disk: Disk, lease: Lease) -> Lease:
        return replace(super().drained(disk, lease), promised=0, waiting=0)

    @override
    def still_covered(self, name: str, uses: object) -> bool:
        return True


class KeepsItsLife(World):
    """A till that came back from a copy goes on as if nothing had been."""

    @override
    def after_start(self, disk: Disk) -> Link:
        return replace(disk.link, confirmed=False)

    @override
    def office_book(self) -> RowsBook:
        class Forgetful(OfficeBook):
            @override
            def borrower(self, workstation_id: str) -> Borrower | None:
                known = super().borrower(workstation_id)
                return None if known is None else replace(known, turn=-1)

        return Forgetful(self)


class UsableAtOnce(World):
    """A right counts before its lender has answered since the start."""

    @override
    def after_start(self, disk: Disk) -> Link:
        return replace(super().after_start(disk), confirmed=disk.clean)


class ForgetsWhatItLent(World):
    """The back-office that came back from a copy lends at once what it knows to be free."""

    @override
    def put_office_back(self) -> None:
        super().put_office_back()
        self.office.owing = {}


@pytest.mark.parametrize(
    ("broken", "base", "quick"),
    [
        (HomeReachable, RightsMachine, 1),
        (TakesFromTheSilent, RightsMachine, 1),
        (ReturnsBeforeTheDrain, RightsMachine, 1),
        (KeepsItsLife, RightsMachine, 4),
        (UsableAtOnce, RightsMachine, 4),
        (ForgetsWhatItLent, OfficeMachine, 9),
    ],
)
def test_planted_faults_are_found(broken: type[World], base: type[RuleBasedStateMachine], quick: int) -> None:
    """`quick`: a seed with which it is found at once."""
    machine = type(f"{broken.__name__}Machine", (base,), {"world_type": broken})
    with pytest.raises(AssertionError):
        hunt(machine, LONG, runs_max=3_000, runs_at_once=15, first_seed=quick)
