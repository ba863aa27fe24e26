"""`backoffice keys`: who signs campaign sets: the ceremony, new keys, and what is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root

from backoffice.commands.common import chosen_organisation, opened, organisation_option
from backoffice.errors import InputError
from backoffice.office import Office
from backoffice.sync_api import root_keys
from backoffice.sync_api.signing_keys import KeyFileError, is_locked, load_key, write_key

KEY_FILE: Final = click.Path(path_type=Path, dir_okay=False)
root_key_option = click.option(
    "--root-key", "root_key_paths", multiple=True, type=KEY_FILE, help="File of a root key; once for each key at hand."
)
passphrase_option = click.option(
    "--passphrase/--no-passphrase", default=True, help="Lock new root key files with a passphrase, which is asked for."
)


@click.group("keys")
def command() -> None:
    """Keys that sign campaign sets: root keys in people's drawers, the others on this machine."""


@command.command("status")
@organisation_option
@click.pass_context
def status(context: click.Context, organisation: str) -> None:
    """Say whose keys count, where they lie, and until when their signatures are good."""
    with _office(context, organisation) as (office, organisation_id):
        now = office.clock.now()
        root = office.set_repository.root(organisation_id, now).signed
        needed = root.roles["root"].threshold
        click.echo(f"root {root.version}: {needed} of {len(root.roles['root'].keyids)} keys have to sign a new one")
        lives = office.set_repository.lives(organisation_id)
        for role, key_ids in root_keys.role_keys(root).items():
            here = office.set_repository.keys(organisation_id)
            until = f", good until {lives[role]:%Y-%m-%d %H:%M} UTC" if role in lives else ""
            click.echo(f"{role}{until}")
            for key_id in key_ids:
                place = "on this machine" if here.signer([key_id]) is not None else "carried"
                click.echo(f"    {key_id[:16]}  {place}")
        if root_keys.root_is_here(office.set_repository, organisation_id, now):
            click.echo("The root key lies on this machine: whoever takes it can be the publisher for good.")
            click.echo("Hold a ceremony: backoffice keys ceremony --root-key FILE --root-key FILE --root-key FILE")
        if lives["root"] - now < root_keys.WARN_BEFORE:
            click.echo(f"The root ends on {lives['root']:%Y-%m-%d}; then tills take nothing new. Renew it now:")
            click.echo("backoffice keys rotate root --root-key FILE --root-key FILE")


@command.command("ceremony")
@organisation_option
@root_key_option
@click.option("--threshold", default=2, show_default=True, help="How many of the root keys must sign a new root.")
@passphrase_option
@click.pass_context
def ceremony(
    context: click.Context, organisation: str, root_key_paths: tuple[Path, ...], threshold: int, *, passphrase: bool
) -> None:
    """Move the root to keys of people: each FILE lies on a stick of its own and is made when it is not there."""
    with _office(context, organisation) as (office, organisation_id):
        repository, now = office.set_repository, office.clock.now()
        people = [_made_or_loaded(path, passphrase=passphrase) for path in root_key_paths]
        former = repository.root(organisation_id, now).signed
        draft = root_keys.ceremony_root(
            repository, organisation_id, now, [signer.public_key for signer in people], threshold
        )
        here = repository.keys(organisation_id).signer(former.roles["root"].keyids)
        if here is not None:
            root_keys.sign_root(draft, here)
        for signer in people:
            root_keys.sign_root(draft, signer)
        gone = root_keys.accept_root(repository, organisation_id, now, draft)
        click.echo(f"Root {draft.signed.version} counts. {threshold} of {len(people)} root keys have to sign the next.")
        click.echo(f"{len(gone)} former keys were deleted here. Tills follow by themselves at their next look.")
        for path, signer in zip(root_key_paths, people, strict=True):
            click.echo(f"    {signer.public_key.keyid[:16]}  {path}")
        click.echo("Take the sticks out now, keep them in different places, and back up the data folder.")


