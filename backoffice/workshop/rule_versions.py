"""The rules of an organisation as they stand: which version counts, and lines taken by it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.workshop.line_rules import Classifier, Rule
from backoffice.workshop.models import WorkRules
from backoffice.workshop.starter import starter_rules

KEPT_READY: Final = 8
"""Lists of rules that are kept ready: those of the organisations that import at the same time."""


def latest(session: Session, organisation_id: str) -> WorkRules | None:
    """The version that counts; None while the starter's rules do."""
    return session.scalars(
        select(WorkRules)
        .where(WorkRules.organisation_id == organisation_id)
        .order_by(WorkRules.version.desc())
        .limit(1)
    ).first()


def rules_of(session: Session, organisation_id: str) -> tuple[Rule, ...]:
    """The rules that count, from the top."""
    row = latest(session, organisation_id)
    return starter_rules() if row is None else rules_in(row)


def rules_in(row: WorkRules) -> tuple[Rule, ...]:
    """The list of a version, from the top."""
    return msgspec.json.decode(row.rules, type=tuple[Rule, ...])


def classifier_of(session: Session, organisation_id: str) -> Classifier:
    """The same, ready to be asked."""
    document = session.scalar(
        select(WorkRules.rules)
        .where(WorkRules.organisation_id == organisation_id)
        .order_by(WorkRules.version.desc())
        .limit(1)
    )
    return _ready(document or "")


@lru_cache(maxsize=KEPT_READY)
def _ready(document: str) -> Classifier:
    return Classifier(msgspec.json.decode(document, type=list[Rule]) if document else starter_rules())


def taken_columns(classifier: Classifier, kind: str, code: str, text: str) -> dict[str, Any]:
    """The columns of a line that say what it was taken for."""
    taken = classifier.take(kind, code, text)
    return {"operation": taken.operation, "family": taken.family}
