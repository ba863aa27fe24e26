"""Reached households and baskets, against a plain count."""

from __future__ import annotations

import random
from datetime import date

from pos_engine.replay.reach import BoughtLine, ReachCampaign, Reaching

FIRST = date(2026, 3, 1).toordinal()


def _plain(campaign: ReachCampaign, lines: list[BoughtLine]) -> tuple[int, int, int]:
    mine = [
        line
        for line in lines
        if line[1] in campaign.households
        and line[3] in campaign.products
        and campaign.starts_on <= date.fromordinal(line[2]) <= campaign.ends_on
    ]
    return len({line[0] for line in mine}), len(mine), sum(line[4] for line in mine)


def test_rows_are_a_plain_count() -> None:
    chance = random.Random(7)
    lines = [
        (basket, basket % 9, FIRST + basket % 30, chance.randrange(40), chance.randrange(0, 500))
        for basket in range(400)
        for _ in range(chance.randrange(1, 5))
    ]
    campaigns = [
        ReachCampaign(
            str(number),
            date.fromordinal(FIRST + number * 3),
            date.fromordinal(FIRST + number * 3 + 8),
            frozenset(chance.sample(range(9), 4)),
            frozenset(chance.sample(range(40), 12)),
        )
        for number in range(6)
    ]
    reaching = Reaching(campaigns)
    reaching.add(lines[:300])
    reaching.add(lines[300:])
    for campaign, row in zip(campaigns, reaching.rows(), strict=True):
        assert row.campaign == campaign.campaign_id
        assert row.households == 4
        assert (row.eligible_baskets, row.eligible_lines, row.eligible_value_minor) == _plain(campaign, lines)
        assert row.eligible_lines


def test_both_ends_are_included() -> None:
    days = (date(2026, 3, 2), date(2026, 3, 4))
    reaching = Reaching([ReachCampaign("1", *days, frozenset({1}), frozenset({5}))])
    reaching.add([(day, 1, FIRST + day, 5, 0) for day in range(6)])
    assert [(row.eligible_baskets, row.eligible_lines) for row in reaching.rows()] == [(3, 3)]
