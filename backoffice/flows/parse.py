"""From the fields of the editor to a form, and from one form to the next when a button is pressed.

A step's fields begin with its path: `s.0` is the first step, `s.0.y.1` the second on the way "yes" of that, `.n.` those
of "no"; a question's own conditions are the tree `s.0.t`. A step's id travels with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from werkzeug.datastructures import MultiDict

from backoffice.audiences import parse as audience
from backoffice.audiences.tree import AudienceTree
from backoffice.consent.kinds import Purpose
from backoffice.errors import InputError
from backoffice.flows.form import DEPTH_MAX, STEPS, STEPS_MAX, TRIGGERS, Check, FlowForm, Step, Trigger, depth, walk
from backoffice.i18n import gettext as _

ROOT: Final = "s"
TREE: Final = "t"
"""Below a question: the outermost group of its conditions."""
NUMBER_DIGITS_MAX: Final = 6
_ACT: Final = re.compile(r"(add|up|down|remove):(s(?:\.[0-9]{1,2}\.[yn])*(?:\.[0-9]{1,2})?)(?::([a-z_]{1,20}))?")
_TREE_ACT: Final = re.compile(r"(?:add|group|remove):(s(?:\.[0-9]{1,2}\.[yn])*\.[0-9]{1,2})\.t[.:0-9a-z_]*$")
_ID: Final = re.compile(r"[0-9]{1,8}")

Steps = tuple[Step, ...]


@dataclass
class Read:
    """What the page says. `problems`: path, or a field's name → words."""

    form: FlowForm
    problems: dict[str, str] = field(default_factory=dict)
    focus: str = ""


def read_form(fields: MultiDict[str, str], before: FlowForm, currency: str) -> Read:
    """The form that the page's fields say; `before`: the stored one, of which the numbers of steps go on."""
    reader = _Reader(fields, before.next_number, currency)
    trigger = reader.trigger()
    steps = reader.steps(ROOT, 0)
    purpose = fields.get("purpose", before.purpose.value)
    form = FlowForm(
        trigger=trigger,
        steps=steps,
        next_number=reader.next_number,
        purpose=Purpose(purpose) if purpose in {Purpose.MARKETING.value, Purpose.SERVICE.value} else Purpose.MARKETING,
        again_after_days=reader.number("again_after_days", before.again_after_days) if fields.get("again") else 0,
        hour=reader.number("hour", before.hour),
        window_hours=reader.number("window_hours", before.window_hours),
        most_a_day=reader.number("most_a_day", before.most_a_day),
        also_present=fields.get("also_present") == "1",
    )
    return Read(form, reader.problems)


def after_act(read: Read, act: str) -> Read:
    """The form after a button: `add:<list>:<kind>`, `up:<step>`, `down:<step>` or `remove:<step>`.

    InputError: there is no such button.
    """
    found = _ACT.fullmatch(act)
    if found is None:
        raise InputError(_("This cannot be done here."))
    verb, path, kind = found.groups()
    parts = path.split(".")[1:]
    form, number = read.form, read.form.next_number
    if verb == "add":
        if len(parts) % 2 or kind not in STEPS:
            raise InputError(_("This cannot be done here."))
        new = STEPS[kind](step_id=str(number))
        steps, focus = _within(form.steps, parts, lambda steps: (*steps, new)), str(number)
        form = msgspec.structs.replace(form, steps=steps, next_number=number + 1)
    else:
        if not len(parts) % 2:
            raise InputError(_("This cannot be done here."))
        at = int(parts[-1])
        steps = _within(form.steps, parts[:-1], lambda steps: _moved(steps, verb, at))
        focus = path if verb != "remove" else ""
        form = msgspec.structs.replace(form, steps=steps)
    if len(list(walk(form.steps))) > STEPS_MAX or depth(form.steps) > DEPTH_MAX:
        return Read(read.form, {"steps": _("More steps or deeper questions cannot be made.")})
    return Read(form, read.problems if verb == "add" else {}, focus)


def after_tree_act(read: Read, act: str) -> Read:
    """The form after a button of a question's conditions (`audiences.parse`). InputError: there is no such button."""
    found = _TREE_ACT.match(act)
    if found is None:
        raise InputError(_("This cannot be done here."))
    step_path = found[1]
    parts = step_path.split(".")[1:]
    at, after = int(parts[-1]), audience.Read(AudienceTree())

    def changed(steps: Steps) -> Steps:
        nonlocal after
        step = steps[at] if at < len(steps) else None
        if not isinstance(step, Check):
            raise InputError(_("This cannot be done here."))
        after = audience.after_act(audience.Read(step.tree), act, f"{step_path}.{TREE}")
        return (*steps[:at], msgspec.structs.replace(step, tree=after.tree), *steps[at + 1 :])

    form = msgspec.structs.replace(read.form, steps=_within(read.form.steps, parts[:-1], changed))
    # What could not be read stands at another place once something is taken away.
    unread = {} if act.startswith("remove:") else read.problems
    return Read(form, unread | after.problems, after.focus)


