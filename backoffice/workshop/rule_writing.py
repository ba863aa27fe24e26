"""Changing the rules of lines: what somebody typed as a rule, what a new list would change, and saving it as a version.

Laws: nothing is saved that nobody could have looked at: a list is saved over the version it was made from, or refused.
A version never changes; going back is a new version. The lines that are there are taken anew by the worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.worker.services import plan
from backoffice.workshop.line_rules import ANYWHERE, DIGIT, KINDS, Classifier, Rule
from backoffice.workshop.models import WorkOrderLine, WorkRules
from backoffice.workshop.operations import OPERATIONS
from backoffice.workshop.rule_versions import latest, rules_in
from backoffice.workshop.starter import starter_rules

JOB_KIND: Final = "work_rules"
WAITING: Final = "waiting"
RULES_MAX: Final = 300
PHRASES_MAX: Final = 300
PHRASE_LENGTH_MAX: Final = 80
LOOKED_AT_MAX: Final = 50_000
"""Different lines that a preview looks at, the most frequent first: a few seconds."""
SAMPLES: Final = 5
UNKNOWN_SHOWN: Final = 50


class Sample(msgspec.Struct, frozen=True):
    """A line as it stands in work orders, and how often."""

    kind: str
    code: str
    text: str
    lines: int


@dataclass
class Move:
    """Lines that would be taken for something else: from one operation (empty: none) to another."""

    was: str
    becomes: str
    lines: int = 0
    samples: list[Sample] = field(default_factory=list)


class Preview(msgspec.Struct, frozen=True):
    """What a list of rules would change. `is_partial`: there are more different lines than were looked at."""

    lines_total: int
    lines_changed: int
    moves: list[Move]
    is_partial: bool


def typed_rule(operation: str, codes: str, words: str, without: str, kinds: Sequence[str]) -> Rule:
    """A rule as typed, one code or phrase a line. InputError says what is wrong with it."""
    if operation not in OPERATIONS:
        raise InputError(_("Choose the operation that these lines are."))
    rule = Rule(
        operation, _typed(codes), _typed(words), _typed(without), tuple(kind for kind in KINDS if kind in kinds)
    )
    if not rule.codes and not rule.words:
        raise InputError(_("Give at least one code or one phrase; a rule without any would never fit."))
    for phrase in (*rule.words, *rule.without):
        if any(ANYWHERE in word[1:] for word in phrase.split()):
            raise InputError(_("“%(phrase)s”: * stands only before a word.", phrase=phrase))
        if not any(letter.isalnum() for letter in phrase) and DIGIT not in phrase:
            raise InputError(_("“%(phrase)s” has neither letters nor digits.", phrase=phrase))
    return rule


def _typed(text: str) -> tuple[str, ...]:
    lines = tuple(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))
    if len(lines) > PHRASES_MAX:
        raise InputError(_("At most %(most)s codes or phrases in one rule; make two rules of it.", most=PHRASES_MAX))
    for line in lines:
        if len(line) > PHRASE_LENGTH_MAX:
            raise InputError(
                _("“%(phrase)s” has more than %(most)s characters.", phrase=line[:30], most=PHRASE_LENGTH_MAX)
            )
    return lines


def _different_lines(session: Session, organisation_id: str) -> list[tuple[Sample, str]]:
    """The most frequent lines with what each was taken for."""
    line = WorkOrderLine
    count = func.count().label("lines")
    rows = session.execute(
        select(line.kind, line.code, line.text, line.operation, count)
        .where(line.organisation_id == organisation_id)
        .group_by(line.kind, line.code, line.text, line.operation)
        .order_by(count.desc(), line.text, line.code, line.kind)
        .limit(LOOKED_AT_MAX + 1)
    )
    return [(Sample(kind, code, text, lines), operation) for kind, code, text, operation, lines in rows]


def preview(session: Session, organisation_id: str, rules: Sequence[Rule]) -> Preview:
    """What these rules would take for something else than it was taken for so far."""
    classifier = Classifier(rules)
    found = _different_lines(session, organisation_id)
    moves: dict[tuple[str, str], Move] = {}
    for sample, was in found[:LOOKED_AT_MAX]:
        becomes = classifier.take(sample.kind, sample.code, sample.text).operation
        if becomes != was:
            move = moves.setdefault((was, becomes), Move(was, becomes))
            move.lines += sample.lines
            if len(move.samples) < SAMPLES:
                move.samples.append(sample)
    return Preview(
        sum(sample.lines for sample, _was in found[:LOOKED_AT_MAX]),
        sum(move.lines for move in moves.values()),
        sorted(moves.values(), key=lambda move: -move.lines),
        len(found) > LOOKED_AT_MAX,
    )


def unknown_lines(session: Session, organisation_id: str) -> list[Sample]:
    """The most frequent lines that no rule knows."""
    line = WorkOrderLine
    count = func.count().label("lines")
    rows = session.execute(
        select(line.kind, line.code, line.text, count)
        .where(line.organisation_id == organisation_id, line.operation == "")
        .group_by(line.kind, line.code, line.text)
        .order_by(count.desc(), line.text, line.code, line.kind)
        .limit(UNKNOWN_SHOWN)
    )
    return [Sample(*row) for row in rows]


def save_rules(session: Session, doing: Doing, made_from: int, rules: Sequence[Rule]) -> int:
    """Save a list over the version it was made from, and plan taking the lines anew; the new version.

    InputError: somebody else has saved another in the meantime, or there are too many rules.
    """
    if not 1 <= len(rules) <= RULES_MAX:
        raise InputError(_("A list has 1 to %(most)s rules.", most=RULES_MAX))
    before = latest(session, doing.organisation_id)
    if (before.version if before is not None else 0) != made_from:
        raise InputError(_("Somebody has changed the rules in the meantime. Look at them again, then change yours."))
    now = doing.clock.now()
    version = made_from + 1
    session.add(
        WorkRules(
            organisation_id=doing.organisation_id,
            version=version,
            rules=msgspec.json.encode(list(rules)).decode(),
            saved_at=now,
            saved_by=doing.actor,
            state=WAITING,
            finished_at=None,
        )
    )
    doing.note(session, "line_rules_saved", "work_rules", str(version))
    plan(session, doing.ids, doing.organisation_id, JOB_KIND, str(version), now)
    return version


def versions_of(session: Session, organisation_id: str, limit: int = 20) -> Sequence[WorkRules]:
    """The latest versions, newest first."""
    return session.scalars(
        select(WorkRules)
        .where(WorkRules.organisation_id == organisation_id)
        .order_by(WorkRules.version.desc())
        .limit(limit)
    ).all()


def rules_of_version(session: Session, organisation_id: str, version: int) -> tuple[Rule, ...] | None:
    """The list of a version, 0: the starter's; None: there is no such version."""
    if not version:
        return starter_rules()
    row = session.get(WorkRules, (organisation_id, version))
    return None if row is None else rules_in(row)


def with_rule(rules: Sequence[Rule], place: int | None, rule: Rule, new_place: int) -> list[Rule]:
    """The list with a rule put in, or one exchanged, at its new place from 0; beyond the end means at the end."""
    rest = [each for at, each in enumerate(rules) if at != place]
    at = max(0, min(new_place, len(rest)))
    return [*rest[:at], rule, *rest[at:]]
