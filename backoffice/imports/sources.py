"""Folders on this machine into which other systems put their exports: named by whoever installs, in `sources.toml`.

    [[source]]
    organisation = "…"          # its name, or id
    kind = "work_orders"        # or vehicles, members, products, categories
    folder = "/srv/export/orders"
    columns = { Auftrag = "order", Bezeichnung = "text" }   # by their headings; left out: as on the page of imports

Staff name no paths: who may write this file may read the machine's files anyway.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.imports.kinds import IMPORTERS
from backoffice.settings import Settings

FILE: Final = "sources.toml"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One folder. `columns`: heading → field; empty: as they were chosen last for such a heading, or guessed."""

    organisation: str
    kind: str
    folder: str
    columns: dict[str, str] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: tuple[Source, ...] = ()


def has_sources(settings: Settings) -> bool:
    """Whether anything is to be picked up on this machine."""
    return (settings.data / FILE).exists()


def read_sources(path: Path) -> tuple[Source, ...]:
    """What the file names. InputError says what is wrong with it."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), type=_File).source
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise InputError(_("%(file)s cannot be read: %(error)s", file=FILE, error=error)) from error
    for source in found:
        if source.kind not in IMPORTERS:
            raise InputError(_("%(file)s: %(kind)s cannot be imported.", file=FILE, kind=source.kind))
        if not Path(source.folder).is_absolute():
            raise InputError(_("%(file)s: %(folder)s is no whole path.", file=FILE, folder=source.folder))
    return found


def chosen_by(source: Source, header: Sequence[str], proposed: Sequence[str]) -> list[str]:
    """The field of each column of a file from this source."""
    return [source.columns.get(name, "") for name in header] if source.columns else list(proposed)
