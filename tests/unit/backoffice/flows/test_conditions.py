"""A question's own conditions: the audience builder's tree inside a flow, read, kept, frozen and answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.datastructures import MultiDict

from backoffice.audiences.conditions import BirthdayUnknown, HasCard, Speaks, Visits
from backoffice.audiences.names import Names
from backoffice.audiences.tree import AudienceTree, Group
from backoffice.errors import InputError
from backoffice.flows import services, words
from backoffice.flows.entering import plan_of
from backoffice.flows.forecast import who_enters
from backoffice.flows.form import Birthday, Check, End, FlowForm, Joined, NotSeen, Wait, decode, encode
from backoffice.flows.parse import Read, after_act, after_tree_act, read_form
from backoffice.members.personal import Person
from tests.support.flows import FlowBench

SPEAKS = AudienceTree(root=Group(parts=(Speaks(languages=("fr",)),)))
ASKED = Check(step_id="1", ask="conditions", tree=SPEAKS, yes=(Wait(step_id="2", days=9),), no=(End(step_id="3"),))


def test_the_tree_of_the_builder_is_read_below_its_question() -> None:
    form = FlowForm(steps=(Wait(step_id="1"), Check(step_id="2", ask="conditions")), next_number=3)
    read = after_tree_act(Read(form), "add:s.1.t:language")
    read = after_tree_act(read, "group:s.1.t")
    read = after_tree_act(read, "add:s.1.t.1:visits")
    assert read.focus == "s.1.t.1.0"
    fields = MultiDict(
        {
            "s.0.kind": "wait",
            "s.0.id": "1",
            "s.1.kind": "check",
            "s.1.id": "2",
            "s.1.ask": "conditions",
            "s.1.t.join": "any",
            "s.1.t.0.kind": "language",
            "s.1.t.1.join": "all",
            "s.1.t.1.0.kind": "visits",
            "s.1.t.1.0.at_least": "3",
            "s.1.n.0.kind": "check",
            "s.1.n.0.ask": "conditions",
            "s.1.n.0.t.join": "none",
            "s.1.n.0.t.4.kind": "card",
        }
    )
    fields.setlist("s.1.t.0.languages", ["fr", "it"])
    found = read_form(fields, form, "EUR")
    assert found.problems == {}
    question = found.form.steps[1]
    assert isinstance(question, Check)
    inner = Group(parts=(Visits(at_least=3),))
    assert question.tree == AudienceTree(root=Group(join="any", parts=(Speaks(languages=("fr", "it")), inner)))
    (below,) = question.no
    assert isinstance(below, Check)
    assert below.tree == AudienceTree(root=Group(join="none", parts=(HasCard(),)))
    assert decode(encode(found.form)) == found.form
    taken = after_tree_act(found, "remove:s.1.t.1").form.steps[1]
    assert isinstance(taken, Check)
    assert taken.tree.root.parts == (Speaks(languages=("fr", "it")),)
    deeper = after_tree_act(found, "add:s.1.n.0.t:birthday_unknown").form.steps[1]
    assert isinstance(deeper, Check)
    assert isinstance(deeper.no[0], Check)
    assert deeper.no[0].tree.root.parts == (HasCard(), BirthdayUnknown())


def test_what_cannot_be_read_is_said_at_its_place_only_where_it_is_asked() -> None:
    fields = MultiDict(
        {
            "s.0.kind": "check",
            "s.0.ask": "conditions",
            "s.0.t.join": "all",
            "s.0.t.0.kind": "visits",
            "s.0.t.0.at_least": "many",
        }
    )
    assert list(read_form(fields, FlowForm(), "EUR").problems) == ["s.0.t.0"]
    fields["s.0.ask"] = "came"
    assert read_form(fields, FlowForm(), "EUR").problems == {}


@pytest.mark.parametrize("act", ["add:s.0.t:card", "add:s.9.t:card", "remove:s.1.t", "add:s.1.t:nothing", "up:s.1.t"])
def test_buttons_that_no_page_has_are_refused(act: str) -> None:
    form = FlowForm(steps=(Wait(step_id="1"), Check(step_id="2")))
    with pytest.raises(InputError):
        after_tree_act(Read(form), act)
    with pytest.raises(InputError):
        after_act(Read(form), act)


def test_two_ways_by_the_conditions_and_their_words(shop: FlowBench) -> None:
    flow_id = shop.started(Joined(), ASKED)
    fr = shop.shop.member(Person("Flore", email="flore@example.org"), language="fr")
    de = shop.shop.member(Person("Dora", email="dora@example.org"), language="de")
    shop.turn()
    assert shop.what(flow_id, fr) == ["entered", "yes"]
    assert shop.what(flow_id, de) == ["entered", "no", "finished"]
    with shop.bench.app.test_request_context():
        said = words.step_words(ASKED, Names(), {}, {})
    assert said == "Does this hold? speaks Français"


def test_conditions_stay_as_they_were_for_who_is_in_the_flow(shop: FlowBench) -> None:
    flow_id = shop.started(Joined(), Wait(step_id="9", days=1), ASKED)
    other = AudienceTree(root=Group(parts=(HasCard(),)))
    changed = shop.form(Joined(), Wait(step_id="9", days=1), Check(step_id="1", ask="conditions", tree=other))
    shop.write(lambda tx: services.save_form(tx, shop.bench.doing, flow_id, "Flow", changed))
    with shop.bench.office.database.read() as reader:
        flow = shop.flow(flow_id)
        assert plan_of(reader, flow, flow.version).trees["1"] == SPEAKS
        assert services.is_changed(reader, flow)


@pytest.mark.parametrize("tree", [AudienceTree(), AudienceTree(root=Group(parts=(Speaks(),)))], ids=["none", "half"])
def test_a_question_without_an_answer_keeps_the_flow_from_being_started(shop: FlowBench, tree: AudienceTree) -> None:
    flow_id = shop.draft(shop.form(Joined(), Check(step_id="1", ask="conditions", tree=tree)))
    with pytest.raises(InputError):
        shop.act(services.start, flow_id, may_give=True)


def test_who_would_come_in_now_is_named_before_it_happens(shop: FlowBench) -> None:
    def who(flow_id: str) -> list[str]:
        with shop.bench.office.database.read() as reader:
            return who_enters(reader, shop.bench.doing, shop.flow(flow_id))

    born = shop.bench.clock.now().date().replace(year=1990)
    eva = shop.member("Eva", birthday=born)
    drafted = shop.draft(shop.form(Birthday(0), Wait(step_id="1", days=1)))
    assert eva in who(drafted)
    flow_id = shop.started(Birthday(0), Wait(step_id="1", days=1))
    before = who(flow_id)
    assert eva in before
    shop.turn(timedelta(minutes=1))
    assert sorted(place.member_id for place in shop.places(flow_id)) == sorted(before)
    assert who(flow_id) == []
    away = shop.form(NotSeen(1), Wait(step_id="1", days=1))
    assert who(shop.draft(away)) == [], "for whom it holds already does not come in"
