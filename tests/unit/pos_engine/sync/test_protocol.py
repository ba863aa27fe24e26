"""The rules of sync without any line: queue, waiting, epochs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_engine.sync.protocol import (
    BATCH_ITEMS_MAX,
    LINK_TABLE,
    RETRY_MAX_MS,
    Link,
    UploadPump,
    conflicts,
    epoch_to_start,
)
from pos_engine.wire.heartbeat import HeartbeatAnswer
from pos_engine.wire.sync import ItemAnswer, UploadAnswer, UploadItem

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def items(*numbers: int, epoch: int = 1) -> list[UploadItem]:
    return [UploadItem(epoch=epoch, seq=seq, sha256="", raw="") for seq in numbers]


def answer(*spoken: ItemAnswer, mark: int = 0) -> UploadAnswer:
    return UploadAnswer(items=spoken, epoch=1, acknowledged_seq=mark, server_time=NOW)


def stored(seq: int) -> ItemAnswer:
    return ItemAnswer(epoch=1, seq=seq, status="stored")


def heartbeat(mark: int, next_epoch: int = 2) -> HeartbeatAnswer:
    return HeartbeatAnswer(server_time=NOW, newest_set_version=0, change_head=0, epoch_mark=mark, next_epoch=next_epoch)


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ((1, 2, 3), 3),
        ((1, 3), 1),
        ((2, 3), None),
        ((), None),
        ((3, 1, 2), 3),
        ((1, 2, 3, 4, 5), 3),
    ],
)
def test_only_the_run_from_the_head_is_acknowledged(spoken: tuple[int, ...], expected: int | None) -> None:
    pump = UploadPump()
    pump.cut(items(1, 2, 3))
    assert pump.answered(answer(*map(stored, spoken))).seq == expected


def test_the_mark_alone_removes_nothing() -> None:
    pump = UploadPump()
    pump.cut(items(11, 12))
    assert pump.answered(answer(mark=99)).seq is None


def test_a_hole_in_the_till_s_own_numbers_stops_nothing() -> None:
    pump = UploadPump()
    pump.cut(items(4, 7, 8))
    assert pump.answered(answer(stored(4), stored(7), stored(8), mark=0)).seq == 8


def test_quarantined_items_are_settled_and_reported() -> None:
    pump = UploadPump()
    pump.cut(items(1, 2))
    aside = ItemAnswer(epoch=1, seq=1, status="quarantined", code="number_taken", text="…")
    settled = pump.answered(answer(aside, stored(2)))
    assert (settled.seq, settled.quarantined, conflicts(settled.quarantined)) == (2, (aside,), True)


def test_a_batch_never_mixes_epochs() -> None:
    pump = UploadPump()
    assert [item.epoch for item in pump.cut([*items(8, 9), *items(1, epoch=2)])] == [1, 1]


def test_failures_make_batches_smaller_down_to_one_and_success_larger_again() -> None:
    pump = UploadPump()
    sizes = []
    for _ in range(12):
        pump.failed()
        sizes.append(pump.items_max)
    assert (sizes[0], sizes[-1], sorted(sizes, reverse=True)) == (BATCH_ITEMS_MAX // 2, 1, sizes)
    for _ in range(12):
        pump.cut(items(1))
        pump.answered(answer(stored(1)))
    assert pump.items_max == BATCH_ITEMS_MAX


@given(st.lists(st.booleans(), max_size=60))
def test_no_wait_is_longer_than_the_limit_and_no_try_is_ever_given_up(outcomes: list[bool]) -> None:
    link = Link()
    now_ms = 0
    for good in outcomes:
        assert link.may_try(now_ms + RETRY_MAX_MS)
        now_ms += RETRY_MAX_MS
        if good:
            link.answered()
            assert link.may_try(now_ms)
        else:
            link.failed(now_ms)
            assert not link.may_try(now_ms)


def test_every_state_knows_every_event() -> None:
    states = {state for state, _ in LINK_TABLE}
    events = {event for _, event in LINK_TABLE}
    assert set(LINK_TABLE) == {(state, event) for state in states for event in events}
    assert set(LINK_TABLE.values()) <= states


@pytest.mark.parametrize(
    ("mark", "max_seq", "next_epoch", "expected"),
    [(0, 0, 2, None), (10, 10, 2, None), (9, 10, 2, None), (11, 10, 2, 2), (11, 10, 7, 7), (11, 10, 1, 2)],
)
def test_a_mark_above_the_own_maximum_means_a_restored_till(
    mark: int, max_seq: int, next_epoch: int, expected: int | None
) -> None:
    assert epoch_to_start(heartbeat(mark, next_epoch), 1, max_seq) == expected
