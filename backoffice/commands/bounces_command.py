"""`backoffice bounces`: returned messages from standard input, or from a mailbox folder."""

from __future__ import annotations

import mailbox
import sys
from pathlib import Path

import click

from backoffice.commands.common import opened
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.messaging.bounces import BYTES_MAX, take_bounce
from backoffice.office import Office

MESSAGES_MAX = 10_000
"""Of one run; the next one goes on."""


@click.command("bounces")
@click.option("--maildir", type=click.Path(path_type=Path, file_okay=False), help="A Maildir whose messages are read.")
@click.option("--recipient", default="", help="The address it came back to, where the mail server knows it.")
@click.pass_context
def command(context: click.Context, maildir: Path | None, recipient: str) -> None:
    """Read one returned message from standard input (as a mail server's pipe), or all new ones of a Maildir."""
    with opened(context) as office:
        if maildir is None:
            said = _taken(office, sys.stdin.buffer.read(BYTES_MAX), recipient)
            click.echo(said)
            return
        if not (maildir / "new").is_dir():
            raise InputError(f"{maildir} is no Maildir: it has no folder new.")
        click.echo(f"{_read_folder(office, maildir)} messages were read")


def _taken(office: Office, raw: bytes, recipient: str) -> str:
    event = run_in_tx(office.database.write, lambda tx: take_bounce(tx, office.clock, office.ids, raw, recipient))
    return event.value if event is not None else "nothing of ours"


def _read_folder(office: Office, folder: Path) -> int:
    """Each message is marked as seen once what it says is written down; a run that is cut off reads it again."""
    box = mailbox.Maildir(folder, create=False)
    done = 0
    for key in list(box.keys())[:MESSAGES_MAX]:
        message = box.get_message(key)
        if "S" in message.get_flags():
            continue
        click.echo(f"{key}: {_taken(office, box.get_bytes(key), '')}")
        message.set_subdir("cur")
        message.add_flag("S")
        box[key] = message
        done += 1
    return done
