"""A replay as somebody asks for it: planned, counted by the worker, stopped, kept with the campaign."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from backoffice.api.scopes import Scope
from backoffice.api.tokens import make_token
from backoffice.campaigns.models import Campaign
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.replays import runs, work
from backoffice.replays.models import CampaignReplay
from backoffice.web.said import told
from backoffice.worker.models import Job
from backoffice.worker.services import ATTEMPTS_MAX, CLAIM_LIFE, claim
from backoffice.worker.ticker import tick_long
from pos_engine.replay.past import PastReceipts
from tests.support.office import OfficeBench, SellingTill, card_of, csrf_free

LASAGNE, RYE = "5001", "4002"
FIELDS = {
    "preset": "weekday_percent",
    "name": "Half of every lasagne",
    "reward": "percent",
    "percent": "50",
    "products": LASAGNE,
    "starts_on": "2027-02-01",
    "ends_on": "2027-02-28",
    "who": "everybody",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBench]:
    """Six weeks: each week two lasagnes for 9.80 to a member, and a rye bread to somebody."""
    folder: Path = tmp_path_factory.mktemp("replays")
    bench = OfficeBench(folder / "office")
    till = SellingTill(folder / "till", bench)
    for _week in range(6):
        till.sell((LASAGNE, 980, 2), card_id=card_of(2))
        till.sell((RYE, 450, 1))
        bench.clock.forward(timedelta(days=7))
    mistake = till.sell((LASAGNE, 980, 9))
    till.checkout.void(mistake.sale_ref, "17")
    till.sync_until_quiet()
    till.close()
    yield bench
    bench.close()


@pytest.fixture
def campaign_id(shop: OfficeBench) -> str:
    """A new draft, kept and replayed from the form at one stroke, not counted yet."""
    with csrf_free(shop.app):
        answer = shop.client("campaign_editor").post("/campaigns/new", data={**FIELDS, "act": "replay"})
    assert answer.status_code == 302, answer.text
    with shop.office.database.read() as reader:
        newest = select(Campaign.campaign_id).order_by(Campaign.campaign_id.desc())
        return str(reader.scalars(newest).first())


def _newest(shop: OfficeBench, campaign_id: str) -> CampaignReplay:
    with shop.office.database.read() as reader:
        return runs.replays_of(reader, shop.organisation_id, campaign_id)[0]


def _stop(shop: OfficeBench, replay_id: str) -> None:
    run_in_tx(shop.office.database.write, lambda tx: runs.stop(tx, shop.doing, replay_id))


def _told(answer: TestResponse) -> Any:
    return json.loads(answer.text)


def _work(shop: OfficeBench) -> None:
    while tick_long(shop.office):
        pass


def test_x4_a_draft_is_replayed_and_its_result_kept_with_it(shop: OfficeBench, campaign_id: str) -> None:
    client = shop.client("campaign_editor")
    row = _newest(shop, campaign_id)
    page = f"/replays/{row.replay_id}"
    assert "data-replay-bar" in client.get(page).text
    assert "HX-Refresh" not in client.get(f"{page}/live").headers
    _work(shop)
    assert client.get(f"{page}/live").headers["HX-Refresh"] == "true"
    found = runs.found_of(done := _newest(shop, campaign_id))
    assert found is not None
    assert (done.state, done.receipts_done, done.receipts_total) == ("done", 12, 13), "the voided one is no sale"
    result = found.result
    # Half of 19.60; whatever Mondays take off is given already and not more cost.
    assert (result.receipts, result.receipts_touched, result.members_touched) == (12, 6, 1)
    assert result.campaigns["draft"].lines == 6
    assert result.campaigns["draft"].value_minor == 6 * 1960
    assert result.discount_minor == 6 * 980
    assert sum(row.cost_minor for row in result.days.values()) == result.cost_minor
    assert found.ahead is not None
    shown = client.get(page).text
    for text in ("58.80", "117.60", "Half of every lasagne", "/receipts/", "data-chart", "/members/"):
        assert text in shown, text
    assert page in client.get(f"/campaigns/{campaign_id}").text
    for table in ("day", "store", "member", "receipt", "conflict", "campaign"):
        assert client.get(f"{page}/{table}.csv").status_code == 200
    assert client.get(f"{page}/none.csv").status_code == 404
    rows = client.get(f"{page}/store.csv").get_data().decode("utf-8-sig").splitlines()
    assert rows[0] == "store,receipts,discount,cost"
    assert rows[1].split(",")[1:3] == ["6", "58.80"]


def test_a_changed_campaign_says_that_its_result_is_of_before(shop: OfficeBench, campaign_id: str) -> None:
    client = shop.client("campaign_editor")
    _work(shop)
    page = f"/replays/{_newest(shop, campaign_id).replay_id}"
    assert "was changed since" not in client.get(page).text
    with csrf_free(shop.app):
        client.post(f"/campaigns/{campaign_id}/edit", data={**FIELDS, "percent": "20", "act": "save"})
    assert "was changed since" in client.get(page).text


def test_one_that_waits_is_stopped_at_once_and_never_counted(shop: OfficeBench, campaign_id: str) -> None:
    row = _newest(shop, campaign_id)
    client = shop.client("campaign_editor")
    with csrf_free(shop.app):
        client.post(f"/replays/{row.replay_id}/stop")
        _work(shop)
        assert client.post(f"/replays/{row.replay_id}/stop", follow_redirects=True).status_code == 200
    stopped = _newest(shop, campaign_id)
    assert (stopped.state, stopped.body) == ("stopped", "")
    assert "stopped before a receipt was counted" in client.get(f"/replays/{row.replay_id}").text


def test_one_that_runs_keeps_what_was_counted(
    shop: OfficeBench, campaign_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person presses the button while the second part is read."""
    row = _newest(shop, campaign_id)
    monkeypatch.setattr(work, "PART", 1)
    monkeypatch.setattr("backoffice.replays.receipts.PAGE", 2)
    parts, count = work._parts, 0

    def watched(*args: object) -> Iterator[PastReceipts]:
        nonlocal count
        for part in parts(*args):  # type: ignore[arg-type]
            count += 1
            if count == 2:
                _stop(shop, row.replay_id)
            yield part

    monkeypatch.setattr(work, "_parts", watched)
    _work(shop)
    stopped = _newest(shop, campaign_id)
    found = runs.found_of(stopped)
    assert stopped.state == "stopped"
    assert found is not None
    assert found.result.partial
    assert found.result.receipts == 4
    assert found.ahead is None
    text = shop.client("auditor").get(f"/replays/{row.replay_id}").text
    assert "first 4 of 13 receipts" in text


