"""A raw document against the class it should become: unknown fields and kinds, implausible numbers, with their place.

The decoder itself ignores fields it does not know, and a till that ignores half an offer would give the wrong price.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from functools import lru_cache

from pos_engine.core.campaign import Condition, Reward
from pos_engine.core.registry import CONDITIONS, REWARDS, kind_of
from pos_engine.wire.bounds import DEPTH_MAX, NOT_EMPTY, NUMBERS, TEXT_MAX
from pos_engine.wire.errors import DocumentError, UnknownKindError


@lru_cache(maxsize=256)
def field_hints(cls: type) -> dict[str, object]:
    """Field name → resolved type, for the dataclass fields only."""
    hints = typing.get_type_hints(cls)
    return {one.name: hints[one.name] for one in dataclasses.fields(cls)}


def resolve_kind(raw: Mapping[str, object], family: object, path: str) -> type:
    """The class a raw condition or reward says it is."""
    name, table = ("condition", CONDITIONS) if family is Condition else ("reward", REWARDS)
    kind = raw.get("kind")
    if not isinstance(kind, str):
        raise DocumentError(path, f'a {name} needs a "kind": one of {", ".join(sorted(table))}')
    if kind not in table:
        raise UnknownKindError(path, name, kind)
    cls: type = table[kind]
    return cls


class Inspection:
    """One walk over a raw document along the types it should have. Wrong types are left to the decoder.

    `places` remembers, by the identity of its raw object, where each condition and reward stands: the decoder reports
    places inside such an object only.
    """

    def __init__(self) -> None:
        self.places: dict[int, str] = {}

    def walk(self, raw: object, hint: object, path: str = "$", depth: int = 0) -> None:
        """Look at a value and everything in it; DocumentError at the first thing that is wrong."""
        if depth > DEPTH_MAX:
            raise DocumentError(path, f"more than {DEPTH_MAX} levels deep")
        if isinstance(raw, dict):
            self._walk_object(raw, without_none(hint), path, depth)
        elif hint is Condition or hint is Reward:
            raise DocumentError(path, 'expected an object with a "kind"')
        elif isinstance(raw, list):
            for index, item in enumerate(raw):
                self.walk(item, _entry(hint, tuple), f"{path}[{index}]", depth)
        elif isinstance(raw, str) and len(raw) > TEXT_MAX:
            raise DocumentError(path, f"{len(raw)} characters; at most {TEXT_MAX} are allowed")

    def _walk_object(self, raw: dict[str, object], hint: object, path: str, depth: int) -> None:
        if hint is Condition or hint is Reward:
            self.places[id(raw)] = path
            self._walk_fields(raw, resolve_kind(raw, hint, path), path, depth + 1, tagged=True)
        elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
            self._walk_fields(raw, hint, path, depth + 1, tagged=False)
        else:
            for key, item in raw.items():
                self.walk(item, _entry(hint, Mapping), f"{path}.{key}", depth)

    def _walk_fields(self, raw: Mapping[str, object], cls: type, path: str, depth: int, *, tagged: bool) -> None:
        hints = field_hints(cls)
        for key, value in raw.items():
            if tagged and key == "kind":
                continue
            where = f"{path}.{key}"
            if key not in hints:
                raise DocumentError(where, f"unknown field; {_known(cls, hints)}")
            _check_value(value, (cls.__name__, key), where)
            self.walk(value, hints[key], where, depth)


def without_none(hint: object) -> object:
    """X for `X | None`; the documents know no other unions of objects."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return next(choice for choice in typing.get_args(hint) if choice is not type(None))
    return hint


def _entry(hint: object, container: type) -> object:
    """The type of what a list or a mapping holds; `object` when the document should hold no such thing here."""
    hint = without_none(hint)
    origin = typing.get_origin(hint)
    if not isinstance(origin, type) or not issubclass(origin, container):
        return object
    return typing.get_args(hint)[0 if container is tuple else 1]


def _known(cls: type, hints: Mapping[str, object]) -> str:
    kind = kind_of(cls)
    return f"{kind or 'here'} knows {', '.join(hints)}" if hints else f"{kind or 'here'} knows no fields"


def _check_value(value: object, field: tuple[str, str], path: str) -> None:
    if field in NUMBERS:
        lowest, highest = NUMBERS[field]
        for number in value if isinstance(value, list) else [value]:
            if isinstance(number, bool) or not isinstance(number, int):
                continue
            if not lowest <= number <= highest:
                raise DocumentError(path, f"{number} is not plausible; it must be from {lowest} to {highest}")
    if field in NOT_EMPTY and value in ("", []):
        raise DocumentError(path, "must not be empty")
