"""One seeded run: a clock, a queue of what is due, and chance; everything else is the product itself.

Laws: all chance is drawn from the seed in one order; time moves only here; no thread, no socket, no wall clock. A run
is at least EVENTS_MIN events, then everything is healed and must be right.
"""

from __future__ import annotations

import heapq
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from pos_engine.journal.errors import JournalError
from pos_engine.sync.client import LinkDownError
from pos_engine.wire.rights import RightAnswer, RightAsk
from tests.simulation.clocks import TrueTime
from tests.simulation.disk import PowerCut
from tests.simulation.honoured import Honoured
from tests.simulation.hub_lines import HubLine
from tests.simulation.lines import FAULTS, Line, Network
from tests.simulation.office import MEMBERS_AT_FIRST, CountedIds, SimulatedOffice
from tests.simulation.registers import Register
from tests.simulation.tills import SimulatedTill
from tests.simulation.world import Seat, hub_of, new_folder, office_folder, seats, template

if TYPE_CHECKING:
    from tests.simulation.office_copies import OfficeCopy

EVENTS_MIN = 200
"""Events of one seed before healing begins."""

COPY_OFFICE = 0.25
"""Share of the seeds whose back-office is put back instead of tills."""

IDS_OF_A_RUN = 1 << 32
"""Far above those of the world that it begins with."""

PAUSE_MEAN = timedelta(seconds=40)
"""From one event to the next, on average; now and then hours pass."""


@dataclass(order=True)
class Due:
    """Something that happens at its time."""

    at: float
    order: int
    what: str = field(compare=False)
    happen: Callable[[], None] = field(compare=False)


@dataclass
class Place:
    """A till, its register, and what is known of both."""

    till: SimulatedTill
    register: Register
    hub: Place | None = None
    """Who lends to this till; None: the back-office."""
    ever_restored: bool = False
    late_messages: int = 0
    """Messages on their way that this till has given up on."""
    may_collide: bool = False
    """Numbers given before a restore may still arrive, or were given twice while nobody could be asked."""


