"""`backoffice card-artwork`: a print-ready PDF of cards out of a design and a batch or a range of numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from backoffice.card_artwork import numbers
from backoffice.card_artwork.design import Design, Side, read_side
from backoffice.card_artwork.kept import kept_design, kept_fields
from backoffice.card_artwork.layout import DEFAULTS, read_layout
from backoffice.card_artwork.sheet import cards_pdf
from backoffice.commands.common import chosen_organisation, opened, organisation_option
from backoffice.errors import InputError

existing = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command("card-artwork")
@click.option(
    "--front",
    type=existing,
    help="SVG or PNG, 91.6 x 59.98 mm: the card with 3 mm of bleed. Left out: the design kept in the back-office.",
)
@click.option("--back", type=existing, help="The same for the back; with --front and without --back, it is white.")
@organisation_option
@click.option("--batch", type=existing, help="CSV with the column card_number or serial, and name if there are names.")
@click.option("--first", type=int, default=1, show_default=True, help="Without --batch: the first number.")
@click.option("--count", type=int, default=100, show_default=True, help="Without --batch: how many cards.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help=f"What stands where: {', '.join(DEFAULTS)}."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("cards.pdf"), show_default=True)
def command(
    front: Path | None,
    back: Path | None,
    organisation: str,
    batch: Path | None,
    first: int,
    count: int,
    settings: tuple[str, ...],
    out: Path,
) -> None:
    """Write a print-ready PDF of cards: CR80, 3 mm of bleed, trim marks, number and code on each."""
    try:
        fields: dict[str, str] = {}
        if front is None:
            design, fields = _kept(organisation)
            design = replace(design, back=design.back if back is None else _side(back))
        else:
            design = Design(_side(front), None if back is None else _side(back))
        fields |= dict(_setting(setting) for setting in settings)
        faces = numbers.blank_numbers(first, count) if batch is None else numbers.from_batch(batch.read_bytes())
        out.write_bytes(cards_pdf(design, read_layout(fields), faces, out.stem))
    except InputError as error:
        raise click.ClickException(str(error)) from error
    for side in (design.front, design.back):
        for remark in side.remarks if side is not None else ():
            click.echo(remark)
    click.echo(f"{out}: {len(faces)} cards")


def _kept(organisation: str) -> tuple[Design, dict[str, str]]:
    """The design and the places that the page keeps."""
    with opened(click.get_current_context()) as office, office.database.read() as reader:
        organisation_id = chosen_organisation(reader, organisation).organisation_id
        design, fields = kept_design(reader, organisation_id), dict(kept_fields(reader, organisation_id))
    if design.front is None:
        raise InputError("no design is kept; upload one under Members, Card artwork, or give --front")
    return design, fields


def _side(path: Path) -> Side:
    return read_side(path.name, path.read_bytes())


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in DEFAULTS:
        raise InputError(f"--set {text}: write NAME=VALUE with one of these names: {', '.join(DEFAULTS)}")
    return name, value
