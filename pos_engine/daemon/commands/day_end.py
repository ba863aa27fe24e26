"""`pos-engine day-end`: a business day's totals by operator as the till prints them, also while the till runs."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from pos_engine.checkout.active_rules import compile_set
from pos_engine.daemon.clock import SystemClock
from pos_engine.daemon.config import ConfigError, load_config
from pos_engine.daemon.data_key import DataKeyError, data_key
from pos_engine.journal import receipt_list, rule_sets
from pos_engine.journal.engine import Connection, open_database
from pos_engine.journal.errors import JournalError
from pos_engine.journal.identity import TillIdentity, need_identity
from pos_engine.receipts.day_end import DayEndPaper, day_end_document, day_end_of
from pos_engine.receipts.plain import text_of
from pos_engine.wire.campaigns import load_set
from pos_engine.wire.errors import DocumentError


@click.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Business day; without it today.")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("till.toml"),
    show_default=True,
    help="The till's configuration.",
)
def command(day: datetime | None, config_path: Path) -> None:
    """Show the totals of a business day, all operators together and each of them."""
    try:
        till = load_config(config_path).till
        path = Path(till.data) / "journal.db"
        if not path.exists():
            raise click.ClickException(f"{path} is not there. Enrol this till first: pos-engine enrol")
        with closing(open_database(path, "FULL", data_key(till), read_only=True)) as journal:
            click.echo(_report(journal, need_identity(journal), day), nl=False)
    except (ConfigError, DataKeyError, JournalError) as error:
        raise click.ClickException(str(error)) from error


def _report(journal: Connection, till: TillIdentity, wanted: datetime | None) -> str:
    now = SystemClock().now()
    day = now.astimezone(ZoneInfo(till.zone)).date() if wanted is None else wanted.date()
    paper = DayEndPaper(
        day_end_of(receipt_list.of_day(journal, till, day), day, now),
        till.tariff.currency,
        till.organisation_name,
        till.store_name,
        till.workstation_id,
        till.zone,
        till.language,
        _campaign_names(journal, till),
    )
    return text_of(day_end_document(paper))


def _campaign_names(journal: Connection, till: TillIdentity) -> dict[str, str]:
    """As the newest set that is kept here calls them."""
    raw = rule_sets.kept(journal, till, rule_sets.newest(journal, till))
    try:
        return {} if raw is None else {key: one.name for key, one in compile_set(load_set(raw)).campaigns.items()}
    except (DocumentError, ValueError):
        return {}
