"""`pos-engine receipt-template`: see what a template reads on a captured receipt."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from drivers import printed_text
from pos_engine.registers.printed.reading import NoReceipt, read_receipt
from pos_engine.registers.printed.template import TemplateError, built_in_names, load_template


@click.group()
def command() -> None:
    """Try how a register's printed receipts are read."""


@command.command("list")
def list_() -> None:
    """The templates that come with the program."""
    for name in built_in_names():
        click.echo(f"{name}: {load_template(name).name}")


@command.command("try")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--template", "wanted", default="one_line", show_default=True, help="A name from the list, or a file.")
@click.option("--decimals", default=2, show_default=True, help="Decimals of the shop's currency.")
def try_(file: Path, wanted: str, decimals: int) -> None:
    """Show what is read on the receipts in FILE: bytes as the register sent them to its printer, or plain text.

    Exit code: 0 every receipt was understood, 1 one was not, or there is none.
    """
    try:
        template = load_template(wanted)
    except TemplateError as error:
        raise click.ClickException(str(error)) from error
    good = 0
    bad = False
    for number, text in enumerate(printed_text(file.read_bytes(), template.encoding), start=1):
        receipt = read_receipt(text, template, decimals)
        if isinstance(receipt, NoReceipt):
            click.echo(f"paper {number}: no receipt: {receipt.reason}")
            continue
        click.echo(f"paper {number}: total {_amount(receipt.total_minor, decimals)}")
        for line in receipt.lines:
            tax = f"  VAT {line.tax_percent} %" if line.tax_percent else ""
            amount = _amount(line.amount_minor, decimals)
            click.echo(f"  {line.quantity} x {line.name or 'whole receipt'} [{line.product}]  {amount}{tax}")
        if not receipt.understood:
            click.echo("  the lines do not sum to the total: only the total is used. Look at item, void and reduction.")
        good += receipt.understood
        bad |= not receipt.understood
    raise SystemExit(1 if bad or not good else 0)


def _amount(minor: int, decimals: int) -> str:
    return str(Decimal(minor).scaleb(-decimals))
