"""Plays journeys in one new shop, one after the other: each begins on a Monday without a campaign running."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.journeys.campaigns import Journey, sign_in
from tests.e2e.journeys.new_shop import NewShop
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.keystrokes import Effort, Hand
from tests.support.page_sweep import DESK, PHONE

WAIT_MS = 60_000
"""On a crowded machine a page takes its time; nothing here measures it."""


@dataclass(frozen=True)
class Played:
    """What a journey took: the first day of the shop, and the campaign itself."""

    journey: Journey
    set_up: Effort
    campaign: Effort

    @property
    def seconds(self) -> float:
        """From an empty database to the redemption."""
        return self.set_up.seconds + self.campaign.seconds


class Player:
    """`pictures`: where a picture of each step goes, at the width of a desk and of a phone; None takes none."""

    def __init__(self, folder: Path, pcscd: PrivatePcscd, browser: Browser, pictures: Path | None = None) -> None:
        self.shop = NewShop(folder, pcscd)
        self._pictures = pictures
        self._context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", viewport=DESK)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self._taken = 0
        try:
            self.shop.open()
            self.shop.set_up(self._hand("set-up"))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Switch the shop off."""
        self._context.close()
        self.shop.close()

    def play(self, journey: Journey) -> Played:
        """A person with this wish comes into the shop's office on a Monday morning."""
        shop = self.shop
        shop.till.wait_uploaded()
        shop.clock.new_week()
        sign_in(shop, Hand(self.page))
        hand = self._hand(journey.code)
        try:
            journey.play(shop, hand)
        finally:
            shop.till.clear()
        self._stop_all()
        assert self.errors == []
        return Played(journey, shop.set_up_effort, hand.effort)

    def _hand(self, folder: str) -> Hand:
        if self._pictures is None:
            return Hand(self.page)
        self._taken = 0
        return Hand(self.page, lambda name: self._shoot(folder, name))

    def _shoot(self, folder: str, name: str) -> None:
        assert self._pictures is not None
        self._taken += 1
        place = self._pictures / folder
        place.mkdir(parents=True, exist_ok=True)
        for width, size in (("desk", DESK), ("phone", PHONE)):
            self.page.set_viewport_size(size)
            self.page.screenshot(path=place / f"{self._taken:02}-{name}-{width}.png", full_page=True)
        self.page.set_viewport_size(DESK)

    def _stop_all(self) -> None:
        """Nothing of a journey is left for the next one."""
        page = self.page
        sign_in(self.shop, Hand(page))
        page.goto(f"{self.shop.office.url}/campaigns")
        page.get_by_role("row", name=re.compile("running|starts soon")).get_by_role("link").click()
        end_early = page.get_by_role("link", name="End early")
        expect(end_early.or_(page.get_by_role("button", name="Stop"))).to_be_visible()
        if end_early.is_visible():
            end_early.click()
            page.get_by_label("Take them back").check()
            page.get_by_role("button", name="End the campaign").click()
        else:
            page.once("dialog", lambda dialog: dialog.accept())
            page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("status")).to_be_visible()
