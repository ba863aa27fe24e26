"""Planning that those concerned are told by e-mail: of a question those who may answer it, of an answer who asked."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from backoffice.approvals.models import Approval
from backoffice.audit.services import Doing
from backoffice.worker.services import plan

NOTICE: Final = "approval_notice"
"""Kind of the worker's job; its key names the question and the word that it is about."""


def tell(session: Session, doing: Doing, row: Approval) -> None:
    """Have the worker tell of this word, in the transaction in which it is given."""
    plan(
        session, doing.ids, row.organisation_id, NOTICE, f"{row.question_id}:{row.state}", doing.clock.now()
    )  # the worker finds out whether there is a mail server
