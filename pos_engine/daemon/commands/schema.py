"""`pos-engine schema NAME`: the JSON Schema of a document, for editors and other programs."""

from __future__ import annotations

import json

import click

from pos_engine.wire.schema import DOCUMENTS, schema


@click.command("schema")
@click.argument("name", type=click.Choice(sorted(DOCUMENTS)))
def command(name: str) -> None:
    """Print the JSON Schema (2020-12) of a document."""
    click.echo(json.dumps(schema(name), indent=2, ensure_ascii=False))
