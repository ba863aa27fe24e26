"""From an empty database to a customer who has got what was promised, in less than three minutes of a person's work.

The minutes are those of the keystroke-level model; the pages, the till, its register, reader and printer are real.
"""

from __future__ import annotations

import pytest

from tests.e2e.journeys.campaigns import JOURNEYS, Journey
from tests.e2e.journeys.play import Player

pytestmark = pytest.mark.browser

SECONDS_MAX = 180.0


def check(player: Player, journey: Journey) -> None:
    played = player.play(journey)
    assert 0 < played.campaign.clicks < played.campaign.seconds
    assert played.seconds <= SECONDS_MAX, played


def test_v6_mondays_ten_percent_on_all_main_dishes(player: Player) -> None:
    check(player, JOURNEYS[0])


@pytest.mark.slow
@pytest.mark.parametrize("journey", JOURNEYS[1:], ids=lambda each: each.code)
def test_every_other_campaign(player: Player, journey: Journey) -> None:
    check(player, journey)
