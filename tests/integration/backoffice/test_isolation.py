"""Every route of the application, asked by somebody of another organisation, in every role, and by nobody.

The list is the application's own route table with the rights its routes declare, so that a new route is tested the day
it is written; one that declares nothing keeps the application from starting.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete
from werkzeug.routing import Rule

from backoffice.app import OPEN_PARTS
from backoffice.db import run_in_tx
from backoffice.identity.models import Grant
from backoffice.identity.rights import ROLES, Right
from backoffice.web.access import UndeclaredRouteError, access_of, check_declared, declare_others
from tests.support.every_route import address, methods, real_things, rules
from tests.support.office import OfficeBench, SellingTill, csrf_free

OPEN = {
    *OPEN_PARTS,
    "identity.choose_language",
    "second_step.ask",
    "second_step.start_over",
    "second_step.by_passkey",
    "links.new_password",
    "links.set_up",
    "api_staff.docs",
}
"""Routes that anybody may ask: somebody who adds one here says in the application why it is open."""
OWN_AFFAIRS = ("identity.choose_organisation", "account.", "factors.", "regular_reports.")
"""What whoever may only read changes all the same: what is their own."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBench]:
    folder = tmp_path_factory.mktemp("isolation")
    bench = OfficeBench(folder / "office")
    till = SellingTill(folder / "till", bench)
    till.sell(("5001", 980, 1), ("7003", 1680, 1), card_id="iso14443a:04BA5E00000002")
    till.sync_until_quiet()
    till.close()
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def values(shop: OfficeBench) -> dict[str, str]:
    return real_things(shop)


def needed(shop: OfficeBench, rule: Rule) -> Right:
    right = access_of(shop.app, rule.endpoint)
    assert isinstance(right, Right)
    return right


def test_the_table_has_the_routes(shop: OfficeBench) -> None:
    assert len(rules(shop)) > 40


def test_a_route_that_does_not_say_who_may_use_it_keeps_the_application_from_starting() -> None:
    app = Flask(__name__)
    declare_others(app, OPEN_PARTS)
    check_declared(app)
    app.add_url_rule("/forgotten", "forgotten", lambda: "everybody reads this")
    with pytest.raises(UndeclaredRouteError, match="/forgotten"):
        check_declared(app)


def test_only_known_routes_are_open(shop: OfficeBench) -> None:
    found = {
        rule.endpoint
        for rule in shop.app.url_map.iter_rules()
        if not isinstance(access_of(shop.app, rule.endpoint), Right)
    }
    assert {each for each in found if each not in OPEN and each.partition(".")[0] not in OPEN} == set()


def test_nobody_sees_anything_without_signing_in(shop: OfficeBench, values: dict[str, str]) -> None:
    client = shop.app.test_client()
    with csrf_free(shop.app):
        for rule in rules(shop):
            for method in methods(rule):
                answer = client.open(address(rule, values), method=method)
                assert answer.status_code in {302, 401}, (rule.rule, method, answer.status_code)
                assert "/sign-in" in answer.headers.get("Location", "/sign-in")


@pytest.mark.parametrize("role", list(ROLES))
def test_another_organisation_finds_none_of_our_things(shop: OfficeBench, values: dict[str, str], role: str) -> None:
    other = shop.client(role, shop.other_organisation())
    with csrf_free(shop.app):
        for rule in rules(shop):
            if not rule.arguments:
                continue
            for method in methods(rule):
                answer = other.open(address(rule, values), method=method)
                assert answer.status_code in {403, 404}, (rule.rule, method, answer.status_code)


@pytest.mark.parametrize("role", list(ROLES))
def test_a_role_is_refused_what_it_has_no_right_to(shop: OfficeBench, values: dict[str, str], role: str) -> None:
    client = shop.client(role)
    refused = 0
    with csrf_free(shop.app):
        for rule in rules(shop):
            for method in methods(rule):
                if needed(shop, rule) in ROLES[role]:
                    continue
                answer = client.open(address(rule, values), method=method)
                assert answer.status_code == 403, (rule.rule, method, answer.status_code)
                assert not any(secret in answer.text for secret in ("Becker", "Lasagne", "04BA5E", "Station Road"))
                refused += 1
    assert bool(refused) == (role != "owner")


