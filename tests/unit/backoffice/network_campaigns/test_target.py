"""W6: five of eight campaigns."""

from __future__ import annotations

import pytest

from backoffice.network_campaigns.target import Played, Standing, standings

CASES = [
    # T: taken part in, O: still open, X: over; then: taken, possible, reached, lost
    ("TTTTT", 5, 3, True, False),
    ("TTOO", 2, 6, False, False),
    ("XXXX", 0, 4, False, True),
    ("XXX", 0, 5, False, False),
    ("TXXXXTTT", 4, 0, False, True),
]


@pytest.mark.parametrize(("year", "taken", "possible", "reached", "lost"), CASES, ids=[case[0] for case in CASES])
def test_w6_five_of_eight(year: str, taken: int, possible: int, reached: bool, lost: bool) -> None:
    played = [Played("2022", 5, 8, taken=letter == "T", open=letter == "O") for letter in year]
    (standing,) = standings(played)
    assert standing == Standing("2022", 5, 8, taken, possible)
    assert (standing.reached, standing.lost) == (reached, lost)


def test_seasons_stand_apart_and_campaigns_without_one_count_nowhere() -> None:
    played = [
        Played("2023", 1, 1, taken=True, open=False),
        Played("", 1, 1, taken=True, open=False),
        Played("2022", 5, 8, taken=False, open=True),
    ]
    assert [(each.season, each.taken) for each in standings(played)] == [("2022", 0), ("2023", 1)]
