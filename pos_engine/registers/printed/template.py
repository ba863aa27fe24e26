"""How the receipts of one kind of register look, as data: a TOML file, checked, and every mistake named.

A pattern is a regular expression that is searched in one line. Its groups are `quantity`, `name`, `price` (of one
piece), `amount` (of the line), `tax` and `code`; of a total, `amount`.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

PATTERN_LENGTH_MAX = 300
GROUPS = frozenset({"quantity", "name", "price", "amount", "tax", "code"})


class TemplateError(Exception):
    """A template that cannot be used; the text says what is wrong with it."""


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One layout.

    `total`: the line with what was paid; without it a piece of paper is no receipt. `item`: lines with goods; none:
    only the total is read. `name_above`: the goods' name stands on the line before. `items_begin`, `items_end`: lines
    between which goods stand. `void`: a line like an item whose amount takes an earlier one back. `reduction`: takes
    something off the item before. `ignore`: papers that are no sale (copies, reports, training). `tax`: the register's
    letters in percent. `encoding`: the printer's own code page.
    """

    name: str
    total: str
    item: tuple[str, ...] = ()
    name_above: bool = False
    items_begin: str = ""
    items_end: str = ""
    void: str = ""
    reduction: str = ""
    ignore: tuple[str, ...] = ()
    decimal: Literal[",", "."] = ","
    tax: dict[str, str] = {}
    encoding: str = "cp437"


def built_in_names() -> tuple[str, ...]:
    """The templates that come with the program."""
    folder = resources.files("pos_engine.registers.printed") / "templates"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_template(name_or_path: str) -> Template:
    """A template by the name it comes with, or from a file. TemplateError says what is wrong."""
    if name_or_path in built_in_names():
        folder = resources.files("pos_engine.registers.printed") / "templates"
        return parse_template((folder / f"{name_or_path}.toml").read_text(encoding="utf-8"), name_or_path)
    path = Path(name_or_path)
    try:
        return parse_template(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        known = ", ".join(built_in_names())
        raise TemplateError(f"{path}: there is no such file, and the program has only {known}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: cannot be read: {error}") from error


def parse_template(text: str, where: str) -> Template:
    """A template out of its text. TemplateError names the setting."""
    try:
        template = msgspec.convert(tomllib.loads(text), Template)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise TemplateError(f"{where}: {error}") from error
    try:
        codecs.lookup(template.encoding)
    except (LookupError, ValueError):
        raise TemplateError(f"{where}: encoding {template.encoding!r} is not known; for example cp858") from None
    patterns = {
        "total": (template.total,),
        "item": template.item,
        "items_begin": (template.items_begin,),
        "items_end": (template.items_end,),
        "void": (template.void,),
        "reduction": (template.reduction,),
        "ignore": template.ignore,
    }
    for setting, expressions in patterns.items():
        for expression in expressions:
            _check(where, setting, expression)
    for letter, percent in template.tax.items():
        try:
            Decimal(percent)
        except InvalidOperation:
            raise TemplateError(f'{where}: tax {letter} = {percent!r} is no percentage such as "19"') from None
    return template


def _check(where: str, setting: str, expression: str) -> None:
    if len(expression) > PATTERN_LENGTH_MAX:
        raise TemplateError(f"{where}: {setting} is longer than {PATTERN_LENGTH_MAX} characters")
    try:
        groups = set(re.compile(expression).groupindex)
    except (re.error, OverflowError, RecursionError) as error:
        raise TemplateError(f"{where}: {setting} = {expression!r} is no regular expression: {error}") from None
    if groups - GROUPS:
        raise TemplateError(
            f"{where}: {setting} has the group {min(groups - GROUPS)}; known are {', '.join(sorted(GROUPS))}"
        )
    if expression and setting in ("total", "item", "void", "reduction") and "amount" not in groups:
        raise TemplateError(f"{where}: {setting} needs a group (?P<amount>…)")
    if setting == "total" and not expression:
        raise TemplateError(f"{where}: total is missing; it tells a receipt from other paper")
