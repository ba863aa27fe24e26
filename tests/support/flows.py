"""A shop with flows: forms in few words, the worker's turn, what became of everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.flows import services
from backoffice.flows.form import FlowForm, Send, Step, Trigger
from backoffice.flows.models import Flow, FlowPassage, FlowPlace
from backoffice.flows.turns import take_turn
from backoffice.members.personal import Person
from backoffice.messaging.content import Content
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.store import create_template, unused_name
from tests.support.messages import CONTENT, MessageBench
from tests.support.office import OfficeBench

Result = TypeVar("Result")


class FlowBench:
    """The bakery with flows; time is turned by hand."""

    def __init__(self, bench: OfficeBench, shop: MessageBench | None = None) -> None:
        self.bench = bench
        self.shop = shop or MessageBench(bench)
        self.organisation_id = bench.organisation_id

    def write(self, work: Callable[[Session], Result]) -> Result:
        return run_in_tx(self.bench.office.database.write, work)

    def template(self, name: str = "Hello", content: Content = CONTENT) -> str:
        def work(tx: Session) -> str:
            free = unused_name(tx, self.organisation_id, name)
            return create_template(tx, self.bench.doing, free, content).template_id

        return self.write(work)

    def send(self, step_id: str = "1") -> Send:
        return Send(step_id=step_id, template_id=self.template(f"T{step_id}"))

    def form(self, trigger: Trigger, *steps: Step, **changes: object) -> FlowForm:
        return FlowForm(trigger=trigger, steps=steps, next_number=50, **changes)  # type: ignore[arg-type]  # as named

    def draft(self, form: FlowForm, name: str = "Flow") -> str:
        return self.write(lambda tx: services.create_flow(tx, self.bench.doing, name, form).flow_id)

    def started(self, trigger: Trigger, *steps: Step, **changes: object) -> str:
        flow_id = self.draft(self.form(trigger, *steps, **changes))
        self.act(services.start, flow_id, may_give=True)
        self.bench.clock.forward(timedelta(seconds=1))  # who joins now joins after the start
        return flow_id

    def act(self, act: Callable[..., object], flow_id: str, **how: bool) -> None:
        self.write(lambda tx: act(tx, self.bench.doing, flow_id, **how))

    def member(self, name: str = "Ada", **fields: object) -> str:
        """Somebody who allows e-mail, from now on a member."""
        return self.shop.member(Person(name, email=f"{name.lower()}@example.org", **fields))  # type: ignore[arg-type]

    def turn(self, after: timedelta = timedelta()) -> int:
        self.bench.clock.forward(after)
        return take_turn(self.shop.office)

    def flow(self, flow_id: str) -> Flow:
        with self.bench.office.database.read() as reader:
            return reader.get_one(Flow, (self.organisation_id, flow_id))

    def places(self, flow_id: str) -> list[FlowPlace]:
        with self.bench.office.database.read() as reader:
            query = select(FlowPlace).where(FlowPlace.flow_id == flow_id).order_by(FlowPlace.member_id, FlowPlace.run)
            return list(reader.scalars(query))

    def place(self, flow_id: str, member_id: str) -> FlowPlace:
        return [place for place in self.places(flow_id) if place.member_id == member_id][-1]

    def passages(self, flow_id: str) -> list[FlowPassage]:
        with self.bench.office.database.read() as reader:
            query = select(FlowPassage).where(FlowPassage.flow_id == flow_id)
            order = (FlowPassage.member_id, FlowPassage.run, FlowPassage.passage_no)
            return list(reader.scalars(query.order_by(*order)))

    def what(self, flow_id: str, member_id: str) -> list[str]:
        """What happened to a member, in order."""
        return [each.what for each in self.passages(flow_id) if each.member_id == member_id]

    def dispatches(self, flow_id: str) -> list[Dispatch]:
        """The messages that a flow sends."""
        with self.bench.office.database.read() as reader:
            joined = (Mailing.organisation_id == Dispatch.organisation_id) & (Mailing.mailing_id == Dispatch.mailing_id)
            return list(reader.scalars(select(Dispatch).join(Mailing, joined).where(Mailing.source == flow_id)))
