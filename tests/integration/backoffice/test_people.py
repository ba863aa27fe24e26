"""Letting people in, changing and taking roles, and passwords without a mail server (T9)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import delete, select

from backoffice.audit.models import AuditEntry
from backoffice.db import run_in_tx
from backoffice.demo.install import OWNER
from backoffice.identity.models import Grant, Role, User
from backoffice.identity.services import grant
from tests.support.office import OfficeBench
from tests.support.visitor import Visitor

NEW_PASSWORD = "a long sentence"


@pytest.fixture
def owner(bench: OfficeBench) -> Visitor:
    visitor = Visitor(bench.app)
    assert visitor.sign_in(OWNER, bench.password()).status_code == 302
    return visitor


def link_in(page: str) -> str:
    found = re.search(r'value="http://localhost(/password/[^"]+)"', page)
    assert found is not None
    return found[1]


def user_id_of(bench: OfficeBench, email: str) -> str:
    with bench.office.database.read() as reader:
        return reader.scalars(select(User.user_id).where(User.email == email)).one()


def role_of(bench: OfficeBench, email: str) -> str | None:
    with bench.office.database.read() as reader:
        return reader.scalar(
            select(Grant.role_name)
            .join(User, User.user_id == Grant.user_id)
            .where(User.email == email, Grant.organisation_id == bench.organisation_id)
        )


def let_in(owner: Visitor, email: str, role: str = "clerk") -> str:
    """The path of the link for the first password."""
    answer = owner.send("/people", email=email, role=role)
    assert answer.status_code == 200
    return link_in(answer.text)


def set_password(bench: OfficeBench, link: str, password: str = NEW_PASSWORD) -> int:
    return Visitor(bench.app).send(link, seen_on=link, password=password, again=password).status_code


def test_somebody_is_let_in_by_a_link_that_works_once(bench: OfficeBench, owner: Visitor) -> None:
    link = let_in(owner, "New@Example.org")
    newcomer = Visitor(bench.app)
    assert "new@example.org" in newcomer.page(link).text
    assert newcomer.sign_in("new@example.org", "").status_code == 200
    assert newcomer.send(link, seen_on=link, password="short", again="short").status_code == 422
    assert newcomer.send(link, seen_on=link, password=NEW_PASSWORD, again="typo").status_code == 422
    assert newcomer.send(link, seen_on=link, password=NEW_PASSWORD, again=NEW_PASSWORD).status_code == 302
    newcomer.sign_in("new@example.org", NEW_PASSWORD)
    assert newcomer.is_in()
    assert newcomer.get("/people").status_code == 403
    again = Visitor(bench.app).get(link)
    assert (again.status_code, "does not work any more" in again.text) == (404, True)
    assert link not in owner.page("/people").html


def test_a_link_ends_after_three_days_and_when_a_newer_one_is_made(bench: OfficeBench, owner: Visitor) -> None:
    first = let_in(owner, "new@example.org")
    user_id = user_id_of(bench, "new@example.org")
    second = link_in(owner.send(f"/people/{user_id}/link").text)
    assert Visitor(bench.app).get(first).status_code == 404
    assert Visitor(bench.app).get(second).status_code == 200
    bench.clock.sleep(3 * 24 * 3600)
    assert Visitor(bench.app).get(second).status_code == 404


def test_a_link_for_a_new_password_ends_the_old_one_and_every_session(bench: OfficeBench, owner: Visitor) -> None:
    set_password(bench, let_in(owner, "new@example.org"))
    newcomer = Visitor(bench.app)
    newcomer.sign_in("new@example.org", NEW_PASSWORD)
    link = link_in(owner.send(f"/people/{user_id_of(bench, 'new@example.org')}/link").text)
    assert newcomer.is_in()
    assert set_password(bench, link, "another sentence") == 302
    assert not newcomer.is_in()
    newcomer.sign_in("new@example.org", NEW_PASSWORD)
    assert not newcomer.is_in()
    newcomer.sign_in("new@example.org", "another sentence")
    assert newcomer.is_in()


def test_a_database_that_is_older_than_a_role_learns_it(bench: OfficeBench, owner: Visitor) -> None:
    let_in(owner, "new@example.org")
    run_in_tx(bench.office.database.write, lambda tx: tx.execute(delete(Role).where(Role.name == "sender")).close())
    where = f"/people/{user_id_of(bench, 'new@example.org')}"
    assert owner.send(f"{where}/role", role="sender").status_code == 302
    assert role_of(bench, "new@example.org") == "sender"


def test_a_role_is_changed_and_taken_and_given_back(bench: OfficeBench, owner: Visitor) -> None:
    let_in(owner, "new@example.org")
    where = f"/people/{user_id_of(bench, 'new@example.org')}"
    assert owner.send(f"{where}/role", role="auditor").status_code == 302
    assert role_of(bench, "new@example.org") == "auditor"
    assert owner.send(f"{where}/role", role="emperor").status_code == 422
    assert owner.send(f"{where}/remove").status_code == 302
    assert role_of(bench, "new@example.org") is None
    assert owner.send(f"{where}/remove").status_code == 404
    assert owner.send(f"{where}/link").status_code == 404
    assert owner.send(f"{where}/restore").status_code == 302
    assert role_of(bench, "new@example.org") == "auditor"
    assert owner.send(f"{where}/restore").status_code == 404
    with bench.office.database.read() as reader:
        acts = reader.scalars(
            select(AuditEntry.action)
            .where(AuditEntry.subject_kind == "user", AuditEntry.actor == OWNER)
            .order_by(AuditEntry.seq)
        ).all()
    assert acts == ["signed_in", "access_given", "role_changed", "access_taken", "access_given"]


def test_an_organisation_keeps_an_owner(bench: OfficeBench, owner: Visitor) -> None:
    where = f"/people/{bench.owner_id}"
    for answer in (owner.send(f"{where}/remove"), owner.send(f"{where}/role", role="clerk")):
        assert answer.status_code == 422
        assert "needs an owner" in answer.text
    let_in(owner, "second@example.org", "owner")
    assert owner.send(f"{where}/role", role="clerk").status_code == 302
    assert role_of(bench, OWNER) == "clerk"
    assert owner.get("/people").status_code == 403


def test_somebody_of_two_organisations_is_no_single_owners_to_reset(bench: OfficeBench, owner: Visitor) -> None:
    elsewhere = bench.other_organisation()
    set_password(bench, let_in(owner, "both@example.org"))
    user_id = user_id_of(bench, "both@example.org")
    run_in_tx(bench.office.database.write, lambda tx: grant(tx, elsewhere, user_id, "clerk"))
    for act in ("link", "second-factor"):
        answer = owner.send(f"/people/{user_id}/{act}")
        assert answer.status_code == 422
        assert "also works for another organisation" in answer.text
    both = Visitor(bench.app)
    both.sign_in("both@example.org", NEW_PASSWORD)
    assert both.is_in()


def test_somebody_with_a_password_needs_no_link_for_another_organisation(bench: OfficeBench, owner: Visitor) -> None:
    set_password(bench, let_in(owner, "both@example.org"))
    other = bench.client("owner", bench.other_organisation())
    token = re.findall(r'name="csrf_token" value="([^"]+)"', other.get("/people").text)[0]
    fields = {"csrf_token": token, "email": "both@example.org", "role": "clerk"}
    assert "with the password they have" in other.post("/people", data=fields, follow_redirects=True).text
    again = other.post("/people", data=fields)
    assert (again.status_code, "has a role here already" in again.text) == (422, True)
