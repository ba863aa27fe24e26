"""The number and the plate of a vehicle: sealed like a person, because they lead to one; found by keyed marks.

Laws: each vehicle has a key of its own, wrapped by the installation's (see `backoffice.vault`); erasing its owner
destroys it. A plate is compared by its letters and digits alone, a vehicle number in capitals.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from backoffice.vault import Vault, seal, unseal
from backoffice.workshop.models import Vehicle
from backoffice.workshop.vin import LENGTH, TAIL_LENGTH, plain_vin
from pos_engine.wire.cashiers import plate_letters

PLATE_LENGTH_MAX: Final = 20


class Papers(msgspec.Struct, frozen=True):
    """What the papers of a vehicle say that leads to its owner."""

    vin: str = ""
    plate: str = ""


def vin_mark(vault: Vault, organisation_id: str, vin: str) -> int | None:
    """The mark of a whole vehicle number; None for an empty one."""
    plain = plain_vin(vin)
    return vault.mark(organisation_id, f"vin {plain}") if plain else None


def plate_mark(vault: Vault, organisation_id: str, plate: str) -> int | None:
    """The mark of a plate; None when there are too few letters and digits to tell cars apart."""
    letters = plate_letters(plate)
    return vault.mark(organisation_id, f"plate {letters}") if letters else None


def tail_mark(vault: Vault, organisation_id: str, vin: str) -> int | None:
    """The mark of the end of a vehicle number, by which workshops call a car; None for a shorter text."""
    plain = plain_vin(vin)
    return vault.mark(organisation_id, f"tail {plain[-TAIL_LENGTH:]}") if len(plain) >= TAIL_LENGTH else None


def marks_of_search(vault: Vault, organisation_id: str, text: str) -> dict[str, int]:
    """What a typed text may be the mark of, by column."""
    plain = plain_vin(text)
    found = {"plate_mark": plate_mark(vault, organisation_id, text)}
    if len(plain) == TAIL_LENGTH:
        found["tail_mark"] = tail_mark(vault, organisation_id, plain)
    if len(plain) <= LENGTH:
        found["vin_mark"] = vin_mark(vault, organisation_id, plain)
    return {column: mark for column, mark in found.items() if mark is not None}


def sealed_columns(vault: Vault, organisation_id: str, vehicle_id: str, papers: Papers) -> dict[str, Any]:
    """The columns of a vehicle that its papers fill, under a fresh key."""
    key = vault.new_key()
    place = _place(organisation_id, vehicle_id)
    return {
        "vin_mark": vin_mark(vault, organisation_id, papers.vin),
        "tail_mark": tail_mark(vault, organisation_id, papers.vin),
        "plate_mark": plate_mark(vault, organisation_id, papers.plate),
        "wrapped": vault.wrap(key, f"{place}:key"),
        "sealed": seal(key, msgspec.json.encode(papers), place),
    }


def forgotten_columns() -> dict[str, Any]:
    """The same columns when nobody may know any more whose vehicle it was."""
    return {"vin_mark": None, "tail_mark": None, "plate_mark": None, "wrapped": b"", "sealed": b""}


def papers_of(vault: Vault, vehicle: Vehicle) -> Papers:
    """The number and plate of a vehicle; empty when its owner was erased. VaultError: sealed elsewhere or changed."""
    return opened(vault, vehicle.organisation_id, vehicle.vehicle_id, vehicle.wrapped, vehicle.sealed)


def opened(vault: Vault, organisation_id: str, vehicle_id: str, wrapped: bytes, sealed: bytes) -> Papers:
    """The same from the columns themselves."""
    if not wrapped:
        return Papers()
    place = _place(organisation_id, vehicle_id)
    key = vault.unwrap(wrapped, f"{place}:key")
    return msgspec.json.decode(unseal(key, sealed, place), type=Papers)


def _place(organisation_id: str, vehicle_id: str) -> str:
    return f"vehicle:{organisation_id}:{vehicle_id}:sealed"
