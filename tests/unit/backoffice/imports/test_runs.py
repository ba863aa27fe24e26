"""An import from the upload to its undoing, as the worker does it: batch by batch, cut off, and brought twice."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from openpyxl import Workbook
from sqlalchemy import select

from backoffice.consent.contact import Reason, may_contact
from backoffice.consent.kinds import Channel, Purpose
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.imports import plan, runs, undo
from backoffice.imports.files import REJECTED, file_of
from backoffice.imports.members import MemberImporter
from backoffice.imports.models import ImportChange
from backoffice.imports.table import Issue
from backoffice.loyalty.corrections import correct
from backoffice.loyalty.ledger import balances_of
from backoffice.members import personal, services
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput
from backoffice.worker.services import Claim
from tests.support.importing import bring, run_of, taken, work
from tests.support.office import OfficeBench, card_of, csrf_free

FULL = (
    "Číslo;Jméno;Příjmení;PSČ;Skupiny;Karta;Body;newsletter\n"
    "900;Ada;Lovelace;110 00;Pioneers;04:11:22:33:44:55:66;120;ano\n"
    "1;Anna;Novotná;;Pioneers;;50;\n"
    "2;;;;;;;\n"
)
"""A new member, a change of Anna Becker, and of member 2, whose name and groups would be emptied."""


def summary(bench: OfficeBench, import_id: str) -> dict[str, int]:
    return msgspec.json.decode(run_of(bench, import_id).summary, type=dict[str, int])


def issues(bench: OfficeBench, import_id: str) -> list[tuple[int, str]]:
    return [(each.row, each.column) for each in msgspec.json.decode(run_of(bench, import_id).issues, type=list[Issue])]


def member(bench: OfficeBench, number: str) -> tuple[Member | None, Person, tuple[str, ...], int]:
    """The member, the person, the groups and the points."""
    with bench.office.database.read() as reader:
        found = services.find_by_number(reader, bench.organisation_id, number)
        if found is None:
            return None, Person(), (), 0
        person = personal.load(reader, bench.organisation_id, [found.member_id])[found.member_id]
        groups = services.groups_of_member(reader, bench.organisation_id, found.member_id)
        return found, person, groups, balances_of(reader, bench.organisation_id, found.member_id).get("points", 0)


def undone(bench: OfficeBench, import_id: str) -> None:
    run_in_tx(bench.office.database.write, lambda tx: runs.ask_to_undo(tx, bench.doing, import_id))
    work(bench)


def test_columns_in_any_language_bring_all_that_a_member_has(bench: OfficeBench) -> None:
    import_id = taken(bench, "members", FULL.encode())
    ada, person, groups, points = member(bench, "900")
    assert ada is not None
    assert (person.full_name, person.postcode, groups, points) == ("Ada Lovelace", "110 00", ("pioneers",), 120)
    with bench.office.database.read() as reader:
        permission = may_contact(
            reader, bench.organisation_id, ada.member_id, Channel.EMAIL, Purpose.MARKETING, bench.clock.now()
        )
    assert permission.reason is not Reason.NO_CONSENT
    assert member(bench, "1")[3] == 50
    counted = summary(bench, import_id)
    assert (counted["new"], counted["changed"], counted["points"], counted["consents"]) == (1, 2, 170, 1)
    assert run_of(bench, import_id).rows_done == 3


def test_the_same_file_again_changes_nothing(bench: OfficeBench) -> None:
    taken(bench, "members", FULL.encode())
    with bench.office.database.read() as reader:
        before = reader.scalars(select(Member.updated_at).order_by(Member.member_id)).all()
    bench.clock.forward(timedelta(hours=1))
    again = taken(bench, "members", FULL.encode())
    assert summary(bench, again) == {"unchanged": 3}
    assert (member(bench, "900")[3], member(bench, "1")[3]) == (120, 50)
    with bench.office.database.read() as reader:
        assert reader.scalars(select(Member.updated_at).order_by(Member.member_id)).all() == before


def test_another_opening_balance_is_refused(bench: OfficeBench) -> None:
    taken(bench, "members", b"number;points\n1;50\n")
    import_id = bring(bench, "members", "more.csv", b"number;points\n1;60\n3;-5\n4;1.5\n5;10000001\n6;0\n")
    work(bench)
    assert issues(bench, import_id) == [(2, "points"), (3, "points"), (4, "points"), (5, "points")]


def test_undoing_takes_out_who_came_and_sets_back_what_changed(bench: OfficeBench) -> None:
    before = {number: member(bench, number)[1:] for number in ("1", "2")}
    import_id = taken(bench, "members", FULL.encode())
    assert member(bench, "2")[1] == replace(before["2"][0], first_name="", last_name="", postcode="")
    undone(bench, import_id)
    assert run_of(bench, import_id).state == "undone"
    assert summary(bench, import_id) == {"taken_out": 1, "set_back": 2}
    assert issues(bench, import_id) == []
    assert member(bench, "900")[0] is None
    assert {number: member(bench, number)[1:] for number in ("1", "2")} == before
    taken(bench, "members", FULL.encode())
    assert (member(bench, "900")[3], member(bench, "1")[3]) == (120, 50)


def test_what_was_used_or_changed_since_stays_and_is_named(bench: OfficeBench) -> None:
    text = f"number;first_name;phone;points;cards\n900;Ada;1;10;\n901;Alan;2;10;\n1;Annabel;555;70;{_free(1)}\n"
    import_id = taken(bench, "members", text.encode())
    bench.clock.forward(timedelta(hours=1))
    ada, anna = member(bench, "900")[0], member(bench, "1")[0]
    assert ada is not None
    assert anna is not None
    person = member(bench, "1")[1]

    def live(tx: object) -> None:
        correct(tx, bench.doing, ada.member_id, "points", 5, "kind")  # type: ignore[arg-type]
        correct(tx, bench.doing, anna.member_id, "points", -60, "spent")  # type: ignore[arg-type]
        changed = Person(person.first_name, person.last_name, person.email, "777")
        services.update_member(tx, bench.doing, anna.member_id, MemberInput(changed, "1", "en", ("regulars",)))  # type: ignore[arg-type]
        services.set_card_state(tx, bench.doing, _free(1), "blocked")  # type: ignore[arg-type]

    run_in_tx(bench.office.database.write, live)
    undone(bench, import_id)
    assert summary(bench, import_id) == {"kept": 1, "taken_out": 1, "partly": 1}
    assert sorted(issues(bench, import_id)) == [(2, "number"), (4, "cards"), (4, "phone"), (4, "points")]
    found, person, _groups, points = member(bench, "1")
    assert found is not None
    assert (person.first_name, person.phone, points) == ("Anna", "777", 10)
    assert member(bench, "901")[0] is None
    assert member(bench, "900")[3] == 15


def _free(number: int) -> str:
    return f"iso14443a:04EE{number:010X}"


def test_wrong_rows_can_be_left_out_and_fetched(bench: OfficeBench) -> None:
    text = "number;last_name;birthday\n900;=Evil;soon\n901;Turing;1912-06-23\n"
    import_id = bring(bench, "members", "list.csv", text.encode())
    work(bench)
    with pytest.raises(InputError):
        run_in_tx(bench.office.database.write, lambda tx: runs.ask_to_apply(tx, bench.doing, import_id))
    client = bench.client("clerk")
    page = client.get(f"/imports/{import_id}").text
    assert "Take over the good rows" in page
    rejected = list(csv.reader(io.StringIO(client.get(f"/imports/{import_id}/files/rejected.csv").text)))
    assert rejected[1][:5] == ["900", "'=Evil", "soon", "2", "birthday"]
    rows = list(csv.reader(io.StringIO(client.get(f"/imports/{import_id}/files/rows.csv").text)))
    assert [row[:2] for row in rows[1:]] == [["2", "rejected"], ["3", "new"]]
    with csrf_free(bench.app):
        client.post(f"/imports/{import_id}/apply-good")
    work(bench)
    assert "1 row was left out." in client.get(f"/imports/{import_id}").text
    assert (member(bench, "900")[0], member(bench, "901")[1].last_name) == (None, "Turing")
    assert file_of(bench.office, import_id, REJECTED).exists()
    assert not file_of(bench.office, import_id).exists()
    assert bench.client("auditor").get(f"/imports/{import_id}/files/rejected.csv").status_code == 404


def test_a_worker_that_was_cut_off_goes_on_where_it_stopped(
    bench: OfficeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "BATCH_ROWS", 2)
    rows = "".join(f"{n};Ada{n};{card_of(0xF00 + n)}\n" for n in range(900, 905)) + f"905;x;{card_of(0xF00 + 900)}\n"
    import_id = bring(bench, "members", "list.csv", f"number;first_name;cards\n{rows}".encode())
    work(bench)
    run_in_tx(bench.office.database.write, lambda tx: runs.ask_to_apply(tx, bench.doing, import_id, leave_out=True))
    importer = MemberImporter
    calls = 0

    def cut(self: object, *arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        written(self, *arguments)  # type: ignore[arg-type]

    written = importer.apply
    monkeypatch.setattr(importer, "apply", cut)
    claimed = Claim(bench.organisation_id, "job", "import", f"{import_id}:apply:1")
    with pytest.raises(KeyboardInterrupt):
        runs.run_import(bench.office, claimed)
    assert (run_of(bench, import_id).state, run_of(bench, import_id).rows_done) == ("applying", 2)
    assert member(bench, "901")[0] is not None
    assert member(bench, "902")[0] is None
    runs.run_import(bench.office, claimed)
    run = run_of(bench, import_id)
    assert (run.state, run.rows_done, run.issues_total) == ("done", 6, 1)
    assert summary(bench, import_id)["new"] == 5
    assert runs.run_import(bench.office, claimed) == "It was done already."


def test_a_sheet_comes_in_and_its_columns_are_remembered(bench: OfficeBench) -> None:
    book = Workbook()
    for row in (("Kd.", "Wer", "Wo"), (900, "Lovelace", "London")):
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    client, import_id = bench.client("clerk"), ""
    with csrf_free(bench.app):
        for again in (False, True):
            form = {"kind": "members", "file": (io.BytesIO(file.getvalue()), "liste.xlsx")}
            answer = client.post("/imports", data=form, content_type="multipart/form-data")
            import_id = answer.headers["Location"].rpartition("/")[2]
            where = client.get(answer.headers["Location"]).headers["Location"]
            shown = client.get(where).text
            assert "Lovelace" in shown
            assert ('value="last_name" selected' in shown) == again
            chosen = {"column-0": "number", "column-1": "last_name", "column-2": ""}
            assert client.post(where, data=chosen).status_code == 302
            assert client.post(where, data={**chosen, "column-2": "number"}).status_code == 302  # being checked
    work(bench)
    assert summary(bench, import_id) == {"new": 1}
    run_in_tx(bench.office.database.write, lambda tx: runs.ask_to_apply(tx, bench.doing, import_id))
    work(bench)
    assert member(bench, "900")[1] == Person(last_name="Lovelace")


def test_an_import_can_be_undone_for_a_month(bench: OfficeBench) -> None:
    import_id = taken(bench, "members", FULL.encode())
    assert "Can be undone for 30 days." in bench.client("clerk").get(f"/imports/{import_id}").text
    assert "Undo" not in bench.client("auditor").get(f"/imports/{import_id}").text
    bench.clock.forward(timedelta(days=undo.KEPT_DAYS, hours=1))
    now = bench.clock.now()
    run_in_tx(bench.office.database.write, lambda tx: undo.forget_old_changes(tx, bench.organisation_id, now))
    with bench.office.database.read() as reader:
        assert reader.scalars(select(ImportChange)).all() == []
    with pytest.raises(InputError, match="cannot be undone"):
        run_in_tx(bench.office.database.write, lambda tx: runs.ask_to_undo(tx, bench.doing, import_id))


def test_what_an_import_changed_is_under_seal(bench: OfficeBench) -> None:
    taken(bench, "members", b"number;last_name\n1;Wunderlich\n")
    with bench.office.database.read() as reader:
        kept = reader.scalars(select(ImportChange.sealed)).one()
    assert b"Wunderlich" not in kept
    assert b"Becker" not in kept