class Simulation:
    """The world of one seed."""

    def __init__(self, seed: int, *, trace: Callable[[str], None] | None = None) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.true = TrueTime()
        self.happened: Counter[str] = Counter()
        self.events = 0
        self._tell = trace
        self._due: list[Due] = []
        self._order = 0
        self.folder = new_folder(f"simulation-{seed}-")
        self._template = template()
        self.set_version = self._template.set_version
        self.campaigns_version = 1
        self.members = MEMBERS_AT_FIRST
        self.paper: list[str] = []
        """Codes of coupons that customers carry home."""
        self.lost: set[str] = set()
        """Hashes of receipts that went with a dead disk before they were sent."""
        self.poisoned: set[str] = set()
        self.copies_office = random.Random(f"copies {seed}").random() < COPY_OFFICE
        """Copies are made of the back-office, and put back, instead of tills'."""
        self.office_copies: list[OfficeCopy] = []
        self.office_put_back = 0
        """How often."""
        self.all_leases_told = True
        """Each copy that was put back was said to be one, so that nothing is lent that may be lent already."""
        world = self._template
        where = world.lay("office", office_folder())
        self.office = SimulatedOffice(where, self.true, world.organisation_id, world.store_id, CountedIds(IDS_OF_A_RUN))
        self.network = Network(self.office, self.random, self.later, self._count)
        # Not every fault in every seed: some only show when others leave them alone.
        self.network.faults = tuple(fault for fault in FAULTS if self.random.random() < 0.7)
        self.network.rate = self.random.choice((0.02, 0.05, 0.1, 0.2))
        self.honoured = Honoured(self.office.arrived)
        """What customers really got, whatever became of disks."""
        self.places: list[Place] = []
        for seat in seats():
            self.places.append(self._place(seat))
        self._busy = [self.random.random() ** 2 + 0.02 for _ in self.places]

    def _place(self, seat: Seat) -> Place:
        line = Line(self.network, seat.store, seat.name)
        hub = next((place for place in self.places if place.till.name == hub_of(seat)), None)
        hub_line = None if hub is None else HubLine(self.network, seat.name, partial(self._ask_hub, hub))
        till = SimulatedTill(seat.name, seat.store, seat.number, self.folder / seat.name, self.true, line, hub_line)
        place = Place(till, Register(till), hub)
        place.register.fetch = partial(self.fetch_rights, place)
        return place

    # -- time -------------------------------------------------------------------------------------------------

    def later(self, wait: timedelta, what: str, happen: Callable[[], None]) -> None:
        """Let something happen after a while."""
        self._order += 1
        at = (self.true.instant + wait).timestamp()
        heapq.heappush(self._due, Due(at, self._order, what, happen))

    def pass_time(self, by: timedelta) -> None:
        """Move on; what is due on the way happens at its time."""
        end = self.true.instant + by
        while self._due and self._due[0].at <= end.timestamp():
            due = heapq.heappop(self._due)
            self.true.forward(max(timedelta(), timedelta(seconds=due.at - self.true.instant.timestamp())))
            self.event(due.what, due.happen)
        self.true.forward(max(timedelta(), end - self.true.instant))

    def pause(self) -> None:
        """Until the next event: minutes, sometimes hours."""
        mean = timedelta(hours=5) if self.random.random() < 0.02 else PAUSE_MEAN
        self.pass_time(self.random.expovariate(1.0) * mean)

    def event(self, what: str, happen: Callable[[], object]) -> None:
        """One event, on the record before it happens: a trace ends with what went wrong."""
        self.events += 1
        self.say(what)
        happen()

    def say(self, what: str) -> None:
        """A line of the trace."""
        if self._tell is not None:
            self._tell(f"{self.events:4} {self.true.instant:%d %H:%M:%S} {what}")

    def count(self, fault: str, till: str = "") -> None:
        """A fault that really happened."""
        self.happened[fault] += 1
        self.say(f"       ! {till} {fault}".replace("  ", " "))

    def _count(self, fault: str) -> None:
        self.count(fault)

    # -- tills ------------------------------------------------------------------------------------------------

    def any_place(self) -> Place:
        """A till; some are much busier than others."""
        return self.random.choices(self.places, self._busy)[0]

    def running(self, place: Place) -> SimulatedTill:
        """The till of a place, switched on if nobody has needed it yet."""
        till = place.till
        if not till.folder.exists():
            self._template.lay(till.name, self.folder)
        if not till.is_open:
            till.open()
        return till

    def at_till(self, place: Place, work: Callable[[], object]) -> None:
        """Let a till do something; when its power is cut meanwhile, it starts again and the register asks again."""
        self.running(place)
        try:
            work()
        except JournalError as error:
            # In the daemon a thread that fails is begun again, and says why.
            self.say(f"       {place.till.name}: {error.code}, to be tried again")
        except PowerCut:
            place.till.cut_power()
            self.say(f"       {place.till.name} starts again")
            # A second cut at once would only be the same again.
            rate, self.network.rate = self.network.rate, 0.0
            place.register.ask_again()
            self.network.rate = rate
        if place.register.took_money:
            place.register.took_money = False
            self.note_receipts(place)

    def _ask_hub(self, hub: Place, ask: RightAsk) -> RightAnswer:
        """The hub's request handler. Its disk may fail, and its power, while another till waits."""
        till = self.running(hub)
        try:
            told = till.desk.answer(ask)
        except JournalError as error:
            raise LinkDownError(f"the hub's disk: {error.code}") from error
        except PowerCut:
            self.say(f"       {till.name} loses its power while it answers")
            till.cut_power()
            raise LinkDownError("the hub is gone") from None
        if told is None:
            raise LinkDownError("the hub has not heard from the back-office since its start")
        return told

    def fetch_rights(self, place: Place) -> None:
        """The loops that fetch rights run: this till's, its hub's when it lacks something, and this till's again."""
        heard = place.till.talk()
        hub = place.hub
        if hub is not None and hub.till.is_open and hub.till.wants_rights:
            self.at_till(hub, hub.till.talk)
            heard = place.till.talk()
        self.say(f"       {place.till.name} asks for rights: {heard}")

    def note_receipts(self, place: Place) -> None:
        """Remember what customers got at this till."""
        if place.till.is_open:
            self.honoured.look(place.till)

    def let_everything_arrive(self) -> None:
        """Until nothing is under way any more."""
        while self._due:
            self.pass_time(timedelta(seconds=max(0.0, self._due[0].at - self.true.instant.timestamp())))

    def close(self) -> None:
        """Let go of everything."""
        for place in self.places:
            place.till.close()
        self.office.database.close()
        shutil.rmtree(office_folder(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
