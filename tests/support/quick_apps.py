"""Applications that a test process makes hundreds of times over: what is the same each time is done once, or cheaply.

A program makes one application, and compiles each of its pages and addresses once. Nearly every test of the back-office
makes an application of its own; without this, compiling the same again takes longer than most of what is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from passlib.hash import argon2
from typing_extensions import override
from werkzeug.datastructures import ImmutableDict
from werkzeug.routing import Rule

CHEAP = 8, 1, 1
"""What checking a password costs here: KiB of memory, lanes, rounds. It is dear on purpose, 64 MB three times over.

What a program of its own keeps of a password is looked at in tests/integration/backoffice/test_set_up.py.
"""
DEAR = argon2.memory_cost, argon2.parallelism, argon2.default_rounds

_Builder = Callable[..., tuple[str, str]]


class _Pages(BytecodeCache):
    """Compiled templates by name, file and the checksum of their source, which Jinja puts into the key."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        kept = self._kept.get((bucket.key, bucket.checksum))
        if kept is not None:
            bucket.bytecode_from_string(kept)

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


class _KeptRule(Rule):
    """A rule whose functions that build its address are those of an equal rule before it."""

    _kept: dict[tuple[Any, ...], _Builder] = {}  # noqa: RUF012 - shared on purpose

    @override
    def _compile_builder(self, append_unknown: bool = True) -> _Builder:
        # All that the function is made of; it is bound to its rule, with that one's converters, afterwards.
        key = self.rule, tuple(self._trace), tuple(sorted((self.defaults or {}).items())), append_unknown
        made = self._kept.get(key)
        if made is None:
            made = self._kept[key] = super()._compile_builder(append_unknown)
        return made


def quicken_apps() -> None:
    """From now on every application of this process shares what was compiled for those before it."""
    if Flask.url_rule_class is not _KeptRule:
        Flask.url_rule_class = _KeptRule
        Flask.jinja_options = ImmutableDict({**Flask.jinja_options, "bytecode_cache": _Pages()})
        _set_passwords(CHEAP)


def _set_passwords(cost: tuple[int, int, int]) -> None:
    argon2.memory_cost, argon2.parallelism, argon2.default_rounds = cost


@contextmanager
def dear_passwords() -> Iterator[None]:
    """Passwords as the product keeps them, for a database that a program of its own will serve."""
    _set_passwords(DEAR)
    try:
        yield
    finally:
        _set_passwords(CHEAP)
