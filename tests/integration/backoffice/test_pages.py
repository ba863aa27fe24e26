"""The pages as a browser without scripts sees them."""

from __future__ import annotations

import re
import stat
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from backoffice.campaigns.presets import PRESETS
from backoffice.demo.install import OWNER
from backoffice.worker.ticker import tick
from tests.support.databases import ON_POSTGRESQL
from tests.support.office import OfficeBench, SellingTill, card_of, csrf_free


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, email: str, password: str) -> int:
    token = token_of(client.get("/sign-in").text)
    answer = client.post("/sign-in", data={"csrf_token": token, "email": email, "password": password})
    return answer.status_code


def post(client: FlaskClient, where: str, **fields: object) -> str:
    """Post a form as the page has it, follow to where it leads, and return that page."""
    page = client.get("/account").text
    answer = client.post(where, data={"csrf_token": token_of(page), **fields}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_signing_in_and_out(bench: OfficeBench) -> None:
    client = bench.app.test_client()
    assert client.get("/").headers["Location"].startswith("/sign-in")
    assert sign_in(client, OWNER, "wrong password") == 200
    assert client.get("/").status_code == 302
    assert sign_in(client, OWNER.upper(), bench.password()) == 302
    page = client.get("/").text
    assert "Bakery-café" in page
    client.post("/sign-out", data={"csrf_token": token_of(page)})
    assert client.get("/").status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(bench: OfficeBench) -> None:
    client = bench.app.test_client()
    token = token_of(client.get("/sign-in").text)
    pages = [
        client.post("/sign-in", data={"csrf_token": token, "email": email, "password": "wrong password"}).text
        for email in (OWNER, "nobody@demo.example")
    ]
    alerts = [re.findall(r"alert-danger[^>]*>([^<]+)", page) for page in pages]
    assert alerts[0] == alerts[1] == ["Address or password is not right."]


def test_a_form_without_its_token_changes_nothing(bench: OfficeBench) -> None:
    client = bench.client()
    answer = client.post("/groups", data={"name": "Intruders"})
    assert answer.status_code == 400
    assert "Intruders" not in client.get("/groups").text


def test_no_page_runs_anything_from_inside_its_markup(bench: OfficeBench) -> None:
    client = bench.client()
    for path in ("/", "/members", "/campaigns/new?preset=next_visit", "/tills", "/imports", "/people", "/sign-in"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*src=)", answer.text), path
        assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text), path
        assert answer.headers["Cache-Control"] == "no-store"
        assert "https://" not in re.sub(r"xmlns=\S+", "", answer.text), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_secrets_are_readable_by_their_owner_only(bench: OfficeBench) -> None:
    data = bench.office.settings.data
    files = [*(data / "secrets").iterdir(), *data.glob("backoffice.db")]
    assert len(files) >= (3 if ON_POSTGRESQL else 4)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_page_that_nothing_changed_is_not_sent_again(bench: OfficeBench, till: SellingTill) -> None:
    client = bench.client()
    first = client.get("/overview/live")
    same = client.get("/overview/live", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, same.status_code, same.data) == (200, 304, b"")
    till.sell(("5001", 980, 1))
    till.sync_until_quiet()
    assert client.get("/overview/live", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_member_from_the_first_form_to_a_replaced_card(bench: OfficeBench) -> None:
    client = bench.client("clerk")
    page = post(client, "/members/new", first_name="Ada", last_name="Lovelace", language="en", card_id="DEADBEEF")
    assert "Ada was added" not in page
    assert "Ada Lovelace was added." in page
    member = re.findall(r"/members/([0-9a-f-]{36})/cards", page)[0]
    card = f"/members/{member}/cards/iso14443a:DEADBEEF"
    page = post(client, f"{card}/block")
    assert "no till takes it any more" in page
    assert f'action="{card}/unblock"' in page
    page = post(client, f"{card}/unblock")
    assert "works again" in page
    page = post(client, f"/members/{member}/cards", replaces="iso14443a:DEADBEEF", card_id="04:11:22:33:44:55:66")
    assert "replaces iso14443a:DEADBEEF" in page
    assert client.post(f"{card}/block", data={"csrf_token": token_of(page)}).status_code == 422


def test_a_mistake_comes_back_with_what_was_typed(bench: OfficeBench) -> None:
    client = bench.client()
    token = token_of(client.get("/members/new").text)
    answer = client.post(
        "/members/new",
        data={"csrf_token": token, "first_name": "Ada", "language": "en", "card_id": card_of(1), "number": "1"},
    )
    assert answer.status_code == 422
    assert "number 1 is taken" in answer.text
    assert 'value="Ada"' in answer.text
    with csrf_free(bench.app):
        answer = client.post("/members/new", data={"first_name": "Ada", "language": "en", "card_id": "xyz"})
    assert "hex digits" in answer.text


def test_what_people_type_is_never_markup(bench: OfficeBench) -> None:
    client = bench.client()
    post(client, "/members/new", first_name="<script>alert(1)</script>", last_name='"><b>', language="en")
    for path in ("/members", "/members?q=script"):
        assert "<script>alert" not in client.get(path).text
    post(client, "/groups", name="<i>club</i>")
    assert "<i>club" not in client.get("/groups").text


FORM = {
    "preset": "weekday_percent",
    "name": "Soup day",
    "starts_on": "2026-11-23",
    "ends_on": "2026-12-31",
    "reward": "percent",
    "percent": "25",
    "categories": "soups",
    "who": "everybody",
    "weekdays": "0",
}


def test_v7_a_campaign_is_published_received_and_active_and_taken_back(bench: OfficeBench, till: SellingTill) -> None:
    client = bench.client("campaign_editor")
    assert till.sell(("5101", 650, 1)).total_discount_minor == 65  # soups are main dishes: the demo's Monday offer
    page = post(client, "/campaigns/new", act="publish", **FORM)
    campaign = re.findall(r"/campaigns/([0-9a-f-]{36})/live", page)[0]
    assert page.count("not yet") == 2
    till.refresh()
    live = client.get(f"/campaigns/{campaign}/live").text
    assert "not yet" not in live
    assert till.sell(("5101", 650, 1)).total_discount_minor == 163  # 25 % of 6.50, the better of the two
    till.sync_until_quiet()
    page = post(client, f"/campaigns/{campaign}/pause")
    assert "is paused" in page
    till.refresh()
    assert till.sell(("5101", 650, 1)).total_discount_minor == 65
    post(client, f"/campaigns/{campaign}/resume")
    till.refresh()
    assert till.sell(("5101", 650, 1)).total_discount_minor == 163
    post(client, f"/campaigns/{campaign}/stop")
    till.refresh()
    assert till.sell(("5101", 650, 1)).total_discount_minor == 65


def test_a_published_version_never_changes_while_the_form_does(bench: OfficeBench, till: SellingTill) -> None:
    client = bench.client()
    page = post(client, "/campaigns/new", act="publish", **FORM)
    campaign = re.findall(r"/campaigns/([0-9a-f-]{36})/live", page)[0]
    page = post(client, f"/campaigns/{campaign}/edit", act="save", **(FORM | {"percent": "50"}))
    assert "changed since" in page
    till.refresh()
    assert till.sell(("5101", 650, 1)).total_discount_minor == 163
    page = post(client, f"/campaigns/{campaign}/publish")
    assert "version 2" in page
    till.refresh()
    assert till.sell(("5101", 650, 1)).total_discount_minor == 325


def test_what_is_missing_is_said_and_nothing_is_kept(bench: OfficeBench) -> None:
    client = bench.client()
    token = token_of(client.get("/campaigns/new?preset=weekday_percent").text)
    answer = client.post("/campaigns/new", data={**FORM, "csrf_token": token, "act": "publish", "percent": ""})
    assert answer.status_code == 422
    assert "Say how many percent" in answer.text
    assert 'value="Soup day"' in answer.text
    assert "Soup day" not in client.get("/campaigns").text


def test_a_draft_is_copied_and_thrown_away(bench: OfficeBench) -> None:
    client = bench.client()
    page = post(client, "/campaigns/new", act="save", **FORM)
    campaign = re.findall(r"/campaigns/([0-9a-f-]{36})/copy", page)[0]
    assert "Soup day (copy)" in post(client, f"/campaigns/{campaign}/copy")
    assert "was thrown away" in post(client, f"/campaigns/{campaign}/delete")
    assert client.get("/campaigns").text.count("Soup day") == 1
    assert "25% off Soups." in post(client, f"/campaigns/{campaign}/bring-back")
    assert client.get("/campaigns").text.count("Soup day") == 2


def test_the_preview_is_the_core(bench: OfficeBench) -> None:
    client = bench.client()
    token = token_of(client.get("/campaigns/new?preset=weekday_percent").text)
    fields = {**FORM, "csrf_token": token, "sample_product": "5102", "sample_quantity": "2", "sample_touched": "1"}
    shown = client.post("/campaigns/preview", data=fields).text
    assert "25% off Soups." in shown
    assert "2 \u00d7 Goulash soup" in shown
    assert "€10.80" in shown  # 2 x 7.20 less 25 %
    moved = client.post(
        "/campaigns/preview",
        data={**fields, "sample_on": "2026-11-24", "sample_on_chosen": "1", "sample_time": "12:00"},
    ).text
    assert "Only on: Monday" in moved
    assert "€14.40" in moved
    missing = client.post("/campaigns/preview", data={**fields, "reward": "free"}).text
    assert "Choose the product that is free." in missing


@pytest.mark.parametrize("preset", [preset.code for preset in PRESETS])
def test_the_form_of_every_preset_shows(bench: OfficeBench, preset: str) -> None:
    assert bench.client().get(f"/campaigns/new?preset={preset}").status_code == 200


def test_v9_everything_that_is_shown_can_be_taken_out(bench: OfficeBench, till: SellingTill) -> None:
    till.sell(("5001", 980, 2), card_id=card_of(2))
    till.sync_until_quiet()
    client = bench.client("auditor")
    files = {
        name: client.get(f"/{name}.csv").text.removeprefix("\ufeff").splitlines()
        for name in ("members", "products", "campaigns", "receipts", "receipt-lines", "tills", "reconciliation")
    }
    assert len(files["members"]) == 13
    assert len(files["products"]) == 43
    assert len(files["campaigns"]) == 8
    assert files["receipts"][1].endswith("19.60,1.96,17.64,EUR")
    assert ",5001,Lasagne,2,19.60,1.96,17.64," in files["receipt-lines"][1]
    assert files["tills"][1].startswith("Front till,Station Road 5,active")
    assert len(files["reconciliation"]) == 1
    narrowed = client.get("/members.csv?group=staff").text.splitlines()
    assert len(narrowed) == 3


def test_an_import_from_upload_to_done(bench: OfficeBench) -> None:
    client = bench.client("clerk")
    token = token_of(client.get("/imports").text)

    def upload(data: bytes, kind: str = "members") -> str:
        from io import BytesIO  # noqa: PLC0415 - a file object for each upload

        form = {"csrf_token": token, "kind": kind, "file": (BytesIO(data), "list.csv")}
        answer = client.post("/imports", data=form, content_type="multipart/form-data")
        assert answer.status_code == 302, answer.text
        columns = client.get(answer.headers["Location"]).headers["Location"]
        shown = client.get(columns).text
        names = re.findall(r'<select[^>]*name="([^"]+)"', shown)
        post(client, columns, **dict(zip(names, re.findall(r'"([^"]*)" selected', shown), strict=True)))
        return answer.headers["Location"]

    wrong = upload(b"number;birthday\n700;yesterday\n")
    assert "being checked" in client.get(wrong).text
    tick(bench.office)
    page = client.get(wrong).text
    assert "1 mistake in 1 rows; nothing was taken over." in page
    assert "yesterday" in page
    assert "2,birthday,yesterday," in client.get(f"{wrong}/issues.csv").text
    good = upload("number;Vorname\n700;Zoë\n701;Max\n".encode("cp1252"))
    tick(bench.office)
    assert "<strong>2</strong> new" in client.get(good).text
    assert "Zoë" not in client.get("/members?q=zoe").text
    post(client, f"{good}/apply")
    tick(bench.office)
    assert "Taken over." in client.get(good).text
    assert "Zoë" in client.get("/members?q=zoe").text
    assert list(bench.office.settings.uploads.glob("*.csv")) != []  # the refused one waits for a decision
    post(client, f"{wrong}/discard")
    assert list(bench.office.settings.uploads.iterdir()) == []


def test_a_file_that_is_no_table_is_refused_at_once(bench: OfficeBench) -> None:
    from io import BytesIO  # noqa: PLC0415 - a file object for one upload

    client = bench.client()
    token = token_of(client.get("/imports").text)
    form = {"csrf_token": token, "kind": "products", "file": (BytesIO(b"a,b\n1,2\n"), "x.csv")}
    answer = client.post("/imports", data=form, content_type="multipart/form-data")
    columns = client.get(answer.headers["Location"]).headers["Location"]
    with csrf_free(bench.app):
        answer = client.post(columns, data={"column-0": "product_id"})
    assert answer.status_code == 422
    assert "The column name is missing" in answer.text
    form["file"] = (BytesIO(b"PK\x03\x04 nothing"), "x.xlsx")
    answer = client.post("/imports", data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "This is no sheet" in answer.text


def test_enrolling_and_shutting_out_a_till(bench: OfficeBench, till: SellingTill) -> None:
    client = bench.client()
    page = post(client, "/tills/codes", store_id="bakery", name="Till 9")
    assert re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", page)
    assert "on line" in client.get("/tills").text
    workstation = re.findall(r'/tills/([^/"]+)/revoke', client.get("/tills").text)[0]
    assert "is shut out" in post(client, f"/tills/{workstation}/revoke")
    assert till.sync.tick().state != "on_line"


def test_a_till_is_let_in_by_its_fingerprint(bench: OfficeBench, till: SellingTill) -> None:
    client = bench.client()
    identity = till.sync.enrol("http://backoffice.test", bench.enrolment_code("Till 9"))
    page = client.get("/tills").text
    assert identity.fingerprint in page
    assert "waits to be confirmed" in page
    found = re.search(r'action="(/tills/keys/[0-9a-f]{64})/confirm"', page)
    assert found
    assert bench.client("clerk").post(f"{found[1]}/confirm").status_code in {400, 403}
    assert till.sync.tick().state == "refused"
    assert "is let in" in post(client, f"{found[1]}/confirm")
    bench.clock.forward(timedelta(seconds=30))
    assert till.sync.tick().state == "on_line"
    assert f"{found[1]}/refuse" not in client.get("/tills").text


def test_an_earlier_version_is_published_again(bench: OfficeBench, till: SellingTill) -> None:
    client = bench.client()
    bench.publish()
    versions = [int(found) for found in re.findall(r"/tills/sets/(\d+)/again", client.get("/tills").text)]
    assert versions
    page = post(client, f"/tills/sets/{versions[0]}/again")
    assert f"Version {versions[0]} is published again, as version {versions[0] + 2}" in page
    bench.clock.forward(timedelta(seconds=30))
    till.sync_until_quiet()
    assert till.replica.received_set_version() == versions[0] + 2


def test_the_language_is_the_browsers_until_one_is_chosen(bench: OfficeBench) -> None:
    client = bench.client()
    german = {"Accept-Language": "de-CH,de;q=0.9"}
    assert 'lang="de"' in client.get("/", headers=german).text
    assert "Kampagnen" in client.get("/", headers=german).text
    post(client, "/language", language="en")
    assert "Campaigns" in client.get("/", headers=german).text


@pytest.mark.parametrize("path", ["/nothing", "/members/unknown", "/campaigns/x", "/receipts/x/1/2", "/imports/x"])
def test_what_is_not_there_says_so(bench: OfficeBench, path: str) -> None:
    answer = bench.client().get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_empty_pages_teach(bench: OfficeBench) -> None:
    other = bench.client("owner", bench.other_organisation())
    assert "A campaign is a promise" in other.get("/campaigns").text
    assert "Four steps to the first discount" in other.get("/").text
    assert "Every sale that a till closes" in other.get("/receipts").text
    assert "Make a code below" in other.get("/tills").text
