"""A disk that records the sale but answers too late: asked again, the till says what really happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pos_engine.journal.errors import JournalError
from pos_engine.wire.sync import ReceiptDocument
from tests.support.shop import RYE, Shop, line


@pytest.fixture
def in_doubt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop.ring("s1", line("1", RYE, 400))
    append = shop.journal.append_receipt

    def late(*args: object, **kwargs: object) -> ReceiptDocument:
        append(*args, **kwargs)  # type: ignore[arg-type]
        raise JournalError("io_failed", "The disk does not answer.")

    monkeypatch.setattr(shop.journal, "append_receipt", late)
    with pytest.raises(JournalError):
        shop.settle("s1", 360)
    monkeypatch.setattr(shop.journal, "append_receipt", append)
    return shop


def commit_again(shop: Shop) -> None:
    again = shop.settle("s1", 360)
    assert (again.receipt_id, again.repeated) == ("till-1:1:1", True)


def ask(shop: Shop) -> None:
    assert shop.till.status("s1").state == "closed"


def void(shop: Shop) -> None:
    shop.till.void("s1", "17")
    assert [r.kind for r in shop.till.recent_receipts()] == ["void", "sale"]


@pytest.mark.parametrize("step", [commit_again, ask, void])
def test_what_was_recorded_too_late_counts_once(in_doubt: Shop, step: Callable[[Shop], None]) -> None:
    step(in_doubt)
    sales = [r for r in in_doubt.till.recent_receipts() if r.kind == "sale"]
    assert len(sales) == 1
