"""The rules that every organisation begins with."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from backoffice.workshop.line_rules import Rule

_FILE: Final = Path(__file__).parent / "starter_rules.toml"


@cache
def starter_rules() -> tuple[Rule, ...]:
    """The rules of the file, from the top."""
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8"))["rule"], type=tuple[Rule, ...])
