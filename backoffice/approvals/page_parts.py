"""What pages of campaigns, messages and flows show of a second person's word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.orm import Session

from backoffice.approvals.services import Standing, asked_about, is_needed, may_decide, standing, standing_of
from backoffice.approvals.subjects import Kind, Subject
from backoffice.web.context import actor

Row = TypeVar("Row")


@dataclass(frozen=True)
class Asked:
    """Where a subject stands, for whoever looks. `open`: it does not go out before somebody says yes."""

    subject: Subject
    needed: bool
    standing: Standing
    may_decide: bool

    @property
    def shown(self) -> bool:
        """Whether the page speaks of approval at all."""
        return self.needed or self.standing.row is not None

    @property
    def open(self) -> bool:
        """Whether a second person's yes is still missing."""
        return self.needed and self.standing.word != "approved"


def asked_of(reader: Session, subject: Subject) -> Asked:
    """Where one subject stands, as the person who is signed in sees it."""
    return Asked(
        subject,
        is_needed(reader, subject.organisation_id, subject.kind),
        standing_of(reader, subject),
        may_decide(reader, subject, actor().email),
    )


def standings_of(
    reader: Session, kind: Kind, rows: Iterable[Row], id_of: Callable[[Row], str], describe: Callable[[Row], Subject]
) -> Mapping[str, Standing]:
    """Where those rows of a list stand that somebody was asked about, by id."""
    questions = asked_about(reader, actor().organisation_id, kind)
    return {id_of(row): standing(describe(row), questions[id_of(row)]) for row in rows if id_of(row) in questions}