def _within(steps: Steps, path: list[str], change: Callable[[Steps], Steps]) -> Steps:
    if not path:
        return change(steps)
    at, way = int(path[0]), path[1]
    step = steps[at] if at < len(steps) else None
    if not isinstance(step, Check):
        raise InputError(_("This cannot be done here."))
    branch = "yes" if way == "y" else "no"
    below = _within(getattr(step, branch), path[2:], change)
    return (*steps[:at], msgspec.structs.replace(step, **{branch: below}), *steps[at + 1 :])


def _moved(steps: Steps, verb: str, at: int) -> Steps:
    if at >= len(steps):
        raise InputError(_("This cannot be done here."))
    if verb == "remove":
        return (*steps[:at], *steps[at + 1 :])
    to = at + (1 if verb == "down" else -1)
    if not 0 <= to < len(steps):
        return steps
    changed = list(steps)
    changed[at], changed[to] = changed[to], changed[at]
    return tuple(changed)


class _Reader:
    def __init__(self, fields: MultiDict[str, str], next_number: int, currency: str) -> None:
        self.fields = fields
        self.next_number = next_number
        self.currency = currency
        self.problems: dict[str, str] = {}
        self._seen: set[str] = set()

    def number(self, name: str, default: int) -> int:
        """A whole number; what is none is said, and the default stays."""
        text = self.fields.get(name, "").strip()
        if not text:
            return default
        if not text.isdecimal() or len(text) > NUMBER_DIGITS_MAX:
            self.problems[name] = _("“%(text)s” is not a whole number.", text=text)
            return default
        return int(text)

    def trigger(self) -> Trigger:
        made = TRIGGERS.get(self.fields.get("trigger", ""), TRIGGERS["joined"])
        trigger: Trigger = self._filled(made, f"trigger.{made.__struct_config__.tag}", {})
        return trigger

    def steps(self, path: str, deep: int) -> Steps:
        found: list[Step] = []
        number = 0
        while (kind := self.fields.get(f"{path}.{number}.kind", "")) in STEPS and number < STEPS_MAX:
            found.append(self._step(STEPS[kind], f"{path}.{number}", deep))
            number += 1
        return tuple(found)

    def _step(self, made: type[Step], path: str, deep: int) -> Step:
        values: dict[str, Any] = {"step_id": self._id(self.fields.get(f"{path}.id", ""))}
        if made is Check and deep < DEPTH_MAX:
            values |= {"yes": self.steps(f"{path}.y", deep + 1), "no": self.steps(f"{path}.n", deep + 1)}
        tree = self._tree(path) if made is Check else AudienceTree()
        step: Step = self._filled(made, path, values)
        return msgspec.structs.replace(step, tree=tree) if isinstance(step, Check) else step

    def _tree(self, path: str) -> AudienceTree:
        """A question's conditions. What cannot be read in them counts only where they are asked."""
        read = audience.read_tree(self.fields, self.currency, f"{path}.{TREE}")
        if self.fields.get(f"{path}.ask") == "conditions":
            self.problems |= read.problems
        return read.tree

    def _id(self, text: str) -> str:
        """The id that came with the step, unless it is none or another step's."""
        if not _ID.fullmatch(text) or int(text) >= self.next_number or text in self._seen:
            text, self.next_number = str(self.next_number), self.next_number + 1
        self._seen.add(text)
        return text

    def _filled(self, made: type[Any], path: str, values: dict[str, Any]) -> Any:  # noqa: ANN401 - a trigger or a step
        """The trigger or step with what its fields say; a field that says nothing valid keeps its default."""
        for each in msgspec.structs.fields(made):
            text = self.fields.get(f"{path}.{each.name}")
            if each.name in values or each.name == "tree" or text is None:
                continue
            if isinstance(each.default, bool):
                values[each.name] = text == "1"
            elif isinstance(each.default, int):
                negative = text.strip() == "-1"
                values[each.name] = -1 if negative else self.number(f"{path}.{each.name}", each.default)
            else:
                values[each.name] = text
        try:
            return msgspec.convert({"type": made.__struct_config__.tag, **values}, made)
        except msgspec.ValidationError:
            self.problems[path] = _("This cannot be read.")
            return made(**{name: value for name, value in values.items() if name in {"step_id", "yes", "no"}})
