"""A version as people go through it: the form with its texts and conditions as they were, and what follows what.

Nothing in it changes when a template or a segment does: who is in a flow finishes on the version that was entered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from backoffice.audiences.tree import AudienceTree
from backoffice.flows.form import ANY_DAY, Check, FlowForm, Step, Wait, WaitUntil

TRIGGER: Final = "trigger"
"""Under this name `Plan.trees` keeps the trigger's conditions."""
_DAYS_OF_A_WEEK: Final = 7


@dataclass(frozen=True)
class Placed:
    """A step and what follows it; empty: the end. `no_id` differs from `yes_id` at questions only."""

    step: Step
    yes_id: str
    no_id: str


class Plan(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One version. `contents`: step id → message as JSON. `trees`: step id, or `TRIGGER`, → conditions."""

    form: FlowForm
    contents: dict[str, str] = {}
    trees: dict[str, AudienceTree] = {}

    @cached_property
    def places(self) -> Mapping[str, Placed]:
        """Every step by its id."""
        found: dict[str, Placed] = {}
        _place(self.form.steps, "", found)
        return found

    @property
    def first_id(self) -> str:
        """The step that everybody begins with; empty when there is none."""
        return self.form.steps[0].step_id if self.form.steps else ""


def _place(steps: tuple[Step, ...], after: str, found: dict[str, Placed]) -> None:
    for number, step in enumerate(steps):
        following = steps[number + 1].step_id if number + 1 < len(steps) else after
        yes_id = no_id = following
        if isinstance(step, Check):
            yes_id = step.yes[0].step_id if step.yes else following
            no_id = step.no[0].step_id if step.no else following
        found[step.step_id] = Placed(step, yes_id, no_id)
        if isinstance(step, Check):
            _place(step.yes, following, found)
            _place(step.no, following, found)


def due_of(step: Step, came_at: datetime, zone: ZoneInfo) -> datetime:
    """When a step is to be taken by somebody who came to it at `came_at`; hours are those of the zone's wall clock."""
    if isinstance(step, Wait):
        return came_at + timedelta(days=step.days)
    if not isinstance(step, WaitUntil):
        return came_at
    local = came_at.astimezone(zone)
    wanted = local.replace(hour=step.hour, minute=0, second=0, microsecond=0)
    if wanted < local:
        wanted += timedelta(days=1)
    if step.weekday != ANY_DAY:
        wanted += timedelta(days=(step.weekday - wanted.weekday()) % _DAYS_OF_A_WEEK)
    return wanted.astimezone(came_at.tzinfo)


@lru_cache(maxsize=64)
def decode(body: str) -> Plan:
    """A version as it is stored."""
    return _DECODER.decode(body)


def encode(plan: Plan) -> str:
    """A version as it is stored."""
    return msgspec.json.encode(plan).decode()


_DECODER: Final = msgspec.json.Decoder(Plan)
