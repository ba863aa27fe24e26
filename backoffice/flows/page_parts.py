"""What several pages of flows need: finding one, and what its ids are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audiences.models import Segment
from backoffice.audiences.names import Names, names_of
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign
from backoffice.flows import words
from backoffice.flows.form import Check, FlowForm, Step, Trigger, walk
from backoffice.flows.models import Flow
from backoffice.messaging.store import templates_of
from backoffice.web.context import actor


def flow_or_404(reader: Session, flow_id: str) -> Flow:
    """A flow of the organisation that is open; 404."""
    flow = reader.get(Flow, (actor().organisation_id, flow_id))
    if flow is None:
        abort(404)
    return flow


@dataclass(frozen=True)
class Called:
    """What the ids of flows are called, and the sentences made with it. `campaigns`: those that give coupons."""

    names: Names
    segments: Mapping[str, str]
    templates: Mapping[str, str]
    campaigns: Mapping[str, str]

    def trigger(self, trigger: Trigger) -> str:
        """What lets somebody in."""
        return words.trigger_words(trigger, self.names, self.segments)

    def step(self, step: Step) -> str:
        """What a step does."""
        return words.step_words(step, self.names, self.segments, self.templates)

    def detail(self, text: str) -> str:
        """Why something was so; groups by name."""
        return self.names.groups.get(text) or words.detail_words(text)


def called(reader: Session, form: FlowForm | None = None) -> Called:
    """What everything is called in the organisation that is open; goods and people as `form` names them."""
    organisation_id = actor().organisation_id
    asked = [
        condition
        for step in (walk(form.steps) if form else ())
        if isinstance(step, Check)
        for condition in step.tree.conditions()
    ]
    segments = reader.execute(
        select(Segment.segment_id, Segment.name)
        .where(Segment.organisation_id == organisation_id)
        .order_by(Segment.name)
    )
    campaigns = reader.scalars(
        select(Campaign)
        .where(Campaign.organisation_id == organisation_id, Campaign.state.in_(("draft", "live", "paused")))
        .order_by(Campaign.name)
    )
    return Called(
        names_of(
            reader,
            organisation_id,
            products={each for condition in asked for each in condition.named_products()},
            members={each for condition in asked for each in condition.named_members()},
        ),
        {row.segment_id: row.name for row in segments},
        {row.template_id: row.name for row in templates_of(reader, organisation_id)},
        {row.campaign_id: row.name for row in campaigns if load_form(row.form).kind == "coupon"},
    )
