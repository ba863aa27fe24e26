"""The whole product in one shop: a back-office and two tills, each program a process of its own, on one shop clock."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.office_desk import Campaign, Office
from tests.support.shop_clock import ZONE, ShopClock
from tests.support.till_counter import TillCounter
from tests.support.waiting import wait_for

FIRST_DAY = datetime(2027, 1, 4, 8, tzinfo=ZONE)
"""A Monday."""

STEP = timedelta(seconds=50)
"""Less than a till takes for a wrong clock: a request that is on its way meanwhile meets both times."""


class WholeShop:
    """Weeks go by, one scenario after the other; each begins on a Monday with no campaign running."""

    def __init__(self, folder: Path, pcscd: PrivatePcscd) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = ShopClock(folder / "clock.json", FIRST_DAY)
        self.office = Office(folder / "office", self.clock.path)
        self.tills = tuple(
            TillCounter(name, folder / name.replace(" ", "-"), self.clock, reader, port, pcscd.environment)
            for name, reader, port in zip(("Till 1", "Till 2"), pcscd.reader_names, pcscd.ports, strict=True)
        )
        self._running: list[Campaign] = []

    @property
    def till(self) -> TillCounter:
        """The till at which most scenarios take place."""
        return self.tills[0]

    def open(self) -> None:
        """Set everything up and switch everything on."""
        self.office.set_up()
        self.office.start()
        for till in self.tills:
            till.enrol(self.office)
            till.start()

    def close(self) -> None:
        """Switch everything off."""
        with contextlib.ExitStack() as closing:
            closing.callback(self.office.close)
            for till in self.tills:
                closing.callback(till.close)

    @contextlib.contextmanager
    def week(self) -> Iterator[WholeShop]:
        """A scenario: from a Monday on; its campaigns end with it, and every paper is accounted for."""
        self.clock.new_week()
        yield self
        for campaign in self._running:
            campaign.stop()
        if self._running:
            self._running[-1].wait_on_tills()
        self._running.clear()
        for till in self.tills:
            till.wait_uploaded()
        unread = {till.name: paper for till in self.tills if (paper := till.clear())}
        assert not unread, "printed, and nobody expected it"

    def publish(self, name: str, preset: str, **fields: str | list[str]) -> Campaign:
        """A campaign made in the back-office's form, on both tills when this returns."""
        campaign = self.office.publish(name, preset, **fields)
        self.ends_with_the_scenario(campaign)
        campaign.wait_on_tills()
        return campaign

    def wait_all_in_step(self) -> None:
        """Until every till has begun and ended a round of sync. Some two minutes go by on the shop's clock."""
        for till in self.tills:
            till.wait_uploaded()
        for _ in ("a round begins", "a later one begins, so the first has ended"):
            self.clock.show(self.clock.shown + STEP)
            wait_for("every till in touch with the back-office", self._all_seen_now)

    def _all_seen_now(self) -> bool:
        seen = (till["last_seen_at"] for till in self.office.tills().values())
        return all(datetime.fromisoformat(at) >= self.clock.shown for at in seen)

    def ends_with_the_scenario(self, campaign: Campaign) -> None:
        """Stop it when the scenario is over."""
        self._running.append(campaign)
