"""`backoffice import`: members, products or categories from a file, or the demo shops."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.commands.common import chosen_organisation, opened, organisation_option
from backoffice.db import run_in_tx
from backoffice.demo.install import install_demo
from backoffice.imports.kinds import IMPORTERS
from backoffice.imports.plan import Checked
from backoffice.imports.runs import apply_file, check_file


@click.group("import")
def command() -> None:
    """Bring data in. Nothing is taken over when a single row is wrong."""


def _add_file_command(kind: str) -> None:
    @command.command(kind, help=f"Bring {kind} in from a CSV FILE: check every row, then take all of them over.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Check only.")
    @organisation_option
    @click.pass_context
    def bring(context: click.Context, file: Path, dry_run: bool, organisation: str) -> None:
        with opened(context) as office:
            data = file.read_bytes()
            with office.database.read() as reader:
                organisation_id = chosen_organisation(reader, organisation).organisation_id
                _importer, checked = check_file(reader, organisation_id, kind, data, _say_rows, office.clock.now())
            _say_checked(checked)
            if checked.issues_total:
                context.exit(1)
            if dry_run:
                return
            doing = Doing(organisation_id, "command line", office.clock, office.ids)

            def work(tx: Session) -> int:
                return apply_file(tx, doing, kind, data, _say_rows).rows_total

            click.echo(f"{run_in_tx(office.database.write, work):,} rows taken over")


for _kind in IMPORTERS:
    _add_file_command(_kind)


def _say_rows(done: int) -> None:
    if done % 10_000 == 0:
        click.echo(f"{done:,} rows", err=True)


def _say_checked(checked: Checked) -> None:
    for issue in checked.issues:
        click.echo(f"row {issue.row}, column {issue.column or '-'}, {issue.value!r}: {issue.text}", err=True)
    if checked.issues_total:
        click.echo(
            f"{checked.issues_total:,} mistakes in {checked.rows_total:,} rows; nothing was taken over", err=True
        )
        return
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in checked.summary.items())
    click.echo(f"{checked.rows_total:,} rows checked: {counts}")


@command.command("demo")
@click.option("--grocer/--no-grocer", default=True, show_default=True, help="Also the grocer of real receipts.")
@click.pass_context
def demo(context: click.Context, grocer: bool) -> None:
    """Set up the demo shops with members, cards, products and published campaigns, and print how to sign in."""
    with opened(context) as office:
        install_demo(office, click.echo, with_grocer=grocer, with_points=True)
