"""What was kept aside outlives an older copy of the back-office, although other receipts have its numbers there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from backoffice.db import run_in_tx
from backoffice.sync_api.models import Quarantine
from pos_engine.sync import aside
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock

LATER = timedelta(minutes=16)
DAMAGE = "UPDATE receipts SET raw = CAST(replace(CAST(raw AS TEXT), 'sale-a', 'sale-#') AS BLOB) WHERE seq = 1"


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Iterator[Till]:
    made = Till(tmp_path / "till", office, HandClock()).enrol()
    yield made
    made.close()


def sell(till: Till, names: str) -> None:
    for name in names:
        till.sell(f"sale-{name}")


def collide(till: Till, names: str) -> None:
    """The till comes back from an old image and sells before it reaches the back-office: its numbers are taken."""
    till.close()
    image = till.folder.with_name("image")
    shutil.copytree(till.folder, image)
    till.open()
    sell(till, names.upper())
    till.sync_until_quiet()
    till.close()
    shutil.rmtree(till.folder)
    shutil.copytree(image, till.folder)
    till.open()
    sell(till, names)
    till.sync_until_quiet()


def numbers_aside(office: Office) -> list[int]:
    with office.database.read() as session:
        return list(session.scalars(select(Quarantine.seq).order_by(Quarantine.seq)))


def lose_aside(office: Office, *numbers: int) -> None:
    """As an older copy would, of which the tills know nothing that it does not."""
    run_in_tx(office.database.write, lambda tx: tx.execute(delete(Quarantine).where(Quarantine.seq.in_(numbers))))


def uploads(till: Till) -> list[str]:
    """Each upload from now on."""
    seen: list[str] = []

    def listen(request: object, _response: object) -> None:
        path = request.url.path  # type: ignore[attr-defined]
        if path.endswith("/receipts"):
            seen.append(path)

    till.line.attacker = listen
    return seen


def test_what_an_older_copy_has_no_more_is_handed_over_again(office: Office, till: Till) -> None:
    sell(till, "ab")
    till.sync_until_quiet()
    collide(till, "cd")
    assert numbers_aside(office) == [3, 4]
    lose_aside(office, 3, 4)
    till.clock.forward(LATER)
    report = till.sync.tick()
    assert "backoffice_restored" in {notice.code for notice in report.notices}
    assert numbers_aside(office) == [3, 4]
    assert len(office.stored()) == len(set(office.stored())) == 4
    assert till.journal.outbox_count() == 0


def test_what_is_there_is_not_handed_over_again(office: Office, till: Till) -> None:
    collide(till, "ab")
    sent = uploads(till)
    for _ in range(4):
        till.clock.forward(LATER)
        till.sync_until_quiet()
    assert sent == []
    assert numbers_aside(office) == [1, 2]


def test_a_till_with_many_of_them_names_them_in_turn(
    office: Office, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "ASIDE_TOLD_MAX", 2)
    collide(till, "abcde")
    lose_aside(office, 5)
    till.close()
    till.open()
    rounds = 0
    while numbers_aside(office) != [1, 2, 3, 4, 5]:
        till.sync.tick()
        rounds += 1
        assert rounds <= 3
    assert rounds == 3, "the first two heartbeats name the first four"


def test_a_start_of_the_till_asks_at_once(office: Office, till: Till) -> None:
    collide(till, "ab")
    lose_aside(office, 1)
    till.close()
    till.open()
    till.sync.tick()
    assert numbers_aside(office) == [1, 2]


def test_a_receipt_whose_bytes_are_damaged_on_the_till_is_not_sent_for_ever(office: Office, till: Till) -> None:
    """Here it lies under the hash of what came; the till names it by the hash it was written with."""
    sell(till, "ab")
    till.journal.write(lambda c: c.execute(DAMAGE) and None)
    till.sync_until_quiet()
    assert [code for _, code in office.aside()] == ["hash_mismatch"]
    sent = uploads(till)
    for _ in range(3):
        till.clock.forward(LATER)
        till.sync_until_quiet()
    assert sent == []
    lose_aside(office, 1)
    till.clock.forward(LATER)
    till.sync_until_quiet()
    assert numbers_aside(office) == [1]
    assert len(sent) == 1
