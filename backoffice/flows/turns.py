"""The worker's turn: who enters, then who moves. What is not done in one turn is done in the next."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import select

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.flows.entering import enter, looks_due
from backoffice.flows.models import Flow
from backoffice.flows.moving import move_due
from backoffice.flows.states import FlowState
from backoffice.office import Office
from backoffice.organisations.services import open_organisations

BY_WORKER: Final = "worker"
_log = logging.getLogger(__name__)


def take_turn(office: Office) -> int:
    """Let in who enters and move who is due; how many entered or moved."""
    with office.database.read() as reader:
        running = reader.scalars(
            select(Flow).where(Flow.state == FlowState.RUNNING.value, Flow.organisation_id.in_(open_organisations()))
        ).all()
    if not running:
        return 0
    count = sum(_entered(office, flow) for flow in running)
    return count + move_due(office, BY_WORKER)


def _entered(office: Office, flow: Flow) -> int:
    """A flow that cannot be asked keeps no other from running; its page says what is wrong."""
    doing = Doing(flow.organisation_id, BY_WORKER, office.clock, office.ids)
    try:
        with office.database.read() as reader:
            looks = list(looks_due(reader, flow, office.clock.now()))
        return sum(enter(office, doing, look) for look in looks)
    except InputError as refused:
        _log.warning("flow %s: %s", flow.flow_id, refused)
        return 0
