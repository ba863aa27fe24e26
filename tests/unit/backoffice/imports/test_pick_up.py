"""Exports out of folders: taken over and moved aside, refused and told, and the same file again changes nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backoffice.errors import InputError
from backoffice.imports.models import ImportRun
from backoffice.imports.pick_up import pick_up
from backoffice.imports.sources import FILE, read_sources
from backoffice.organisations.models import Organisation
from backoffice.worker.models import Job
from backoffice.worker.services import Claim
from backoffice.worker.ticker import tick, tick_long
from backoffice.workshop.models import WorkOrderLine
from tests.support.garage import ORDERS
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.office import OfficeBench


@pytest.fixture
def folder(tmp_path: Path, bench: OfficeBench) -> Path:
    """A folder that work orders are picked up from."""
    made = tmp_path / "exports"
    made.mkdir()
    name_source(bench, made)
    return made


def test_owners_are_mailed_of_a_refused_file_and_its_source_may_name_the_organisation(
    bench: OfficeBench, folder: Path
) -> None:
    mailbox = Mailbox()
    with bench.office.database.read() as reader:
        name = reader.get_one(Organisation, bench.organisation_id).name
    name_source(bench, folder, organisation=name)
    put(bench, folder, "a.csv", ORDERS.replace("12.05.2023", "someday", 1))
    with smtp_server(mailbox) as server:
        settings = replace(
            bench.office.settings,
            mail_server=server,
            mail_sender="garage@shop.example",
            public_url="https://shop.example",
        )
        office = replace(bench.office, settings=settings)
        pick_up(office, Claim(bench.organisation_id, "job", "pick_up", "now"))
    (message,) = mailbox.messages
    assert message["Subject"] == "A file was not taken over: a.csv"
    text = message.get_content().replace("=\n", "")
    assert "1 mistakes in 3 rows" in text
    assert f"https://shop.example/imports/{last_run(bench).import_id}" in text


def name_source(bench: OfficeBench, folder: Path, more: str = "", organisation: str = "") -> None:
    whose = organisation or bench.organisation_id
    text = f'[[source]]\norganisation = "{whose}"\nkind = "work_orders"\nfolder = "{folder}"\n{more}'
    (bench.office.settings.data / FILE).write_text(text, encoding="utf-8")


def put(bench: OfficeBench, folder: Path, name: str, text: str, seconds_ago: int = 120) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    at = (bench.clock.now() - timedelta(seconds=seconds_ago)).timestamp()
    os.utime(folder / name, (at, at))


def picked(bench: OfficeBench) -> str:
    return pick_up(bench.office, Claim(bench.organisation_id, "job", "pick_up", "now"))


def lines(bench: OfficeBench) -> int:
    with bench.office.database.read() as reader:
        return reader.scalar(select(func.count()).select_from(WorkOrderLine)) or 0


def last_run(bench: OfficeBench) -> ImportRun:
    with bench.office.database.read() as reader:
        return reader.scalars(select(ImportRun).order_by(ImportRun.import_id.desc()).limit(1)).one()


def names(folder: Path) -> list[str]:
    return sorted(each.name.split("-", 3)[-1] for each in folder.iterdir() if each.is_file())


def test_files_are_taken_over_and_moved_and_again_change_nothing(bench: OfficeBench, folder: Path) -> None:
    put(bench, folder, "orders.csv", ORDERS)
    put(bench, folder, "notes.pdf", "not an export")
    put(bench, folder, "growing.csv", ORDERS[:200], seconds_ago=5)
    assert picked(bench) == "Files taken over: 1; not taken over: 0"
    assert lines(bench) == 3
    assert names(folder) == ["growing.csv", "notes.pdf"]
    assert names(folder / "done") == ["orders.csv"]
    put(bench, folder, "orders.csv", ORDERS)
    assert picked(bench) == "Files taken over: 1; not taken over: 0"
    run = last_run(bench)
    assert (run.summary, run.created_by, run.state) == ('{"unchanged":3}', "pick-up", "done")
    assert names(folder / "done") == ["orders.csv", "orders.csv"]


def test_a_file_with_a_mistake_waits_for_a_person_and_keeps_no_other_up(bench: OfficeBench, folder: Path) -> None:
    put(bench, folder, "a.csv", ORDERS.replace("12.05.2023", "someday", 1))
    put(bench, folder, "b.csv", ORDERS.replace("A-", "B-"))
    put(bench, folder, "c.csv", "")
    assert picked(bench) == "Files taken over: 1; not taken over: 2"
    assert lines(bench) == 3
    assert names(folder / "refused") == ["a.csv", "c.csv"]
    assert names(folder / "done") == ["b.csv"]
    with bench.office.database.read() as reader:
        states = {run.filename: run.state for run in reader.scalars(select(ImportRun))}
    assert states == {"a.csv": "refused", "b.csv": "done"}


def test_a_source_has_its_own_columns(bench: OfficeBench, folder: Path) -> None:
    head, *rows = ORDERS.splitlines(keepends=True)
    odd = head.replace("Auftrag", "Zahl").replace("Bezeichnung", "Was")
    put(bench, folder, "odd.csv", odd + "".join(rows))
    assert picked(bench) == "Files taken over: 0; not taken over: 1"
    columns = 'columns = { Zahl = "order", Pos = "line", Datum = "date", VIN = "vin", km = "km", Was = "text" }\n'
    name_source(bench, folder, columns)
    put(bench, folder, "odd.csv", odd + "".join(rows))
    assert picked(bench) == "Files taken over: 1; not taken over: 0"
    assert lines(bench) == 3


def test_the_worker_looks_every_hour_once(bench: OfficeBench, folder: Path) -> None:
    put(bench, folder, "orders.csv", ORDERS)
    for _ in range(2):
        tick(bench.office)
        tick_long(bench.office)
    assert lines(bench) == 3
    bench.clock.forward(timedelta(hours=1))
    tick(bench.office)
    with bench.office.database.read() as reader:
        assert reader.scalar(select(func.count()).where(Job.kind == "pick_up")) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[source", "cannot be read"),
        ('[[source]]\norganisation = "x"\nkind = "magic"\nfolder = "/x"', "magic cannot be imported"),
        ('[[source]]\norganisation = "x"\nkind = "members"\nfolder = "x"', "no whole path"),
        ('[[source]]\nkind = "members"\nfolder = "/x"', "organisation"),
    ],
)
def test_a_wrong_file_of_sources_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_sources(tmp_path / FILE)
