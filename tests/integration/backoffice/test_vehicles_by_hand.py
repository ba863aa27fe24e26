"""Vehicles and mileages typed on their pages."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.support.garage import GOLF
from tests.support.office import OfficeBench


@pytest.fixture
def client(bench: OfficeBench) -> FlaskClient:
    bench.app.config["WTF_CSRF_ENABLED"] = False
    return bench.client()


def test_a_vehicle_is_typed_changed_and_read_and_a_reading_is_taken_back(client: FlaskClient) -> None:
    refused = client.post("/vehicles/new", data={"vin": "short", "make": "VW"})
    assert refused.status_code == 422
    assert 'value="VW"' in refused.text, "what was typed stays"
    added = client.post("/vehicles/new", data={"vin": GOLF, "plate": "ZH 77", "make": "VW"})
    here = added.location
    assert "ZH 77" in client.get(here).text
    form = client.get(f"{here}/edit").text
    seen = re.search(r'name="seen" value="([^"]+)"', form)
    assert seen is not None
    fields = {"make": "Volkswagen", "plate": "ZH 78", "seen": seen[1]}
    assert client.post(f"{here}/edit", data=fields).status_code == 302
    page = client.get(here).text
    assert "Volkswagen" in page
    assert "ZH 78" in page
    client.post(f"{here}/readings", data={"km": "91\u202f000", "read_on": "2026-11-02"})
    stale = client.post(f"{here}/edit", data=fields | {"make": "Audi", "seen": "long ago"})
    assert stale.status_code == 422
    assert "in the meantime" in stale.text
    page = client.get(here).text
    assert "91,000 km" in page
    assert f"{here}/readings/2026-11-02/remove" in page
    client.post(f"{here}/readings/2026-11-02/remove")
    assert "91,000 km" not in client.get(here).text
    assert client.post(f"{here}/readings", data={"km": "a lot", "read_on": "2026-11-02"}).status_code == 422
    assert client.get("/vehicles/none/edit").status_code == 404
