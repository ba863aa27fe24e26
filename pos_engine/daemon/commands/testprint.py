"""`pos-engine testprint`: a page that shows whether width, letters, logo, codes, cutter and drawer are set up right."""

from __future__ import annotations

from pathlib import Path

import click

from drivers import make_printer, parse_printer
from pos_engine import words
from pos_engine.daemon.clock import SystemClock
from pos_engine.daemon.config import ConfigError, load_config
from pos_engine.ports.devices import DeviceError
from pos_engine.receipts.sample_page import sample_document


@click.command()
@click.option("--address", help="The printer's address; left out: the one of the configuration.")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("till.toml"),
    show_default=True,
    help="The till's configuration.",
)
@click.option(
    "--language", "languages", multiple=True, type=click.Choice(words.LANGUAGES), help="May be given several times."
)
@click.option("--drawer", is_flag=True, help="Open the cash drawer too.")
def command(address: str | None, config_path: Path, languages: tuple[str, ...], drawer: bool) -> None:
    """Print a page that shows whether the printer is set up right. Stop the till before: it holds the printer."""
    try:
        where = address or load_config(config_path).printer.address
        if not where:
            raise click.ClickException(f"{config_path} names no printer: add [printer] address, or give --address.")
        parsed = parse_printer(where)
        printer = make_printer(parsed)
        printer.open()
        try:
            for number, language in enumerate(languages or ("en",)):
                printer.print_document(
                    sample_document(
                        language, parsed.paper.columns, SystemClock().now().date(), drawer=drawer and number == 0
                    )
                )
        finally:
            printer.close()
    except (ConfigError, DeviceError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        "Printed. The row of digits must fill one line, the letters must be right, and a scanner must read all codes."
    )
