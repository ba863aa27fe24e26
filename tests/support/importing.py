"""Files brought to the back-office as a person would, without the pages."""

from __future__ import annotations

import msgspec

from backoffice.db import run_in_tx
from backoffice.imports import runs
from backoffice.imports.files import file_of
from backoffice.imports.models import ImportRun
from backoffice.imports.table import open_file
from backoffice.worker.ticker import tick
from tests.support.office import OfficeBench


def bring(bench: OfficeBench, kind: str, filename: str, data: bytes) -> str:
    """Upload a file and take its columns for what they were proposed as; the worker has not looked at it yet."""
    import_id = runs.upload(bench.office, bench.doing, kind, filename, lambda path: path.write_bytes(data))
    header = open_file(file_of(bench.office, import_id)).header
    chosen = msgspec.json.decode(run_of(bench, import_id).mapping, type=list[str])
    run_in_tx(bench.office.database.write, lambda tx: runs.choose_columns(tx, bench.doing, import_id, header, chosen))
    return import_id


def run_of(bench: OfficeBench, import_id: str) -> ImportRun:
    """The import as it stands."""
    with bench.office.database.read() as reader:
        return reader.get_one(ImportRun, (bench.organisation_id, import_id))


def taken(bench: OfficeBench, kind: str, data: bytes, *, leave_out: bool = False) -> str:
    """Bring a file and let the worker take it over; the import's id."""
    import_id = bring(bench, kind, "list", data)
    work(bench)
    run_in_tx(
        bench.office.database.write, lambda tx: runs.ask_to_apply(tx, bench.doing, import_id, leave_out=leave_out)
    )
    work(bench)
    return import_id


def work(bench: OfficeBench) -> None:
    """Let the worker do all that waits."""
    while tick(bench.office):
        pass


def undone(bench: OfficeBench, import_id: str) -> None:
    """Undo an import that was taken over, and let the worker do it."""
    run_in_tx(bench.office.database.write, lambda tx: runs.ask_to_undo(tx, bench.doing, import_id))
    work(bench)
