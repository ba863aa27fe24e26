"""Which column of a file means what: guessed from its heading, or as it was the last time that heading came."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import put
from backoffice.imports.models import ImportMapping
from backoffice.imports.table import Column, guessed


def proposed(
    session: Session, organisation_id: str, kind: str, header: Sequence[str], columns: Sequence[Column]
) -> list[str]:
    """The field of each column, empty for none."""
    row = session.get(ImportMapping, (organisation_id, kind, _mark(header)))
    if row is None:
        return guessed(header, columns)
    known = {column.field for column in columns}
    return [field if field in known else "" for field in msgspec.json.decode(row.mapping, type=list[str])]


def remember(session: Session, doing: Doing, kind: str, header: Sequence[str], chosen: Sequence[str]) -> None:
    """Keep what was chosen for the next file with this heading."""
    row = {
        "organisation_id": doing.organisation_id,
        "kind": kind,
        "header_mark": _mark(header),
        "mapping": msgspec.json.encode(list(chosen)).decode(),
        "saved_at": doing.clock.now(),
    }
    put(session, ImportMapping, ("organisation_id", "kind", "header_mark"), [row])


def _mark(header: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(header).encode()).hexdigest()
