"""The page docs/journeys.md: what a person does for each campaign, as it was counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.e2e.journeys.play import Played
from tests.support.keystrokes import CLICK_S, KEY_S, POINT_S, REACH_S, THINK_S, Effort

PAGE = Path(__file__).resolve().parents[3] / "docs" / "journeys.md"

HEAD = f"""# From an empty database to the first discount

A browser test plays each of these with the pages, the till, its register, card reader and printer as they are: the
owner opens the link that an empty back-office prints, brings the register's list of articles, lets the till in and adds
a member with a card; then makes the campaign and publishes it, and the till gives what it promises. What the person
does is counted.

Seconds are those of the keystroke-level model (Card, Moran and Newell, 1980), not of a clock: {POINT_S} s to point,
{CLICK_S} s a click, {KEY_S} s a key, {THINK_S} s to make up one's mind before every field and every choice, {REACH_S} s
between pointer and keyboard. Waiting for the machine is not in them. *From empty* is the first day and the campaign
together; the test fails above 180 s.

| what is wanted | clicks | keys | seconds | from empty |
|---|---|---|---|---|
"""

FOOT = """
`.venv/bin/python -m tests.e2e.journeys` counts anew and writes this page; `--pictures FOLDER` also keeps a picture of
each step at the widths of a desk and of a phone. The tests are in `tests/e2e/journeys/`.
"""


def page_of(set_up: Effort, played: Sequence[Played]) -> str:
    """The whole page."""
    first_day = "The first day: shop, articles, till, a member with a card"
    rows = [f"| {first_day} | {set_up.clicks} | {set_up.keys} | {set_up.seconds:.0f} | |"]
    rows += [
        f"| {each.journey.wish} | {each.campaign.clicks} | {each.campaign.keys} | {each.campaign.seconds:.0f}"
        f" | {each.seconds:.0f} |"
        for each in played
    ]
    return HEAD + "\n".join(rows) + "\n" + FOOT
