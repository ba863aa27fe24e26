"""`pos-engine receipt`: a receipt of this till on the screen or as a PDF file, also while the till runs."""

from __future__ import annotations

from pathlib import Path

import click

from pos_engine.daemon.config import ConfigError, load_config
from pos_engine.daemon.data_key import DataKeyError, data_key
from pos_engine.daemon.paper_shown import shown_paper
from pos_engine.journal.errors import JournalError
from pos_engine.receipts.pdf import PdfError, pdf_of
from pos_engine.receipts.plain import text_of


@click.command()
@click.argument("receipt_id", default="")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("till.toml"),
    show_default=True,
    help="The till's configuration.",
)
@click.option("--pdf", "pdf_path", type=click.Path(path_type=Path, dir_okay=False), help="Write this PDF file.")
@click.option("--a4", is_flag=True, help="An A4 page instead of a strip of 80 mm.")
@click.option(
    "--logo", "logo_path", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="PNG for the head."
)
def command(receipt_id: str, config_path: Path, pdf_path: Path | None, a4: bool, logo_path: Path | None) -> None:
    """Show a receipt as it was printed, or write it as PDF; without RECEIPT_ID (such as till-1:1:42) the newest one."""
    try:
        till = load_config(config_path).till
        journal = Path(till.data) / "journal.db"
        if not journal.exists():
            raise click.ClickException(f"{journal} is not there. Enrol this till first: pos-engine enrol")
        found = shown_paper(Path(till.data), data_key(till), receipt_id)
        if found is None:
            raise click.ClickException(f"{journal} has no receipt {receipt_id or 'yet'}.")
        known_id, document = found
        if pdf_path is None:
            click.echo(text_of(document), nl=False)
            return
        logo_png = b"" if logo_path is None else logo_path.read_bytes()
        pdf_path.write_bytes(pdf_of(document, "a4" if a4 else "strip", title=known_id, logo_png=logo_png))
    except (ConfigError, DataKeyError, JournalError, PdfError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Receipt {known_id} is in {pdf_path}.")
