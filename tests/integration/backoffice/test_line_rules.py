"""Rules of work order lines by their pages: a change is looked at, saved, applied by the worker, and taken back."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.worker.ticker import tick_long
from backoffice.workshop import retaking
from backoffice.workshop.line_rules import Rule
from backoffice.workshop.models import WorkOrderLine, WorkRules
from backoffice.workshop.rule_versions import rules_of
from backoffice.workshop.rule_writing import save_rules
from backoffice.workshop.starter import starter_rules
from tests.support.garage import GOLF, ORDERS
from tests.support.importing import taken
from tests.support.office import OfficeBench

ODD = f"A-9;1;12.05.2023;;;{GOLF};62300;AW;X77;Zauberkur;1;10.00\n"


@pytest.fixture
def client(bench: OfficeBench) -> FlaskClient:
    bench.app.config["WTF_CSRF_ENABLED"] = False
    return bench.client()


def lines(bench: OfficeBench) -> dict[str, str]:
    with bench.office.database.read() as reader:
        rows = reader.execute(select(WorkOrderLine.text, WorkOrderLine.operation)).all()
    return {row.text: row.operation for row in rows}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found.group(1))


def rule_form(page: str, **fields: str) -> dict[str, str]:
    return {"version": hidden(page, "version"), "at": "1", "without": "", "codes": "", "words": ""} | fields


def test_a_new_rule_is_looked_at_saved_applied_and_taken_back(bench: OfficeBench, client: FlaskClient) -> None:
    taken(bench, "work_orders", (ORDERS + ODD).encode())
    assert lines(bench)["Zauberkur"] == ""
    assert "Zauberkur" in client.get("/work-rules/unknown").text
    page = client.get("/work-rules/rule/new?words=Zauberkur").text
    assert "Zauberkur" in page
    form = rule_form(page, operation="air_con_service", words="zauberk")
    looked = client.post("/work-rules/rule/new", data=form | {"step": "look"}).text
    assert "1 line would be taken for something else, of 4." in looked
    assert "Save the rule" in looked
    with bench.office.database.read() as reader:
        assert rules_of(reader, bench.organisation_id) == starter_rules(), "looking saves nothing"
    seen = hidden(looked, "seen")
    other = client.post("/work-rules/rule/new", data=form | {"step": "save", "seen": seen, "words": "bolt"}).text
    assert "0 lines would be taken for something else" in other, "what was not looked at is shown first"
    saved = client.post("/work-rules/rule/new", data=form | {"step": "save", "seen": seen})
    assert saved.status_code == 302
    assert "being taken by the new rules" in client.get("/work-rules").text
    tick_long(bench.office)
    assert lines(bench)["Zauberkur"] == "air_con_service"
    assert "With version 1 1 line was taken for something else." in client.get("/work-rules/live").text
    back = client.get("/work-rules/versions/0").text
    assert "1 line would be taken for something else" in back
    client.post("/work-rules/versions/0", data={"version": hidden(back, "version")})
    tick_long(bench.office)
    assert lines(bench)["Zauberkur"] == ""


def test_a_rule_is_moved_changed_and_removed(bench: OfficeBench, client: FlaskClient) -> None:
    taken(bench, "work_orders", ORDERS.encode())
    place = next(at for at, rule in enumerate(starter_rules(), 1) if rule.operation == "oil_change")
    page = client.get(f"/work-rules/rule/{place}").text
    gone = client.post(f"/work-rules/rule/{place}", data={"version": hidden(page, "version"), "step": "remove"}).text
    assert "1 line would be taken for something else" in gone
    data = {"version": "0", "step": "remove-save", "seen": hidden(gone, "seen")}
    assert client.post(f"/work-rules/rule/{place}", data=data).status_code == 302
    tick_long(bench.office)
    assert lines(bench)["Ölwechsel"] != "oil_change"
    with bench.office.database.read() as reader:
        assert len(rules_of(reader, bench.organisation_id)) == len(starter_rules()) - 1
    stale = client.post(f"/work-rules/rule/{place}", data=data)
    assert stale.status_code in {200, 422}, "the list is another one now: nothing is saved"
    assert client.get("/work-rules/rule/999").status_code == 404
    assert client.get("/work-rules/rule/0").status_code == 404
    assert client.get("/work-rules/versions/99").status_code == 404


def test_wrong_rules_are_refused_in_words_and_keep_what_was_typed(client: FlaskClient) -> None:
    page = client.get("/work-rules/rule/new").text
    for fields, said in [
        ({"operation": "magic", "words": "x"}, "Choose the operation"),
        ({"operation": "service"}, "at least one code or one phrase"),
        ({"operation": "service", "words": "ser*vice"}, "* stands only before a word"),
        ({"operation": "service", "words": "* -"}, "neither letters nor digits"),
        ({"operation": "service", "words": "long " * 40}, "has more than 80 characters"),
        ({"operation": "service", "words": "\n".join(map(str, range(400)))}, "At most 300"),
    ]:
        answer = client.post("/work-rules/rule/new", data=rule_form(page, **fields) | {"step": "look"})
        assert answer.status_code == 422
        assert said in unescape(answer.text)
        assert fields.get("words", "").split("\n")[-1] in unescape(answer.text)


def test_two_people_at_once_and_a_run_that_newer_rules_overtook(
    bench: OfficeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaking, "PART", 2)
    taken(bench, "work_orders", ORDERS.encode())

    def save(made_from: int, operation: str) -> int:
        rules = [Rule(operation, words=("*wechsel", "brems"))]
        return run_in_tx(bench.office.database.write, lambda tx: save_rules(tx, bench.doing, made_from, rules))

    assert save(0, "glass") == 1
    with pytest.raises(InputError, match="in the meantime"):
        save(0, "paint")
    assert save(1, "paint") == 2
    while tick_long(bench.office):
        pass
    assert set(lines(bench).values()) == {"paint"}
    with bench.office.database.read() as reader:
        first, second = (reader.get_one(WorkRules, (bench.organisation_id, version)) for version in (1, 2))
        assert (first.state, second.state) == ("waiting", "done")
        assert (second.lines_total, second.lines_done, second.lines_changed) == (3, 3, 3)
        assert second.finished_at is not None
        assert second.finished_at.date() >= date(2026, 1, 1)