@command.command("rotate")
@click.argument("role", type=click.Choice(["root", *root_keys.ONLINE_ROLES]))
@organisation_option
@root_key_option
@click.option("--new-root-key", "new_paths", multiple=True, type=KEY_FILE, help="A root key that comes in addition.")
@click.option("--drop", default="", help="Beginning of the id of the root key that goes, as `keys status` shows it.")
@click.option(
    "--draft", "draft_path", type=KEY_FILE, help="Write what is not signed enough here, to be signed elsewhere."
)
@passphrase_option
@click.pass_context
def rotate(
    context: click.Context,
    role: str,
    organisation: str,
    root_key_paths: tuple[Path, ...],
    new_paths: tuple[Path, ...],
    drop: str,
    draft_path: Path | None,
    *,
    passphrase: bool,
) -> None:
    """Give a ROLE a new key; for the root: exchange a key, or (with neither option) give it a longer life."""
    with _office(context, organisation) as (office, organisation_id):
        repository, now = office.set_repository, office.clock.now()
        former = repository.root(organisation_id, now).signed
        added = [_made_or_loaded(path, passphrase=passphrase) for path in new_paths]
        signers = [*(_loaded(path) for path in root_key_paths), *added]
        here = repository.keys(organisation_id).signer(former.roles["root"].keyids)
        draft = root_keys.rotated_root(
            repository, organisation_id, now, role, [signer.public_key for signer in added], drop
        )
        for signer in [*signers, *([here] if here is not None else [])]:
            root_keys.sign_root(draft, signer)
        if draft_path is not None and not root_keys.signatures(former, draft).enough:
            draft.to_file(str(draft_path))
            _say_how_far(former, draft)
            click.echo(f"Written to {draft_path}. Sign it: backoffice keys sign {draft_path} --root-key FILE")
            return
        _accept(office, organisation_id, draft)


@command.command("sign")
@click.argument("draft_path", metavar="DRAFT", type=KEY_FILE)
@root_key_option
def sign(draft_path: Path, root_key_paths: tuple[Path, ...]) -> None:
    """Sign a DRAFT of a root with a root key; on any machine, it needs neither the data folder nor a network."""
    try:
        draft = root_keys.read_draft(draft_path)
        click.echo(f"Root {draft.signed.version}, good until {draft.signed.expires:%Y-%m-%d}. Its keys:")
        for role, key_ids in root_keys.role_keys(draft.signed).items():
            click.echo(f"    {role}: {', '.join(key_id[:16] for key_id in key_ids)}")
        click.confirm("Sign it?", abort=True)
        for path in root_key_paths:
            root_keys.sign_root(draft, _loaded(path))
    except (InputError, KeyFileError) as error:
        raise click.ClickException(str(error)) from error
    draft.to_file(str(draft_path))
    click.echo(f"{len(draft.signatures)} signatures now. Bring it back: backoffice keys accept {draft_path}")


@command.command("accept")
@click.argument("draft_path", metavar="DRAFT", type=KEY_FILE)
@organisation_option
@click.pass_context
def accept(context: click.Context, draft_path: Path, organisation: str) -> None:
    """Make a signed DRAFT the root."""
    with _office(context, organisation) as (office, organisation_id):
        _accept(office, organisation_id, root_keys.read_draft(draft_path))


@contextmanager
def _office(context: click.Context, organisation: str) -> Iterator[tuple[Office, str]]:
    """The open office and the organisation that is meant; key files that cannot be used end the program."""
    with opened(context) as office:
        with office.database.read() as reader:
            organisation_id = chosen_organisation(reader, organisation).organisation_id
        try:
            yield office, organisation_id
        except KeyFileError as error:
            raise click.ClickException(str(error)) from error


def _accept(office: Office, organisation_id: str, draft: Metadata[Root]) -> None:
    gone = root_keys.accept_root(office.set_repository, organisation_id, office.clock.now(), draft)
    click.echo(f"Root {draft.signed.version} counts; {len(gone)} former keys were deleted here.")


def _say_how_far(former: Root, draft: Metadata[Root]) -> None:
    has = root_keys.signatures(former, draft)
    click.echo(
        f"Signed by {has.former} of {has.former_needed} keys of root {former.version} and "
        f"{has.own} of {has.own_needed} of its own: not enough yet."
    )


def _made_or_loaded(path: Path, *, passphrase: bool) -> CryptoSigner:
    if path.exists():
        return _loaded(path)
    locked_by = ""
    if passphrase:
        locked_by = click.prompt(f"New passphrase for {path}", hide_input=True, confirmation_prompt=True)
    signer = CryptoSigner.generate_ed25519()
    write_key(path, signer, locked_by)
    return signer


def _loaded(path: Path) -> CryptoSigner:
    if not path.exists():
        raise InputError(f"There is no key file {path}. Is its stick in?")
    locked_by = click.prompt(f"Passphrase of {path}", hide_input=True) if is_locked(path) else ""
    return load_key(path, locked_by, carried=True)
