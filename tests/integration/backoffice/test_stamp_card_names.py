"""Two running campaigns never share one stamp card: a clear sentence says which one has the name."""

from __future__ import annotations

from tests.support.office import OfficeBench, csrf_free

FIELDS = {
    "preset": "stamp_card",
    "name": "Tenth coffee free",
    "starts_on": "2026-11-23",
    "ends_on": "2026-12-31",
    "reward": "free",
    "products": "2001",
    "stamp_card": "Coffee",
    "stamp_goal": "9",
    "stamp_each": "1",
    "valid_for_days": "90",
    "who": "members",
    "act": "publish",
}


def test_a_name_that_a_running_card_has_is_refused_and_its_own_is_not(bench: OfficeBench) -> None:
    with csrf_free(bench.app):
        pages = bench.client()
        first = pages.post("/campaigns/new", data=FIELDS)
        assert first.status_code == 302, first.text
        second = pages.post("/campaigns/new", data={**FIELDS, "name": "Another", "stamp_card": " coffee"})
        assert second.status_code == 422
        assert "“Tenth coffee free” has a stamp card of this name already" in second.text
        assert pages.post(f"{first.location}/edit", data={**FIELDS, "stamp_goal": "10"}).status_code == 302
        assert pages.post("/campaigns/new", data={**FIELDS, "stamp_card": "Tea"}).status_code == 302
        assert pages.post(f"{first.location}/end", data={"promise": "void"}).status_code == 302
        assert pages.post("/campaigns/new", data={**FIELDS, "name": "Another"}).status_code == 302
