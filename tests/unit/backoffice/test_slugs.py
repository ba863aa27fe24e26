"""Names become identifiers that a cashier can read aloud."""

from __future__ import annotations

import pytest

from backoffice.slugs import SLUG_LENGTH_MAX, new_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Till 1", "till-1"),
        ("Grocer, till one", "grocer-till-one"),
        ("  Zürich / Kasse Nº 3 ", "zurich-kasse-no-3"),
        ("Große Straße", "grosse-strasse"),
        ("收银台", "till"),
        ("收银台 2", "2"),
        ("The counter beside the entrance of the market hall", "the-counter-beside-the"),
        ("Bakery-café and garage, till two", "till-two"),
        ("The bakery-café beside the garage, ", "the-bakery-cafe-beside"),
        ("Donaudampfschifffahrtsgesellschaft", "donaudampfschifffahrtsge"),
    ],
)
def test_a_name_becomes_short_plain_and_readable(name: str, slug: str) -> None:
    assert new_slug(name, (), "till") == slug


def test_a_taken_one_gets_a_number_and_stays_short() -> None:
    taken: set[str] = set()
    for _ in range(12):
        taken.add(new_slug("Donaudampfschifffahrtsgesellschaft", taken, "till"))
    assert len(taken) == 12
    assert "donaudampfschifffahrts-2" in taken
    assert "donaudampfschifffahrt-12" in taken
    assert max(map(len, taken)) <= SLUG_LENGTH_MAX
