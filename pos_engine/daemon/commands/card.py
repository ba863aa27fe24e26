"""`pos-engine card`: keys, making cards, and looking at one. Everything but `show` and `trust` belongs to a desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from drivers.cards.key_files import (
    KeyFileError,
    new_shares,
    read_keys,
    read_shares,
    read_till_keys,
    write_keys,
    write_share,
)
from drivers.cards.keys import TILL_ROLES_DEFAULT, KeySet, Role, check_value, combined, key_set
from pos_engine.core.card_trust import CLASSES, RIGHTS, TRUST, stricter, word_of
from pos_engine.daemon.card_batch import KINDS, Batch, BatchError
from pos_engine.daemon.config import ConfigError, load_config

CARD_WAIT_S = 120.0
SHARES_MIN, SHARES_MAX = 2, 5

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Make cards, their keys, and look at a card on a reader."""


@command.group()
def keys() -> None:
    """The key ceremony (docs/cards.md): master key in shares, role keys for the desk, fewer for tills."""


@keys.command("new")
@click.option("--organisation", required=True, help="Whose cards: the name goes into every key.")
@click.option("--version", default=1, show_default=True, help="1 to 255; a new one replaces keys that are lost.")
@click.option("--shares", default=3, show_default=True, type=click.IntRange(SHARES_MIN, SHARES_MAX))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False))
def new_keys(organisation: str, version: int, shares: int, out: Path) -> None:
    """Make a new master key in shares, and the role keys out of it. The master key itself is never written."""
    try:
        made = new_shares(shares)
        master = combined(made)
        role_keys = key_set(master, organisation, version)
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number, share in enumerate(made, start=1):
            write_share(out / f"share-{number}.key", share, number, shares, check_value(master))
        _write_roles(role_keys, out)
    except (KeyFileError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Master key {check_value(master)} in {shares} shares: give each to another person, and keep none here.")


@keys.command("rebuild")
@click.argument("shares", nargs=-1, required=True, type=_FILE)
@click.option("--organisation", required=True)
@click.option("--version", default=1, show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False))
def rebuild(shares: tuple[Path, ...], organisation: str, version: int, out: Path) -> None:
    """Make the role keys anew out of all SHARES: after a loss, or for a new version."""
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_roles(key_set(read_shares(shares), organisation, version), out)
    except (KeyFileError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


@keys.command("till")
@click.argument("issuer", type=_FILE)
@click.option("--out", required=True, type=_FILE)
@click.option("--with-credit", is_flag=True, help="Also the key that adds value: only for tills that top up cards.")
def till(issuer: Path, out: Path, with_credit: bool) -> None:
    """Take from the desk's file ISSUER what a till may hold."""
    try:
        roles = TILL_ROLES_DEFAULT | ({Role.CREDIT} if with_credit else set())
        write_keys(out, read_keys(issuer).only(roles))
    except KeyFileError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{out}: {', '.join(sorted(role.value for role in roles))}")


def _write_roles(role_keys: KeySet, out: Path) -> None:
    write_keys(out / "issuer.keys", role_keys)
    write_keys(out / "till.keys", role_keys.only(TILL_ROLES_DEFAULT))
    click.echo(f"{out / 'issuer.keys'}: for the desk that makes cards, nowhere else.")
    held = ", ".join(sorted(role.value for role in TILL_ROLES_DEFAULT))
    click.echo(f"{out / 'till.keys'}: for tills ({held}).")


@command.command()
@click.option("--keys", "key_file", required=True, type=_FILE, help="issuer.keys of the ceremony.")
@click.option("--reader", default="pcsc://", show_default=True)
@click.option("--batch", "batch_file", type=_FILE, help="CSV with a column card_number; goes on where it stopped.")
@click.option("--number", default="", help="One card with this number instead of a list.")
@click.option("--kind", type=click.Choice(KINDS), default="desfire", show_default=True)
@click.option("--currency", default="", help="Of the value on a DESFire card, such as EUR.")
@click.option("--limit", "limit_minor", default=50_000, show_default=True, help="Most that may lie on it, in cents.")
@click.option("--address", default="", help="Web address of an NTAG 424 tag, such as https://shop.example/t")
@click.option("--wait", "wait_s", default=CARD_WAIT_S, show_default=True, help="Seconds to wait for each card.")
def issue(key_file: Path, reader: str, batch_file: Path | None, number: str, **how: Any) -> None:  # noqa: ANN401 (click)
    """Make blank cards ours, one after the other as they are put on the reader."""
    # only here: the PC/SC library is a Debian package that not every machine has
    from pos_engine.daemon.card_desk import DeskError, Maker, make_all, make_one  # noqa: PLC0415

    if (batch_file is None) == (not number):
        raise click.UsageError("Give either --batch FILE or --number NUMBER.")
    try:
        maker = Maker(read_keys(key_file), how["currency"], how["limit_minor"], how["address"])
        if batch_file is None:
            make_one(reader, maker, number, how["kind"], how["wait_s"], click.echo)
        else:
            make_all(reader, maker, Batch(batch_file, how["kind"]), how["wait_s"], click.echo)
    except (KeyFileError, BatchError, DeskError) as error:
        raise click.ClickException(str(error)) from error


@command.command()
@click.option("--reader", default="pcsc://", show_default=True)
@click.option("--keys", "key_files", multiple=True, type=_FILE, help="till.keys; without it only the UID is told.")
@click.option("--wait", "wait_s", default=CARD_WAIT_S, show_default=True)
def show(reader: str, key_files: tuple[Path, ...], wait_s: float) -> None:
    """Say what the card on the reader is, what it proves, and what lies on it."""
    from pos_engine.daemon.card_desk import DeskError, describe  # noqa: PLC0415

    try:
        for line in describe(reader, read_till_keys(key_files), wait_s, click.echo):
            click.echo(line)
    except (KeyFileError, DeskError) as error:
        raise click.ClickException(str(error)) from error


@command.command()
@click.option("--config", "config_path", type=_FILE, help="With this till's own, stricter settings.")
def trust(config_path: Path | None) -> None:
    """Print what each kind of card may be trusted with."""
    try:
        table = TRUST if config_path is None else stricter(load_config(config_path).cards.trust)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{'card':17}" + "".join(f"{right:16}" for right in RIGHTS))
    for name in CLASSES:
        click.echo(f"{name:17}" + "".join(f"{word_of(table[name][right]):16}" for right in RIGHTS).rstrip())