@pytest.mark.parametrize("role", list(ROLES))
def test_a_role_opens_every_page_it_has_a_right_to(shop: OfficeBench, values: dict[str, str], role: str) -> None:
    client = shop.client(role)
    for rule in rules(shop):
        if "GET" in methods(rule) and needed(shop, rule) in ROLES[role]:
            status = client.get(address(rule, values)).status_code
            # Things that the fixtures do not have are not there; forms that cannot be shown for them lead elsewhere.
            assert status in {200, 302, 404}, (rule.rule, status)


def test_who_may_only_look_changes_nothing(shop: OfficeBench, values: dict[str, str]) -> None:
    client = shop.client("auditor")
    with csrf_free(shop.app):
        for rule in rules(shop):
            if "POST" in methods(rule) and not rule.endpoint.startswith(OWN_AFFAIRS):
                answer = client.post(address(rule, values))
                assert answer.status_code == 403, (rule.rule, answer.status_code)


def test_lists_of_another_organisation_hold_nothing_of_ours(shop: OfficeBench, values: dict[str, str]) -> None:
    secrets = ["Anna", "Becker", "Lasagne", "04BA5E", "Mondays 10", "Station Road", "Front till", *values.values()]
    secrets = [
        secret
        for secret in secrets
        if len(secret) > 4 and secret not in {values[name] for name in ("state", "act", "side", "kind", "family")}
    ]
    other = shop.client("owner", shop.other_organisation())
    ours = shop.client("owner")
    told = ""
    for rule in rules(shop):
        if rule.arguments or "GET" not in methods(rule):
            continue
        # A paper that nobody has had counted leads to the page where that is asked for.
        answer = other.get(rule.rule, follow_redirects=True)
        assert (answer.status_code, "sign-in" in answer.request.path) == (200, False), rule.rule
        text = answer.get_data().decode("utf-8", "replace")  # sheets are no text
        for secret in secrets:
            # The form of a new campaign has an example in its field for the name.
            example = secret == "Mondays 10" and rule.rule.startswith("/campaigns/new")
            assert example or secret not in text.replace("“Mondays 10", ""), (rule.rule, secret)
        told += ours.get(rule.rule).get_data().decode("utf-8", "replace")
    assert all(secret in told for secret in ("Becker", "Lasagne", "Station Road"))


def test_a_choice_of_another_organisation_is_refused(shop: OfficeBench) -> None:
    other = shop.client("owner", shop.other_organisation())
    with csrf_free(shop.app):
        assert other.post("/organisation", data={"organisation_id": shop.organisation_id}).status_code == 403


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("auditor", "POST", "/campaigns/{campaign_id}/pause", 403),
        ("auditor", "POST", "/members/new", 403),
        ("auditor", "GET", "/members.csv", 200),
        ("clerk", "GET", "/members.csv", 403),
        ("clerk", "GET", "/campaigns/new", 403),
        ("clerk", "POST", "/tills/codes", 403),
        ("clerk", "GET", "/members/new", 200),
        ("campaign_editor", "GET", "/members/new", 403),
        ("campaign_editor", "GET", "/people", 403),
        ("campaign_editor", "POST", "/groups", 403),
        ("campaign_editor", "GET", "/campaigns/new", 200),
        ("clerk", "POST", "/categories", 403),
        ("sender", "GET", "/flows/new", 200),
        ("sender", "GET", "/campaigns/new", 403),
        ("sender", "POST", "/members/new", 403),
        ("auditor", "POST", "/imports", 403),
    ],
)
def test_a_role_may_what_its_table_says(
    tmp_path: Path, values: dict[str, str], role: str, method: str, path: str, status: int
) -> None:
    bench = OfficeBench(tmp_path / "office")
    with csrf_free(bench.app):
        answer = bench.client(role).open(path.format(**values), method=method)
    assert answer.status_code == status
    bench.close()


def test_a_role_that_was_taken_away_ends_at_once(tmp_path: Path) -> None:
    bench = OfficeBench(tmp_path / "office")
    client = bench.client("clerk")
    assert client.get("/members").status_code == 200
    run_in_tx(
        bench.office.database.write,
        lambda tx: tx.execute(delete(Grant).where(Grant.role_name == "clerk")).close(),
    )
    assert client.get("/members").status_code == 403
    bench.close()
