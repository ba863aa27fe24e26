"""`pos-engine journal`: back up, restore, verify and encrypt the till's record of closed sales."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from pos_engine.daemon.clock import SystemClock
from pos_engine.daemon.config import Config, ConfigError, load_config
from pos_engine.daemon.data_key import DataKeyError, data_key, key_path, read_key, write_new_key
from pos_engine.journal import copies
from pos_engine.journal.errors import JournalError

T = TypeVar("T")

CONFIG = click.option(
    "--config",
    "config_path",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The till's configuration.",
)
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Back up, restore, verify or encrypt the till's journal (journal.db, the record of all closed sales)."""


@command.command("backup")
@CONFIG
@click.argument("to", type=FILE)
def backup(config_path: Path, to: Path) -> None:
    """Write a copy of the journal to the new file TO, also while the till sells. The copy has the journal's key."""
    config = _config(config_path)
    found = _or_say(lambda: copies.backup(_journal(config), to, data_key(config.till)))
    click.echo(f"{to}: {_words(found)}. The copy was checked.")


@command.command("verify")
@CONFIG
@click.argument("file", type=FILE, required=False)
def verify(config_path: Path, file: Path | None) -> None:
    """Check the journal, or a copy of it: its structure, each receipt against its hash, the numbers.

    Exit code: 0 all is well, 1 something is wrong.
    """
    config = _config(config_path)
    path = file or _journal(config)
    found = _or_say(lambda: copies.verify(path, data_key(config.till)))
    click.echo(f"{path}: {_words(found)}.")
    for problem in found.problems:
        click.echo(f"  wrong: {problem}")
    if found.problems:
        click.echo("Keep this file as it is, and restore the last good copy: pos-engine journal restore")
        raise SystemExit(1)
    click.echo("All is well.")


@command.command("restore")
@CONFIG
@click.argument("copy", type=FILE)
def restore(config_path: Path, copy: Path) -> None:
    """Go on from COPY. Stop the till first. What is there now is kept beside; receipts are numbered in a new epoch."""
    config = _config(config_path)
    Path(config.till.data).mkdir(parents=True, exist_ok=True)
    done = _or_say(lambda: copies.restore(copy, _journal(config), data_key(config.till), SystemClock().now()))
    click.echo(f"The journal is back with {done.receipts} receipts.")
    if done.epoch:
        click.echo(f"New receipts are numbered in epoch {done.epoch}, so that none gets a number twice.")
    if done.kept is not None:
        click.echo(f"The journal that was here is kept as {done.kept}; it may hold receipts the copy has not.")


@command.command("encrypt")
@CONFIG
def encrypt(config_path: Path) -> None:
    """Encrypt a plain journal and replica with the configured key. Stop the till first."""
    config = _config(config_path)
    path = key_path(config.till)
    if path is None:
        raise click.ClickException(
            f"{config_path} names no key. Make one (pos-engine journal new-key FILE) and set key_file in [till]."
        )
    kept = _or_say(lambda: copies.encrypt(_journal(config), _replica(config), read_key(path), SystemClock().now()))
    click.echo(
        f"Journal and replica are encrypted. The plain journal lies in {kept}: destroy it when the till has sold again."
    )


@command.command("new-key")
@click.argument("file", type=FILE)
def new_key(file: Path) -> None:
    """Write a new random key to FILE, which must not exist yet. Keep a copy of it apart from the till."""
    _or_say(lambda: write_new_key(file))
    click.echo(f"{file} holds the key. Keep a copy in a safe place: without it the till's data cannot be read.")


def _config(path: Path) -> Config:
    try:
        return load_config(path)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


def _journal(config: Config) -> Path:
    return Path(config.till.data) / "journal.db"


def _replica(config: Config) -> Path:
    return Path(config.till.data) / "replica.db"


def _or_say(do: Callable[[], T]) -> T:
    """Do it, or say in one sentence why not."""
    try:
        return do()
    except (DataKeyError, JournalError) as error:
        raise click.ClickException(str(error)) from error


def _words(found: copies.Verified) -> str:
    till = found.workstation_id or "a till that is not enrolled"
    sealed = "encrypted" if found.encrypted else "not encrypted"
    return f"{till}, {found.receipts} receipts, {found.waiting} of them not yet handed over, {sealed}"
