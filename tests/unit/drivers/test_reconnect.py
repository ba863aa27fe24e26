from collections.abc import Iterator

import pytest

from drivers.reconnect import retry_bounded
from pos_engine.ports.devices import DeviceError


def test_tries_again_after_each_delay_and_then_gives_up() -> None:
    waited: list[float] = []
    tried: list[int] = []

    def action() -> None:
        tried.append(1)
        raise DeviceError("reader_gone", f"try {len(tried)}")

    with pytest.raises(DeviceError, match="try 3"):
        retry_bounded(action, (0.1, 0.2), waited.append)
    assert waited == [0.1, 0.2]


def test_a_good_result_ends_the_tries() -> None:
    answers: Iterator[DeviceError | int] = iter([DeviceError("reader_gone", "not yet"), 7])

    def action() -> int:
        answer = next(answers)
        if isinstance(answer, DeviceError):
            raise answer
        return answer

    assert retry_bounded(action, (0.1,), lambda _: None) == 7
