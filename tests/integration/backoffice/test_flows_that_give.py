"""A flow that gives coupons is started by somebody who may run campaigns; who only writes messages reads why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest
from flask.testing import FlaskClient

from backoffice.app import create_app
from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.presets import form_of_preset
from backoffice.flows import services
from backoffice.flows.form import Check, End, FlowForm, GiveCoupon, Joined, Step, Wait
from backoffice.flows.states import FlowState
from backoffice.identity.rights import ROLES, Right
from backoffice.members.services import create_group
from tests.support.flows import FlowBench
from tests.support.office import OfficeBench, csrf_free

WHY = "This flow gives coupons, which cost the shop money: somebody who may run campaigns has to start it."
ROLES_THAT_WRITE = sorted(role for role, rights in ROLES.items() if Right.MESSAGES in rights)


@dataclass
class Desk:
    """A shop with a running coupon campaign, and one person in each role that writes messages."""

    flows: FlowBench
    clients: dict[str, FlaskClient]
    campaign_id: str

    def give(self, step_id: str) -> GiveCoupon:
        return GiveCoupon(step_id=step_id, campaign_id=self.campaign_id)

    def draft(self, *steps: Step) -> str:
        return self.flows.draft(self.flows.form(Joined(), *steps))

    def act(self, role: str, flow_id: str, act: str) -> tuple[int, str]:
        answer = self.clients[role].post(f"/flows/{flow_id}/act/{act}")
        return answer.status_code, answer.text

    def page(self, role: str, flow_id: str, page: str = "") -> str:
        return self.clients[role].get(f"/flows/{flow_id}{page}").text

    def save(self, flow_id: str, form: FlowForm) -> None:
        self.flows.write(lambda tx: services.save_form(tx, self.flows.bench.doing, flow_id, "Flow", form))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    bench = OfficeBench(tmp_path_factory.mktemp("giving") / "office")
    flows = FlowBench(bench)
    bench.app = create_app(flows.shop.office)
    preset = form_of_preset("member_coupon", bench.clock.now().date())
    assert preset is not None
    group_id = flows.write(lambda tx: create_group(tx, bench.doing, "Nobody yet").group_id)
    form = msgspec.structs.replace(preset, name="Ten off", percent_bp=1000, audience_groups=(group_id,))
    campaign_id = flows.write(lambda tx: create_campaign(tx, bench.doing, form).campaign_id)
    flows.write(lambda tx: publish_campaign(tx, bench.doing, campaign_id))
    with csrf_free(bench.app):
        yield Desk(flows, {role: bench.client(role) for role in ROLES_THAT_WRITE}, campaign_id)
    bench.close()


@pytest.mark.parametrize("role", ROLES_THAT_WRITE)
def test_only_who_may_run_campaigns_starts_what_gives_coupons(desk: Desk, role: str) -> None:
    hidden = Check(step_id="1", ask="came", yes=(End(step_id="2"),), no=(desk.give("3"),))
    flow_id = desk.draft(hidden)
    may = Right.CAMPAIGNS in ROLES[role]
    page = desk.page(role, flow_id)
    assert (WHY in page, f"/flows/{flow_id}/act/start" in page) == (not may, may)
    assert (WHY in desk.page(role, flow_id, "/edit")) is not may
    status, said = desk.act(role, flow_id, "start")
    assert (status, WHY in said) == ((302, False) if may else (422, True))
    assert desk.flows.flow(flow_id).state == (FlowState.RUNNING if may else FlowState.DRAFT)
    assert desk.flows.flow(flow_id).version == int(may)


def test_who_writes_messages_starts_what_gives_nothing(desk: Desk) -> None:
    flow_id = desk.draft(Wait(step_id="1", days=1))
    assert WHY not in desk.page("sender", flow_id)
    assert desk.act("sender", flow_id, "start")[0] == 302
    assert desk.flows.flow(flow_id).state == FlowState.RUNNING


def test_a_coupon_that_is_put_into_a_running_flow_waits_for_who_may_give_it(desk: Desk) -> None:
    flow_id = desk.draft(Wait(step_id="1", days=1))
    desk.act("sender", flow_id, "start")
    desk.save(flow_id, desk.flows.form(Joined(), Wait(step_id="1", days=1), desk.give("2")))
    page = desk.page("sender", flow_id)
    assert WHY in page
    assert f"/flows/{flow_id}/act/use" not in page
    status, said = desk.act("sender", flow_id, "use")
    assert (status, WHY in said) == (422, True)
    assert desk.flows.flow(flow_id).version == 1, "whoever comes in gets nothing by it"
    assert desk.act("campaign_editor", flow_id, "use")[0] == 302
    assert desk.flows.flow(flow_id).version == 2


def test_who_writes_messages_pauses_and_ends_it_all_the_same(desk: Desk) -> None:
    flow_id = desk.draft(desk.give("1"))
    desk.act("campaign_editor", flow_id, "start")
    for act, state in (("pause", FlowState.PAUSED), ("resume", FlowState.RUNNING), ("end", FlowState.ENDED)):
        assert desk.act("sender", flow_id, act)[0] == 302
        assert desk.flows.flow(flow_id).state == state
