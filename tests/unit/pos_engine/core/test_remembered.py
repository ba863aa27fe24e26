from __future__ import annotations

from pos_engine.core.remembered import Remembered


def test_never_more_than_it_may_and_what_was_asked_for_lately() -> None:
    kept: Remembered[int, str] = Remembered(10)
    for number in range(1_000):
        kept.keep(number, str(number))
        assert kept.get(min(3, number)) is not None
        assert sum(kept.get(n) is not None for n in range(number - 3, number + 1) if n >= 0) == min(4, number + 1)
    assert kept.get(500) is None
    assert kept.count <= 10
