"""From the fields of the builder to a tree, and from one tree to the next when something is added or taken away.

Every node has a path: `t` is the outermost group, `t.0` its first part, `t.0.2` the third part of that. The fields of a
node begin with its path; parts may be missing in between, because somebody took them away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, cast

import msgspec
from werkzeug.datastructures import MultiDict

from backoffice.audiences.inputs import CLASSES, KINDS, Input
from backoffice.audiences.tree import CONDITIONS_MAX, DEPTH_MAX, AudienceTree, Group, Join, Node
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.web.format import parse_amount
from pos_engine.core.bookings import VALUE

ROOT: Final = "t"
_DAYS_OF_A_WEEK: Final = 7
_ACT: Final = re.compile(r"(add|remove|group):([a-z](?:\.[a-z0-9]{1,3}){0,20})(?::([a-z_]{1,20}))?")


@dataclass
class Read:
    """What the page says: the tree, what could not be read (path → words), and where the eye should go next."""

    tree: AudienceTree
    problems: dict[str, str] = field(default_factory=dict)
    focus: str = ""


def read_tree(fields: MultiDict[str, str], currency: str, outermost: str = ROOT) -> Read:
    """The tree that the page's fields say. `outermost`: path of its group, where a page has several trees."""
    reader = _Reader(fields, currency)
    root = reader.group(outermost, 1) if f"{outermost}.join" in fields else Group()
    return Read(AudienceTree(root=root), reader.problems)


def after_act(read: Read, act: str, outermost: str = ROOT) -> Read:
    """The tree after a button: `add:<group>:<kind>`, `group:<group>` or `remove:<path>`. InputError: no such button."""
    found = _ACT.fullmatch(act)
    if found is None or not f"{found[2]}.".startswith(f"{outermost}."):
        raise InputError(_("This cannot be done here."))
    verb, path, kind = found.groups()
    places = path[len(outermost) :].split(".")[1:]
    if not all(place.isdecimal() for place in places):
        raise InputError(_("This cannot be done here."))
    steps = [int(place) for place in places]
    if verb == "remove":
        if not steps:
            raise InputError(_("This cannot be done here."))
        root, focus = (
            _changed(read.tree.root, steps[:-1], lambda group: _without(group, steps[-1])),
            path.rpartition(".")[0],
        )
    else:
        if verb == "add" and kind not in CLASSES:
            raise InputError(_("Choose what is asked."))
        part: Node = CLASSES[kind]() if verb == "add" else Group(join="any")
        size = len(_at(read.tree.root, steps).parts)
        root, focus = _changed(read.tree.root, steps, lambda group: _with(group, part)), f"{path}.{size}"
    tree = AudienceTree(root=root)
    if tree.root.depth() > DEPTH_MAX or len(tree.conditions()) > CONDITIONS_MAX:
        return Read(read.tree, {path: _("More conditions or deeper groups cannot be asked.")}, path)
    return Read(tree, read.problems if verb != "remove" else {}, focus)


def _at(group: Group, steps: list[int]) -> Group:
    for step in steps:
        part = group.parts[step] if step < len(group.parts) else None
        if not isinstance(part, Group):
            raise InputError(_("This cannot be done here."))
        group = part
    return group


def _changed(group: Group, steps: list[int], change: Callable[[Group], Group]) -> Group:
    if not steps:
        return change(group)
    below = _changed(_at(group, steps[:1]), steps[1:], change)
    return msgspec.structs.replace(group, parts=(*group.parts[: steps[0]], below, *group.parts[steps[0] + 1 :]))


def _with(group: Group, part: Node) -> Group:
    return msgspec.structs.replace(group, parts=(*group.parts, part))


def _without(group: Group, index: int) -> Group:
    return msgspec.structs.replace(group, parts=(*group.parts[:index], *group.parts[index + 1 :]))


class _Reader:
    def __init__(self, fields: MultiDict[str, str], currency: str) -> None:
        self.fields = fields
        self.currency = currency
        self.problems: dict[str, str] = {}

    def group(self, path: str, depth: int) -> Group:
        join = self.fields.get(f"{path}.join", "all")
        prefix = f"{path}."
        found = {
            name[len(prefix) :].split(".")[0]
            for name in self.fields
            if name.startswith(prefix) and name.count(".") > path.count(".") + 1
        }
        numbers = sorted(int(each) for each in found if each.isdecimal() and len(each) <= 3)  # noqa: PLR2004 - digits
        parts: list[Node] = []
        for number in numbers[:CONDITIONS_MAX]:
            below, new = f"{path}.{number}", f"{path}.{len(parts)}"
            if f"{below}.join" in self.fields:
                if depth < DEPTH_MAX:
                    parts.append(self.group(below, depth + 1))
            elif self.fields.get(f"{below}.kind", "") in CLASSES:
                parts.append(self.condition(below, new))
        return Group(join=cast("Join", join if join in {"all", "any", "none"} else "all"), parts=tuple(parts))

    def condition(self, path: str, new_path: str) -> Any:  # noqa: ANN401 - any condition
        """The condition of one place; what cannot be read is said at the place that it has on the next page."""
        kind = self.fields[f"{path}.kind"]
        values: dict[str, Any] = {"kind": kind, "negate": self.fields.get(f"{path}.negate") == "1"}
        for each in KINDS[kind].inputs:
            try:
                values |= self.value(path, each)
            except (InputError, ValueError) as error:
                said = str(error) if isinstance(error, InputError) else _("This cannot be read.")
                self.problems[new_path] = f"{each.label}: {said}"
        try:
            return msgspec.convert(values, CLASSES[kind], strict=False)
        except msgspec.ValidationError:
            self.problems[new_path] = _("This cannot be read.")
            return CLASSES[kind]()

    def value(self, path: str, each: Input) -> dict[str, Any]:
        """What one field says, under the names of the condition."""
        name = f"{path}.{each.name}"
        if each.kind == "goods":
            return {f"{what}_ids": self.several(f"{path}.{what}_ids") for what in ("product", "category")}
        if each.kind in {"several", "members"}:
            several = self.several(name)
            return {each.name: tuple(int(value) for value in several) if each.options == "months" else several}
        text = self.fields.get(name, "").strip()
        if each.kind == "span" and self.fields.get(f"{name}_unit") == "weeks":
            weeks = _count(text)
            read: Any = None if weeks is None else weeks * _DAYS_OF_A_WEEK
        elif each.kind == "money" or (each.kind == "amount" and self.fields.get(f"{path}.unit") == VALUE):
            read = parse_amount(text, self.currency)
        else:
            read = _READERS[each.kind](text)
        if read is None and (each.name, each.kind) in _NEEDED:
            raise InputError(_("Write a number."))
        return {each.name: read}

    def several(self, name: str) -> tuple[str, ...]:
        """Every value of a field, each once."""
        return tuple(dict.fromkeys(value for value in self.fields.getlist(name) if value))


_NEEDED: Final = frozenset(
    {("more_than", "span"), ("units", "count"), ("days", "count"), ("percent", "count"), ("weeks", "count")}
)
"""Numbers that have no "any"."""


def _count(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - digits, below a thousand million
        raise InputError(_("“%(text)s” is not a whole number.", text=text))
    return int(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := " ".join(part.split())))


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "count": _count,
    "span": _count,
    "amount": _count,
    "day": lambda text: date.fromisoformat(text) if text else None,
    "tick": lambda text: text == "1",
    "words": _words,
    "one": str,
}
"""How a text is read, by the kind of its field."""
