"""Moves on cards in doubt over a bad line: told until known, decided once, also to a back-office of another age."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.sync_api import card_moves
from backoffice.sync_api.errors import ApiError
from backoffice.sync_api.models import CardMove
from pos_engine.journal.card_moves import MoveRow
from pos_engine.sync.client import RefusedError
from pos_engine.wire.card_moves import CardMoveReport
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock

MOVE = "0" * 31 + "1"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    yield office
    office.close()


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Iterator[Till]:
    till = Till(tmp_path / "till", office).enrol()
    yield till
    till.close()


def doubt(till: Till, move_id: str = MOVE) -> None:
    row = MoveRow(move_id, "iso14443a:04A1", "debit", "sale", "s1", 350, "EUR", 1000, 3, "17")
    till.journal.begin_card_move(row)
    till.clock.forward(timedelta(minutes=2))


def told(office: Office) -> list[tuple[str, str, str]]:
    with office.database.read() as session:
        rows = session.scalars(select(CardMove).order_by(CardMove.move_id))
        return [(row.move_id, row.state, row.settled_by) for row in rows]


def forget(session: Session) -> None:
    session.execute(delete(CardMove))


def decide(office: Office, decision: str) -> None:
    def work(session: Session) -> None:
        row = session.scalars(select(CardMove)).one()
        row.decision, row.decided_by = decision, "anna"

    run_in_tx(office.database.write, work)


def fate(till: Till) -> tuple[str, str]:
    (row,) = till.journal.card_moves_of("s1")
    return row.state, row.decided_by


def paths(till: Till) -> list[str]:
    """What the till asks for from now on."""
    asked: list[str] = []

    def watch(request: httpx.Request, _response: httpx.Response) -> None:
        asked.append(request.url.path.rpartition("/")[2])

    till.line.attacker = watch
    return asked


def test_told_once_and_then_only_when_something_changes(office: Office, till: Till) -> None:
    doubt(till)
    asked = paths(till)
    till.sync_until_quiet()
    assert told(office) == [(MOVE, "pending", "")]
    assert asked.count("card-moves") == 1
    till.sync_until_quiet()
    assert asked.count("card-moves") == 1, "both know the same"
    decide(office, "done")
    till.sync_until_quiet()
    assert fate(till) == ("done", "office")
    till.sync_until_quiet()
    assert told(office) == [(MOVE, "done", "office")]
    assert asked.count("card-moves") == 2


@pytest.mark.parametrize("fault", ["no_line", "answer_lost", "sent_twice", "proxy_page", "cut_short"])
def test_a_bad_line_only_delays_it(office: Office, till: Till, fault: str) -> None:
    till.sync_until_quiet()
    doubt(till)
    for decision in ("", "undone"):
        if decision:
            decide(office, decision)
        till.line.plan = ["good", fault]  # the heartbeat, then the report
        till.sync.tick()
        till.sync_until_quiet()
    assert till.line.happened[fault] >= 2
    assert told(office) == [(MOVE, "undone", "office")]
    assert fate(till) == ("undone", "office")


def test_a_back_office_that_forgot_is_told_again(office: Office, till: Till) -> None:
    doubt(till)
    till.sync_until_quiet()
    run_in_tx(office.database.write, forget)
    till.sync_until_quiet()
    assert told(office) == [(MOVE, "pending", "")]


def test_a_till_from_an_old_disk_hears_what_the_card_has_said(office: Office, till: Till) -> None:
    doubt(till)
    till.sync_until_quiet()
    till.journal.finish_card_move(MOVE, "done")
    till.sync_until_quiet()
    assert told(office) == [(MOVE, "done", "card")]
    till.journal.write(
        lambda c: c.execute("UPDATE card_moves SET state = 'pending', decided_by = '', told = ''") and None
    )
    till.sync_until_quiet()
    assert fate(till)[0] == "done"
    assert told(office) == [(MOVE, "done", "card")]


def test_an_older_back_office_is_not_asked(office: Office, till: Till) -> None:
    def of_old(request: httpx.Request, response: httpx.Response) -> bytes | None:
        if request.url.path.endswith("/heartbeat"):
            body = msgspec.json.decode(response.content)
            body.pop("card_moves")
            return msgspec.json.encode(body)
        assert not request.url.path.endswith("/card-moves"), "it does not know this request"
        return None

    till.line.attacker = of_old
    doubt(till)
    till.sell("s9")
    till.sync_until_quiet()
    assert told(office) == []
    assert len(office.stored()) == 1, "receipts go as ever"
    till.line.attacker = lambda _request, _response: None
    till.sync_until_quiet()
    assert told(office) == [(MOVE, "pending", "")], "once it is updated"


def test_nobody_speaks_for_another_till(office: Office, till: Till) -> None:
    with pytest.raises(RefusedError) as refused:
        till.backoffice.card_moves(CardMoveReport(workstation_id="another", moves=()))
    assert refused.value.code == "foreign_workstation"
    assert told(office) == []


def test_a_refusal_holds_no_receipt_up(office: Office, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ApiError(400, "bad_document", "not today")

    doubt(till)
    till.sell("s9")
    with monkeypatch.context() as broken:
        broken.setattr(card_moves, "receive", refuse)
        report = till.sync.tick()
    assert [notice.code for notice in report.troubles] == ["refused"]
    assert (report.state, report.uploaded) == ("on_line", 1)
    assert till.sync.tick().troubles == ()
    assert told(office) == [(MOVE, "pending", "")]
