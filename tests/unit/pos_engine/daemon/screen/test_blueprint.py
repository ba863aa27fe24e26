from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pos_engine import words
from pos_engine.checkout.answers import OfferNote
from pos_engine.checkout.screen import ScreenState
from pos_engine.daemon.screen import ScreenFeed, screen_blueprint
from tests.support.screens import CLOSED, FULL, IDLE, TROUBLE, ShownCheckout, offer
from tests.support.web_forms import Page

ORIGIN = {"Origin": "http://localhost"}


@pytest.fixture
def checkout() -> ShownCheckout:
    return ShownCheckout(state=FULL)


@pytest.fixture
def client(checkout: ShownCheckout) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(screen_blueprint(checkout, ScreenFeed(checkout, clients_max=1), heartbeat_s=0.01))
    return app.test_client()


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("state", [IDLE, FULL, TROUBLE, CLOSED], ids=["idle", "full", "trouble", "closed"])
def test_each_state_is_drawn_in_each_language(
    client: FlaskClient, checkout: ShownCheckout, state: ScreenState, language: str
) -> None:
    checkout.state = replace(state, language=language)
    answer = client.get("/")
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.text
    assert client.get("/screen/receipts").status_code == 200
    assert client.get("/screen/parked").status_code == 200


def test_between_sales_it_says_in_words_how_many_receipts_wait(client: FlaskClient, checkout: ShownCheckout) -> None:
    waiting = "Receipts waiting to be sent: 4"
    shown = {}
    for name, state in {"on_line": IDLE, "alone": replace(IDLE, offline=True, outbox_count=4)}.items():
        checkout.state = state
        shown[name] = waiting in Page(client.get("/").text).text
    checkout.state = replace(FULL, offline=True, outbox_count=4)
    shown["selling"] = waiting in Page(client.get("/").text).text
    assert shown == {"on_line": False, "alone": True, "selling": False}


def test_why_not_is_put_into_words_only_when_somebody_asks(client: FlaskClient, checkout: ShownCheckout) -> None:
    asked = 0

    def reasons() -> tuple[OfferNote, ...]:
        nonlocal asked
        asked += 1
        return (offer("late", "<b>Evening</b> bread", 0, "Only from 17:00 to 19:00", "outside_hours"),)

    checkout.state = replace(FULL, reasons=reasons)
    page = client.get("/").text
    assert 'data-open="/screen/reasons"' in page
    assert (asked, "Only from 17:00" in page) == (0, False)
    sheet = client.get("/screen/reasons").text
    assert "&lt;b&gt;Evening&lt;/b&gt; bread" in sheet
    assert "Only from 17:00 to 19:00" in sheet
    checkout.state = IDLE
    assert 'data-open="/screen/reasons"' not in client.get("/").text


def test_names_from_outside_cannot_become_markup(client: FlaskClient, checkout: ShownCheckout) -> None:
    checkout.state = replace(FULL, store_name="<script>alert(1)</script>", applied=(offer("x", '"><img src=x>', 5),))
    page = client.get("/").text
    assert "<script>alert" not in page
    assert "<img" not in page


def test_pages_keep_to_themselves(client: FlaskClient) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text


def test_a_tap_reaches_the_checkout(client: FlaskClient, checkout: ShownCheckout) -> None:
    sale = {"sale_ref": "4711@2026-11-20"}
    for address, form in (
        ("/screen/offer", {**sale, "offer_id": "bread", "wanted": "no"}),
        ("/screen/offer", {**sale, "offer_id": "bread", "wanted": "yes"}),
        ("/screen/points", {**sale, "points": "200"}),
        ("/screen/park", sale),
        ("/screen/resume", sale),
        ("/screen/reprint", {"receipt_id": "till-1:1:17"}),
    ):
        assert client.post(address, data=form, headers=ORIGIN).status_code == 204
    assert checkout.taps == [
        ("decline", "4711@2026-11-20", "bread"),
        ("accept", "4711@2026-11-20", "bread"),
        ("points", "4711@2026-11-20", "200"),
        ("park", "4711@2026-11-20"),
        ("resume", "4711@2026-11-20"),
        ("reprint", "till-1:1:17", "eva"),
    ]


def test_a_refusal_is_a_sentence(client: FlaskClient, checkout: ShownCheckout) -> None:
    checkout.refuse_text = "The sale is closed."
    answer = client.post("/screen/park", data={"sale_ref": "1"}, headers=ORIGIN)
    assert (answer.status_code, answer.text) == (409, "The sale is closed.")


def test_a_missing_field_is_named(client: FlaskClient, checkout: ShownCheckout) -> None:
    answer = client.post("/screen/reprint", data={}, headers=ORIGIN)
    assert answer.status_code == 400
    assert "receipt_id" in answer.text
    assert checkout.taps == []


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:81"}]
)
def test_another_sites_page_cannot_tap(client: FlaskClient, checkout: ShownCheckout, headers: dict[str, str]) -> None:
    assert client.post("/screen/park", data={"sale_ref": "1"}, headers=headers).status_code == 403
    assert checkout.taps == []


@pytest.mark.parametrize("points", ["many", "-1", "1.5", "9999999999"])
def test_points_are_a_whole_number(client: FlaskClient, checkout: ShownCheckout, points: str) -> None:
    form = {"sale_ref": "1", "points": points}
    assert client.post("/screen/points", data=form, headers=ORIGIN).status_code == 400
    assert checkout.taps == []


def test_the_stream_draws_the_state_and_beats_when_nothing_happens(client: FlaskClient) -> None:
    answer = client.get("/events")
    assert answer.mimetype == "text/event-stream"
    chunks = answer.iter_encoded()
    assert next(chunks) == b"retry: 1000\n\n"
    event = next(chunks).decode()
    assert event.startswith("event: screen\nid: 2\ndata: ")
    assert event.endswith("\n\n")
    drawn = json.loads(event.split("data: ")[1])
    assert drawn["language"] == "en"
    assert "Anna Nováková" in drawn["html"]
    assert next(chunks).startswith(b":")
    answer.close()


def test_too_many_screens_are_refused_until_one_goes(client: FlaskClient) -> None:
    first = client.get("/events")
    assert client.get("/events").status_code == 503
    first.close()
    assert client.get("/events").status_code == 200
