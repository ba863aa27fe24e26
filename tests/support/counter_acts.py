"""Cashiers of the whole shop: hired on the page of the back-office, acting on a till's cashier screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.till_counter import TillCounter
from tests.support.waiting import wait_for
from tests.support.whole_shop import WholeShop

OPERATOR, PIN = "17", "4718"
PIN_WANTED = 401
REFUSED = 409


@contextmanager
def cashier(shop: WholeShop, **policy: str) -> Iterator[None]:
    """Eva works at every till, under these policies (`pins`, `find_by_phone`); the other scenarios ask for nothing."""
    page = shop.office.page("/cashiers")
    if f"<code>{OPERATOR}</code>" not in page.html:
        page = shop.office.submit(page, "/cashiers$", operator=OPERATOR, name="Eva", pin=PIN)
    _say(shop, policy)
    try:
        yield
    finally:
        _say(shop, {})


def _say(shop: WholeShop, policy: dict[str, str]) -> None:
    changes: dict[str, str | list[str]] = {name: policy.get(name, []) for name in ("pins", "find_by_phone")}
    shop.office.submit(shop.office.page("/cashiers"), "/cashiers/policy$", **changes)
    shop.wait_all_in_step()


def tap_screen(till: TillCounter, path: str, *, pin: str = PIN, **fields: str) -> httpx.Response:
    """What the screen's script sends: without a PIN first, and with it when it is asked for one."""
    answer = _post(till, path, fields)
    if answer.status_code == PIN_WANTED and pin:
        answer = _post(till, path, {**fields, "operator": OPERATOR, "pin": pin})
    return answer


def done(till: TillCounter, path: str, **fields: str) -> str:
    """The same, and it must be done."""
    answer = tap_screen(till, path, **fields)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    return answer.text


def _post(till: TillCounter, path: str, fields: dict[str, str]) -> httpx.Response:
    return till.daemon.client.post(path, data=fields, headers={"Origin": till.url})


def reference_of(till: TillCounter, page: str) -> str:
    """The number that a form of the screen gives its booking."""
    shown = till.daemon.client.get(f"/screen/counter/{page}").text
    return shown.split('name="reference" value="')[1].split('"')[0]


def acts_on_record(shop: WholeShop, till: TillCounter, action: str) -> list[dict[str, str]]:
    """What the back-office's page has of one till's acts of a kind, once it is in step."""
    shop.wait_all_in_step()
    workstation_id = till.daemon.status()["workstation_id"]

    def rows() -> list[dict[str, str]]:
        day = shop.clock.shown.date().isoformat()
        table = shop.office.table("operator-actions", first=day, last=day)
        return [row for row in table if row["action"] == action and row["workstation"] == workstation_id]

    wait_for(f"{action} on record", rows)
    return rows()
