"""What cashiers did that must be on record: told to the back-office until it has it, oldest first, in small reports."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from pos_engine.journal.actions import OperatorAction
from pos_engine.journal.journal import Journal
from pos_engine.sync.client import BackOfficeClient, RefusedError
from pos_engine.wire.cashiers import ACTIONS_MAX, OperatorActionBody, OperatorActionReport

REPORTS_MAX: Final = 10
"""Reports in one round: a thousand acts, more than a till makes in a month; the rest waits for the next round."""


def tell(backoffice: BackOfficeClient, journal: Journal) -> None:
    """Hand over what waits. LinkDownError, RefusedError: the rest waits. An older back-office is not told."""
    identity = journal.identity()
    if identity is None:
        return
    for _ in range(REPORTS_MAX):
        rows = journal.acts_waiting(ACTIONS_MAX)
        if not rows:
            return
        bodies = {row.id_at(identity.workstation_id): row for row in rows}
        report = OperatorActionReport(
            workstation_id=identity.workstation_id,
            actions=tuple(_body(action_id, row) for action_id, row in bodies.items()),
        )
        try:
            answer = backoffice.operator_actions(report)
        except RefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return  # an older back-office
            raise
        there = set(answer.action_ids)
        confirmed = [row.action_no for action_id, row in bodies.items() if action_id in there]
        if not confirmed:
            return
        journal.confirm_acts(confirmed)


def _body(action_id: str, row: OperatorAction) -> OperatorActionBody:
    return OperatorActionBody(
        action_id=action_id,
        action=row.action,
        operator=row.operator,
        subject=row.subject,
        done_at=row.done_at,
        amount_minor=row.amount_minor,
        member_id=row.member_id,
        by_pin=row.by_pin,
    )
