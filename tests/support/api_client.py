"""A program that asks the JSON interface with a token, in process."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Any

import msgspec
from werkzeug.test import TestResponse

from backoffice.api.calls import Operation
from backoffice.api.openapi import PREFIX
from backoffice.api.problems import MEDIA_TYPE, Problem
from backoffice.api.routes import OPERATIONS
from backoffice.api.scopes import Scope
from backoffice.api.tokens import make_token
from backoffice.audit.services import Doing
from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.form import CampaignForm
from backoffice.db import run_in_tx
from tests.support.office import OfficeBench

BY_NAME = {operation.name: operation for operation in OPERATIONS}


def new_token(bench: OfficeBench, scopes: Collection[Scope] = tuple(Scope), organisation_id: str = "") -> str:
    doing = Doing(organisation_id or bench.organisation_id, "owner", bench.clock, bench.office.ids)
    return run_in_tx(bench.office.database.write, lambda tx: make_token(tx, doing, "a program", scopes, 90))


class Program:
    """Asks operations by name; every answer is read with the type that the description promises."""

    def __init__(self, bench: OfficeBench, token: str = "") -> None:
        self.client = bench.app.test_client(use_cookies=False)
        self.token = token or new_token(bench)

    def ask(
        self, name: str, body: Any = None, *, key: str = "", query: dict[str, Any] | None = None, **path: Any
    ) -> TestResponse:
        operation = BY_NAME[name]
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        parts = {"json": body} if body is not None else {}
        answer = self.client.open(
            address(operation, path), method=operation.method, headers=headers, query_string=query, **parts
        )
        check_form(operation, answer)
        return answer

    def told(self, name: str, body: Any = None, **parts: Any) -> Any:
        """What is answered when it works."""
        answer = self.ask(name, body, **parts)
        assert answer.status_code == BY_NAME[name].status, answer.text
        return answer.get_json()

    def refused(self, name: str, body: Any = None, **parts: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = self.ask(name, body, **parts)
        return answer.status_code, answer.get_json()["type"].partition("#")[2]


def address(operation: Operation, path: dict[str, str]) -> str:
    return PREFIX + re.sub(r"{([a-z_]+)}", lambda found: path[found[1]], operation.path)


def check_form(operation: Operation, answer: TestResponse) -> None:
    """An answer has the form that the description promises, and is kept by nobody on the way."""
    assert answer.headers["Cache-Control"] == "no-store"
    if answer.status_code < 400:
        assert answer.status_code == operation.status
        assert answer.content_type == "application/json"
        msgspec.json.decode(answer.data, type=operation.answer)
    else:
        assert answer.content_type == MEDIA_TYPE
        assert msgspec.json.decode(answer.data, type=Problem).status == answer.status_code


def paged(program: Program, name: str, limit: int, **path: str) -> list[Any]:
    """All items of a list, page by page."""
    items: list[Any] = []
    cursor = ""
    for _ in range(500):
        page = program.told(name, query={"limit": limit} | ({"cursor": cursor} if cursor else {}), **path)
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = page["next_cursor"]
    raise AssertionError("the list has no end")


def codes_campaign(shop: OfficeBench) -> str:
    """A running campaign that printed coupons redeem."""
    form = CampaignForm(
        kind="codes", name="Leaflet", starts_on=date(2026, 11, 1), ends_on=date(2027, 12, 24), percent_bp=1_000
    )
    campaign_id = run_in_tx(shop.office.database.write, lambda tx: create_campaign(tx, shop.doing, form).campaign_id)
    run_in_tx(shop.office.database.write, lambda tx: publish_campaign(tx, shop.doing, campaign_id).version)
    return campaign_id
