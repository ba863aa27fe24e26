"""The screen's own phrases, amounts and times, in the till's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pos_engine import words
from pos_engine.checkout.screen import ScreenState


@dataclass(frozen=True)
class Speech:
    """How one screen speaks. `zone`: the store's time zone (IANA name), for the times of receipts."""

    language: str
    currency: str
    zone: str

    @staticmethod
    def of(state: ScreenState) -> Speech:
        """The speech a state asks for."""
        return Speech(state.language, state.currency, state.zone)

    def text(self, code: str, **params: str | int) -> str:
        """The phrase `screen.<code>`."""
        return words.text(f"screen.{code}", self.language, **params)

    def money(self, minor: int) -> str:
        """An amount in the shop's currency."""
        return words.money_text(minor, self.currency, self.language)

    def discount(self, minor: int) -> str:
        """What is taken off, with its minus sign; nothing when nothing is."""
        return self.money(-minor) if minor else ""

    def time(self, moment: datetime) -> str:
        """The local time of day, as on the shop's clock."""
        return moment.astimezone(ZoneInfo(self.zone)).strftime("%H:%M")

    def date(self, day: date) -> str:
        """A day, as people here write it."""
        return words.date_text(day, self.language)
