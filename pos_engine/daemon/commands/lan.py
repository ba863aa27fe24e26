"""`pos-engine lan`: let registers on other machines reach the till, with TLS and a token each."""

from __future__ import annotations

from pathlib import Path

import click

from pos_engine.daemon.clock import SystemClock
from pos_engine.daemon.lan import LanError, make_certificate, make_token

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def command() -> None:
    """Let registers on other machines reach the till, with TLS and a token each."""


@command.command("certificate")
@click.argument("names", nargs=-1, required=True)
@click.option("--folder", type=FOLDER, default=Path(), show_default=True, help="Where till.toml lies.")
def certificate(names: tuple[str, ...], folder: Path) -> None:
    """Make the till's key and certificate, and its own token, for the addresses and names NAMES of this machine.

    Example: pos-engine lan certificate 192.168.1.20 till-1.local
    """
    try:
        fingerprint = make_certificate(folder / "till.crt", folder / "till.key", names, SystemClock().now())
        make_token(folder / "till.token")
    except (LanError, OSError) as error:
        raise click.ClickException(str(error)) from error
    others = ", ".join(f'"{name}"' for name in names)
    click.echo(f"""made {folder / "till.crt"}, till.key and till.token. In till.toml:

[register]
host = "0.0.0.0"
token_file = "till.token"
tls_certificate = "till.crt"
tls_key = "till.key"
host_names = [{others}]

Copy till.crt (never till.key) to each register and trust it there. Its SHA-256 fingerprint:
{fingerprint}
Then give each register its token: pos-engine lan register SALE_ID""")


@command.command("register")
@click.argument("sale_id")
@click.option("--folder", type=FOLDER, default=Path(), show_default=True, help="Where till.toml lies.")
def register(sale_id: str, folder: Path) -> None:
    """Make a token for the register that calls itself SALE_ID in its messages."""
    name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in sale_id)
    path = folder / f"{name}.token"
    try:
        make_token(path)
    except (LanError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"""made {path}. In till.toml, under [register]:

tokens = {{ "{sale_id}" = "{path.name}" }}    # beside those of the other registers

The register sends the line in {path.name} as: Authorization: Bearer <token>. Restart the till.""")


@command.command("till")
@click.argument("workstation_id")
@click.option("--folder", type=FOLDER, default=Path(), show_default=True, help="Where till.toml lies.")
def till(workstation_id: str, folder: Path) -> None:
    """Make a token for the till WORKSTATION_ID of this store, which borrows rights from this one, its hub."""
    name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in workstation_id)
    path = folder / f"hub-{name}.token"
    try:
        make_token(path)
    except (LanError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"""made {path}. In till.toml of this till, the hub, under [hub]:

tills = {{ "{workstation_id}" = "{path.name}" }}    # beside those of the other tills

Copy {path.name} and till.crt to the other till. In its till.toml:

[hub]
url = "https://ADDRESS-OF-THIS-TILL:8081"
certificate = "till.crt"
token_file = "{path.name}"

Restart both.""")
