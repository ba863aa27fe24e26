from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pos_engine.core.allocate import allocate

UNITS = st.lists(
    st.tuples(st.integers(1, 5000), st.integers(0, 5000), st.sampled_from((0, 700, 1900))), min_size=1, max_size=12
)


@given(UNITS, st.integers(0, 10_000))
def test_shares_sum_to_the_total_and_stay_under_their_rooms(units: list[tuple[int, int, int]], permille: int) -> None:
    weights = [weight for weight, _, _ in units]
    rooms = [min(room, weight) for weight, room, _ in units]
    total = sum(rooms) * permille // 10_000
    shares = allocate(total, weights, rooms, [rate for _, _, rate in units])
    assert sum(shares) == total
    assert all(0 <= share <= room for share, room in zip(shares, rooms, strict=True))


def test_each_vat_rate_gets_its_part_first() -> None:
    # 0.01 off three equal units, two of them at 7 %: the cent belongs to the rate with the larger part.
    assert allocate(1, [100, 100, 100], [100, 100, 100], [1900, 700, 700]) == [0, 1, 0]
    assert allocate(100, [300, 100, 100], [300, 100, 100], [1900, 700, 700]) == [60, 20, 20]