def test_a_run_that_broke_off_says_so(shop: OfficeBench, campaign_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> Iterator[PastReceipts]:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(work, "_parts", broken)
    _work(shop)
    row = _newest(shop, campaign_id)
    assert (row.state, row.error) == ("failed", runs.BROKE_OFF)
    assert "broke off" in shop.client("auditor").get(f"/replays/{row.replay_id}").text
    with shop.office.database.read() as reader:
        job = reader.scalars(select(Job).where(Job.due_key == row.replay_id)).one()
    assert job.state == "failed"
    assert "RuntimeError: the disk is gone" in job.result


def test_one_that_kills_every_worker_ends_as_failed_and_can_be_tried_again(bench: OfficeBench) -> None:
    replay_id = run_in_tx(bench.office.database.write, lambda tx: runs.ask(tx, bench.doing, None))

    def die() -> None:
        """What a killed worker leaves behind: a job that is claimed and a replay that runs."""
        claimed = run_in_tx(bench.office.database.write, lambda tx: claim(tx, bench.clock, only=(runs.JOB_KIND,)))
        assert claimed is not None
        assert work._Course(bench.office, claimed).begin() is not None
        bench.clock.forward(CLAIM_LIFE + timedelta(seconds=1))

    for _attempt in range(ATTEMPTS_MAX):
        die()
    _work(bench)
    with bench.office.database.read() as reader:
        row = runs.must_be_there(reader, bench.organisation_id, replay_id)
        job = reader.scalars(select(Job).where(Job.due_key == replay_id)).one()
    assert (row.state, row.error, job.state) == ("failed", runs.CUT_OFF, "failed")
    assert row.finished_at is not None
    assert told(job.result) == ["Its worker was cut off 5 times."]
    client = bench.client("campaign_editor")
    page = client.get(f"/replays/{replay_id}").text
    assert "was given up" in page
    assert "Try again" in page
    assert "Try again" not in bench.client("auditor").get(f"/replays/{replay_id}").text
    with csrf_free(bench.app):
        assert client.post("/replays").headers["Location"] != f"/replays/{replay_id}"
    with bench.office.database.read() as reader:
        assert {each.state for each in runs.replays_of(reader, bench.organisation_id)} == {"failed", "waiting"}


def test_all_cores_find_what_one_finds(shop: OfficeBench, campaign_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _work(shop)
    alone = _newest(shop, campaign_id).body
    monkeypatch.setattr(work, "CREW_FROM", 1)
    monkeypatch.setattr(work, "PART", 3)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with csrf_free(shop.app):
        shop.client("campaign_editor").post(f"/campaigns/{campaign_id}/replay")
    _work(shop)
    row = _newest(shop, campaign_id)
    assert row.state == "done"
    assert row.body == alone


def test_a_campaign_is_replayed_once_at_a_time_and_few_wait(shop: OfficeBench, campaign_id: str) -> None:
    with csrf_free(shop.app):
        again = shop.client("campaign_editor").post(f"/campaigns/{campaign_id}/replay", follow_redirects=True)
    assert "under way already" in again.text
    _work(shop)
    kept = []
    for _turn in range(runs.KEPT_MAX + 2):
        with csrf_free(shop.app):
            shop.client("campaign_editor").post(f"/campaigns/{campaign_id}/replay")
        replay_id = _newest(shop, campaign_id).replay_id
        _stop(shop, replay_id)
        kept.append(replay_id)
    _work(shop)
    with shop.office.database.read() as reader:
        found = [row.replay_id for row in runs.replays_of(reader, shop.organisation_id, campaign_id)]
    assert sorted(found) == sorted(kept[-runs.KEPT_MAX :])


def test_x4_all_that_runs_is_replayed_and_a_program_reads_it(shop: OfficeBench) -> None:
    token = run_in_tx(
        shop.office.database.write,
        lambda tx: make_token(tx, shop.doing, "Sheets", [Scope.RESULTS_READ, Scope.REPLAYS_WRITE], 90),
    )
    client, head = shop.app.test_client(), {"Authorization": f"Bearer {token}"}
    started = client.post("/api/v1/replays", json={}, headers=head)
    assert started.status_code == 202, started.text
    place = f"/api/v1/replays/{_told(started)['replay_id']}"
    assert client.post("/api/v1/replays", json={}, headers=head).status_code == 422
    assert client.post("/api/v1/replays", json={"campaign_id": "none"}, headers=head).status_code == 404
    assert _told(client.get(place, headers=head))["state"] == "waiting"
    _work(shop)
    found = _told(client.get(place, headers=head))
    assert (found["state"], found["receipts"]) == ("done", 12)
    assert found["discount_minor"] == sum(row["discount_minor"] for row in found["campaigns"])
    assert found["stores"][0]["cost_minor"] == found["cost_minor"]
    assert found["forecast"]["first_day"] > found["days"][-1]["name"]
    assert client.get(f"/api/v1/receipts/{found['worst'][0]['receipt_id']}", headers=head).status_code == 403
    assert client.post(f"{place}/stop", headers=head).status_code == 422
    listed = _told(client.get("/api/v1/replays", headers=head))["items"]
    assert _told(started)["replay_id"] in [row["replay_id"] for row in listed]
    assert "By campaign" in shop.client("auditor").get(f"/replays/{_told(started)['replay_id']}").text
    assert "All that runs" in shop.client("auditor").get("/replays").text


def test_nothing_is_replayed_that_could_not_be_published(shop: OfficeBench) -> None:
    with csrf_free(shop.app):
        refused = shop.client("campaign_editor").post("/campaigns/new", data={**FIELDS, "percent": "", "act": "replay"})
    assert refused.status_code == 422


def test_a_draft_that_is_thrown_away_takes_its_replays_along(shop: OfficeBench, campaign_id: str) -> None:
    _work(shop)
    page = f"/replays/{_newest(shop, campaign_id).replay_id}"
    with csrf_free(shop.app):
        client = shop.client("campaign_editor")
        client.post(f"/campaigns/{campaign_id}/delete")
    assert client.get(page).status_code == 404


def test_where_nothing_was_sold_there_is_nothing_to_count(bench: OfficeBench) -> None:
    replay_id = run_in_tx(bench.office.database.write, lambda tx: runs.ask(tx, bench.doing, None))
    _work(bench)
    with bench.office.database.read() as reader:
        row = runs.must_be_there(reader, bench.organisation_id, replay_id)
        with pytest.raises(InputError, match="no such replay"):
            runs.must_be_there(reader, bench.organisation_id, "none")
    assert (row.state, row.error) == ("failed", runs.NO_RECEIPTS)
    assert "no receipts yet" in bench.client("auditor").get(f"/replays/{replay_id}").text


@pytest.mark.parametrize(
    ("first_week", "last_week", "receipts"), [(1, 2, 4), (None, 1, 4), (4, None, 4), (0, 0, 2), (None, None, 12)]
)
def test_only_the_chosen_days_are_replayed(
    shop: OfficeBench, campaign_id: str, first_week: int | None, last_week: int | None, receipts: int
) -> None:
    """Each week stands for its day of selling; both ends are included."""
    _work(shop)
    days = sorted(runs.found_of(_newest(shop, campaign_id)).result.days)  # type: ignore[union-attr]  # it has ended
    asked = {
        "first_day": "" if first_week is None else days[first_week].isoformat(),
        "last_day": "" if last_week is None else days[last_week].isoformat(),
    }
    with csrf_free(shop.app):
        answer = shop.client("campaign_editor").post(f"/campaigns/{campaign_id}/replay", data=asked)
    assert answer.status_code == 302
    _work(shop)
    row = _newest(shop, campaign_id)
    found = runs.found_of(row)
    assert found is not None
    assert found.result.receipts == receipts
    if last_week is None and first_week is not None:
        # The voided purchase of the last day is no sale.
        assert row.receipts_total == receipts + 1
    page = shop.client("campaign_editor").get(f"/replays/{row.replay_id}").text
    assert ("Chosen:" in page) == (asked != {"first_day": "", "last_day": ""})


@pytest.mark.parametrize(
    ("first_day", "last_day", "said"),
    [
        ("2026-11-20", "2026-11-19", "The last day lies before the first one."),
        ("2024-01-01", "", "at most 400 days"),
        ("tomorrow", "", "is no day"),
        ("", "0001-01-01", "is no day"),
    ],
)
def test_days_that_cannot_be_replayed_are_refused(
    shop: OfficeBench, campaign_id: str, first_day: str, last_day: str, said: str
) -> None:
    _work(shop)
    before = _newest(shop, campaign_id).replay_id
    with csrf_free(shop.app):
        answer = shop.client("campaign_editor").post(
            f"/campaigns/{campaign_id}/replay",
            data={"first_day": first_day, "last_day": last_day},
            follow_redirects=True,
        )
    assert said in answer.text
    assert _newest(shop, campaign_id).replay_id == before


def test_days_without_receipts_are_said(shop: OfficeBench, campaign_id: str) -> None:
    _work(shop)
    with csrf_free(shop.app):
        shop.client("campaign_editor").post(
            f"/campaigns/{campaign_id}/replay", data={"first_day": "2020-01-01", "last_day": "2020-02-01"}
        )
    _work(shop)
    row = _newest(shop, campaign_id)
    assert row.state == "failed"
    page = shop.client("campaign_editor").get(f"/replays/{row.replay_id}").text
    assert "There are no receipts of these days." in page
    assert 'name="first_day" value="2020-01-01"' in page, "trying again asks for the same days"
