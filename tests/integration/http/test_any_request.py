"""Whatever is sent to an HTTP interface is answered: no 5xx, no traceback, no hang.

schemathesis makes requests out of a description of the real routes and of the types their bodies are read into, half of
them wrong on purpose. The till's routes have a selling checkout behind them, the sync routes are asked with a signature
that is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backoffice.api.openapi import PREFIX
from pos_engine.daemon.config import Config
from pos_engine.daemon.counter_api import WORKS, CounterRequest, counter_blueprint
from pos_engine.daemon.http_api import create_app
from pos_engine.daemon.http_guard import Tokens
from pos_engine.daemon.register_side import register_endpoint
from pos_engine.daemon.screen import ScreenFeed, screen_blueprint
from pos_engine.registers.nexo.lookups import Devices
from pos_engine.registers.nexo.messages import (
    AbortRequest,
    LoyaltyRequest,
    Message,
    MessageHeader,
    ReversalRequest,
    TransactionStatusRequest,
)
from pos_engine.wire.card_moves import CardMoveReport
from pos_engine.wire.card_rights import CardRightReport
from pos_engine.wire.cashiers import OperatorActionReport
from pos_engine.wire.enrolment import EnrolRequest
from pos_engine.wire.heartbeat import Heartbeat
from pos_engine.wire.reconcile import ReconcileRequest
from pos_engine.wire.returns import OriginalRequest
from pos_engine.wire.rights import RightAsk
from pos_engine.wire.sync import UploadBatch
from tests.support.any_request import ask_all
from tests.support.api_client import new_token
from tests.support.cashiers import PinShop
from tests.support.office import OfficeBench
from tests.support.openapi import description
from tests.support.shop import COFFEE, Shop, line
from tests.support.signing import SigningClient
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock

ENDLESS = {"/events"}
"""A stream has no end by design."""

SYNC = {
    "/sync/v1/enrol": EnrolRequest,
    "/sync/v1/heartbeat": Heartbeat,
    "/sync/v1/receipts": UploadBatch,
    "/sync/v1/original": OriginalRequest,
    "/sync/v1/reconcile": ReconcileRequest,
    "/sync/v1/rights": RightAsk,
    "/sync/v1/card-moves": CardMoveReport,
    "/sync/v1/card-rights": CardRightReport,
    "/sync/v1/operator-actions": OperatorActionReport,
}


class Nexo(Message, kw_only=True):
    """The message inside the envelope, with its bodies as they are read later."""

    message_header: MessageHeader
    loyalty_request: LoyaltyRequest | None = None
    reversal_request: ReversalRequest | None = None
    abort_request: AbortRequest | None = None
    transaction_status_request: TransactionStatusRequest | None = None


class NexoEnvelope(Message, kw_only=True):
    """What a register posts."""

    sale_to_poi_request: Nexo


TILL = {"/nexo": NexoEnvelope, **{f"/api/counter{path}": CounterRequest for path in WORKS}}


def _send(client: FlaskClient, method: str, path: str, parts: dict[str, Any]) -> TestResponse:
    return client.open(path, method=method, **parts)


@pytest.mark.slow
def test_the_tills_routes(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    counter = PinShop(shop)
    shop.sell("s1", line("1", COFFEE, 300))
    feed = ScreenFeed(shop.till)
    endpoint = register_endpoint(
        Config(), shop.journal, shop.replica, shop.till, shop.clock, lambda: Devices("OK", True, True)
    )
    names = frozenset({"localhost"})
    pages = (screen_blueprint(shop.till, feed, acts=counter.acts), counter_blueprint(counter.acts))
    app = create_app(endpoint, dict, lambda _limit: (), names, Tokens("", {}), pages)  # type: ignore[arg-type]
    client = app.test_client()
    try:
        document = description(app, "/", TILL, {"/api/receipts": ("limit",)})
        asked = ask_all(
            document, lambda method, path, parts: client.open(path, method=method, **parts), without=ENDLESS
        )
    finally:
        feed.close()
        counter.journal.close()
        shop.close()
    assert asked.total() > 100


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    yield office
    office.close()


@pytest.mark.slow
def test_the_sync_routes_signed(office: Office, tmp_path: Path) -> None:
    till = Till(tmp_path / "till", office).enrol()
    till.sell("a")
    till.sync_until_quiet()
    identity = till.journal.identity()
    assert identity is not None
    client = SigningClient(office.app, identity.signing_key, office.clock)
    document = description(office.app, "/sync/v1/", SYNC, {"/sync/v1/changes": ("cursor", "limit")})
    posted = {path for path, methods in document["paths"].items() if "post" in methods and "{" not in path}
    assert posted == set(SYNC) | {"/sync/v1/"}, "every route has its document"
    try:
        asked = ask_all(
            document, lambda method, path, parts: client.open(path, method=method, **parts), without=ENDLESS
        )
    finally:
        till.close()
    assert asked.total() > 100


@pytest.mark.slow
def test_the_json_interface_with_a_token(tmp_path: Path) -> None:
    bench = OfficeBench(tmp_path / "office")
    token = new_token(bench)
    client = bench.app.test_client(use_cookies=False)
    served = client.get(f"{PREFIX}/openapi.json").get_json()

    def send(method: str, path: str, parts: dict[str, Any]) -> TestResponse:
        bench.clock.forward(timedelta(seconds=1))  # no request meets the limit of requests
        parts["headers"]["Authorization"] = f"Bearer {token}"
        answer = client.open(path, method=method, **parts)
        assert "text/html" not in answer.content_type, (method, path, parts)
        return answer

    try:
        asked = ask_all(served, send, examples=5)
    finally:
        bench.close()
    assert asked.total() > 100
    assert asked[200] > 0
    assert asked[401] == asked[429] == 0
