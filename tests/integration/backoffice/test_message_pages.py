"""The pages of messages, walked through as a person does, with real mail at the end."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from PIL import Image

from backoffice.app import create_app
from backoffice.members.dossier import dossier
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_group, update_member
from backoffice.messaging import recipients
from backoffice.messaging.kinds import MailingState
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.messages import PUBLIC_URL, MessageBench
from tests.support.office import OfficeBench
from tests.support.web_forms import Page

ADA = Person("Ada", "Lovelace", "ada@example.org", "+49 170 1234567")
BOB = Person("", "Bunsen", "bob@example.org", "+49 171 7654321")


@dataclass
class Desk:
    """Somebody at the back-office, and the mailbox behind it."""

    shop: MessageBench
    mailbox: Mailbox
    client: FlaskClient

    def get(self, path: str) -> Page:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return Page(answer.text)

    def send(self, path: str, action: str, status: int = 302, /, **changes: Any) -> str:
        """Fill in and send a form of a page; where that leads, or the refusal's page."""
        form = self.get(path).form(action)
        data: dict[str, list[str]] = {}
        for name, value in form.filled(changes):
            data.setdefault(name, []).append(value)
        answer = self.client.post(form.action or path, data=data)
        assert answer.status_code == status, Page(answer.text).text[:400]
        return answer.headers.get("Location", "") if status == 302 else answer.text

    def begin(self, **changes: str) -> str:
        """A new message; its id."""
        values = {"name": "Rolls", "purpose": "marketing", "rule": "email"} | changes
        there = self.send("/messages", r"^$", **values)
        found = re.search(r"/messages/([^/]+)/content", there)
        assert found is not None
        return found[1]


@pytest.fixture
def desk(bench: OfficeBench) -> Iterator[Desk]:
    mailbox = Mailbox()
    with smtp_server(mailbox) as address:
        shop = MessageBench(bench, address)
        bench.app = create_app(shop.office)
        yield Desk(shop, mailbox, bench.client("campaign_editor"))


def in_group(shop: MessageBench, name: str, *member_ids: str) -> str:
    doing = shop.bench.doing
    group_id = shop.write(lambda tx: create_group(tx, doing, name).group_id)
    for member_id, person in zip(member_ids, (ADA, BOB), strict=False):
        values = MemberInput(person, group_ids=(group_id,))
        shop.write(lambda tx, one=member_id, said=values: update_member(tx, doing, one, said))  # type: ignore[misc]
    return group_id


def test_v1_f5_f8_a_group_gets_a_message_and_the_result_is_shown(desk: Desk) -> None:
    shop = desk.shop
    ada, bob = shop.member(ADA), shop.member(BOB)
    group_id = in_group(shop, "Walkers", ada, bob)
    mailing_id = desk.begin()
    page = f"/messages/{mailing_id}"
    desk.send(
        f"{page}/content",
        r"^$",
        subject="Rolls for {{ first_name | you }}",
        **{"block-0-text": "10 % off", "block-1-text": "Come by, {{ first_name }}.", "word-first_name": "friend"},
    )
    desk.send(page, "audience", whom="groups", group=[group_id])
    assert "ada@example.org" in desk.get(f"{page}/recipients").text
    assert "Nothing stands in the way" in desk.get(page).text
    desk.send(f"{page}/recipients", "take-off", member_id=bob)
    assert "taken off the list" in desk.get(page).text
    assert "It is 1 messages now" in desk.send(page, "launch", 422, count="2")
    desk.send(page, "launch", count="1")
    assert shop.row(mailing_id).state == MailingState.SENDING
    shop.turn()
    assert [str(each["To"]) for each in desk.mailbox.messages] == ["ada@example.org"]
    assert str(desk.mailbox.messages[0]["Subject"]) == "Rolls for Ada"
    result = desk.get(page).text
    assert "Walkers" in result
    assert "As it was used" in result
    assert "taken off the list" in result
    assert "Went out 1" in result


def test_f8_the_filter_is_kept_as_it_was_used(desk: Desk) -> None:
    shop = desk.shop
    group_id = in_group(shop, "Walkers", shop.member(ADA))
    mailing_id = desk.begin()
    desk.send(f"/messages/{mailing_id}/content", r"^$", subject="Rolls")
    desk.send(f"/messages/{mailing_id}", "audience", whom="groups", group=[group_id])
    desk.send(f"/messages/{mailing_id}", "launch", count="1")
    before = shop.row(mailing_id)
    in_group(shop, "Runners", shop.member(BOB))
    answer = desk.client.post(f"/messages/{mailing_id}/audience", data={"whom": "everybody"})
    assert answer.status_code in {400, 422}
    after = shop.row(mailing_id)
    assert (after.audience, after.waterfall) == (before.audience, before.waterfall)


def test_v1_a_single_member_is_written_to_from_the_members_page(desk: Desk) -> None:
    ada = desk.shop.member(ADA)
    there = desk.send(f"/members/{ada}", "message")
    mailing_id = there.split("/")[2]
    desk.send(there, r"^$", subject="Your coupon", **{"block-0-text": "For you", "block-1-text": "A roll."})
    desk.send(f"/messages/{mailing_id}", "settings", rule="email")
    desk.send(f"/messages/{mailing_id}", "launch", count="1")
    desk.shop.turn()
    assert [str(each["To"]) for each in desk.mailbox.messages] == ["ada@example.org"]


def test_f4_templates_are_made_duplicated_previewed_and_tested_to_any_address(desk: Desk) -> None:
    ada = desk.shop.member(ADA)
    there = desk.send("/message-templates", r"^$|message-templates$", name="Autumn")
    desk.send(there, r"^$", subject="Hi {{ first_name | you }}", **{"block-1-text": "<b>Leaves</b> fall"})
    template_id = there.rsplit("/", 1)[1]
    copy = desk.send("/message-templates", "duplicate")
    assert copy != there
    assert "Autumn (2)" in desk.get("/message-templates").text
    preview = f"{there}/preview"
    assert "Hi Ada" in desk.get(f"{preview}?member={ada}").text
    frame = desk.client.get(f"{there}/preview/frame?member={ada}")
    assert "&lt;b&gt;Leaves&lt;/b&gt; fall" in frame.text
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    desk.send(f"{preview}?member={ada}", "test", address="boss@example.com", channel="email")
    assert [str(each["To"]) for each in desk.mailbox.messages] == ["boss@example.com"]
    assert str(desk.mailbox.messages[0]["Subject"]) == "Hi Ada"
    refused = desk.send(preview, "test", 422, address="no address\r\nBcc: all@example.com", channel="email")
    assert "no e-mail address" in refused
    assert len(desk.mailbox.messages) == 1
    made = desk.begin(template_id=template_id)
    assert "Hi {{ first_name | you }}" in desk.get(f"/messages/{made}/content").html


def test_blocks_are_added_moved_deleted_and_a_change_is_taken_back(desk: Desk) -> None:
    page = f"/messages/{desk.begin()}/content"

    def kinds() -> list[str]:
        return re.findall(r'name="block-\d+-kind" value="(\w+)"', desk.get(page).html)

    assert kinds() == ["heading", "text", "footer"]
    assert desk.send(page, r"^$", act="add:button", subject="Kept while adding").endswith("#block-3")
    desk.send(page, r"^$", act="up:3")
    assert kinds() == ["heading", "text", "button", "footer"]
    desk.send(page, r"^$", act="delete:0")
    assert kinds() == ["text", "button", "footer"]
    desk.send(page, r"^$", act="undo")
    desk.send(page, r"^$", act="undo")
    assert kinds() == ["heading", "text", "footer", "button"]
    assert "Kept while adding" in desk.get(page).html
    desk.send(f"{page}?language=fr", r"^$", subject="Petits pains")
    assert "Petits pains" in desk.get(f"{page}?language=fr").html
    desk.send(f"{page}?language=fr", r"^$", act="drop-language")
    assert "Petits pains" not in desk.get(f"{page}?language=fr").html


def test_a_picture_is_made_anew_kept_here_and_fetched_from_our_own_address(desk: Desk) -> None:
    page = f"/messages/{desk.begin()}/content"
    desk.send(page, r"^$", act="add:picture", subject="Look")
    out = io.BytesIO()
    Image.new("RGB", (2000, 100), "red").save(out, "PNG")
    data = dict(desk.get(page).form(r"^$").fields) | {"act": "save"}
    data |= {"block-3-kind": "picture", "block-3-file": (io.BytesIO(out.getvalue()), "bread.png")}  # type: ignore[dict-item]
    assert desk.client.post(page, data=data, content_type="multipart/form-data").status_code == 302
    path = re.findall(r'src="(/message-pictures/[^"]+)"', desk.get(page).html)[0]
    picture = desk.client.application.test_client().get(path)
    assert picture.mimetype == "image/jpeg"
    with Image.open(io.BytesIO(picture.data)) as shown:
        assert shown.width == 1200
    data["block-3-file"] = (io.BytesIO(b"<script>"), "bad.png")  # type: ignore[assignment]
    answer = desk.client.post(page, data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "no PNG, JPEG, GIF or WebP" in answer.text


def test_the_checklist_stops_what_must_not_go_out(desk: Desk) -> None:
    mailing_id = desk.begin()
    page = f"/messages/{mailing_id}"
    desk.send(page, "audience", whom="everybody")
    assert "the subject is empty" in desk.send(page, "launch", 422, count="0")
    text = {"block-0-text": "{{ frist_name }}", "block-1-text": "{{ 7 * 7 }}"}
    desk.send(f"{page}/content", r"^$", subject="{% raw %}", act="add:button", **text)
    said = desk.get(page).text
    assert "nothing is known as “frist_name”" in said
    assert "nothing is known as “{{”" in said
    assert "a button needs words and an address" in said
    desk.send(f"{page}/content", r"^$", act="add:coupon")
    desk.send(page, "settings", purpose="service")
    assert "is advertising" in desk.get(page).text


def test_the_progress_is_polled_and_changes_only_when_something_happened(desk: Desk) -> None:
    shop = desk.shop
    mailing_id = shop.mailing([shop.member(ADA)])
    shop.launch(mailing_id)
    path = f"/messages/{mailing_id}/progress"
    first = desk.client.get(path)
    assert 'hx-trigger="every 3s"' in first.text
    assert desk.client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    shop.turn()
    last = desk.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert last.status_code == 200
    assert "hx-trigger" not in last.text


def test_f6_a_moment_on_the_wall_clock_of_the_shop(desk: Desk) -> None:
    shop = desk.shop
    mailing_id = shop.mailing([shop.member(ADA)])
    page = f"/messages/{mailing_id}"
    moment = {"when": "at", "day": "2026-11-23", "time": "14:30", "zone": "Europe/Berlin", "window": "60", "rate": "10"}
    desk.send(page, "timing", **moment)
    assert shop.row(mailing_id).send_at == shop.bench.clock.now().replace(hour=13, minute=30)
    desk.send(page, "launch", count="1")
    assert shop.row(mailing_id).state == MailingState.SCHEDULED
    shop.bench.clock.forward(timedelta(hours=6))
    shop.turn()
    assert "nobody was there to send it" in desk.get(page).text
    assert "clocks are put forward" in desk.send(
        page, "timing", 422, **(moment | {"day": "2027-03-28", "time": "02:30"})
    )
    desk.send(page, "timing", when="now")
    shop.turn()
    assert len(desk.mailbox.messages) == 1


def test_too_large_an_audience_is_said_on_the_page_where_it_can_be_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing_id = desk.begin()
    desk.send(f"/messages/{mailing_id}", "audience", whom="everybody")
    monkeypatch.setattr(recipients, "RECIPIENTS_MAX", 1)
    assert "goes to at most 1 members" in desk.get(f"/messages/{mailing_id}").text


def test_the_count_is_asked_anew_right_before_the_number_is_typed(desk: Desk) -> None:
    shop = desk.shop
    group_id = in_group(shop, "Walkers", shop.member(ADA))
    mailing_id = desk.begin()
    page, count = f"/messages/{mailing_id}", f"/messages/{mailing_id}/count"
    desk.send(f"{page}/content", r"^$", subject="Rolls")
    desk.send(page, "audience", whom="groups", group=[group_id])
    assert f'hx-get="{count}"' in desk.client.get(page).text
    assert "It is 1 now." in desk.get(count).text
    bob = shop.member(BOB)
    person = MemberInput(BOB, language="en", group_ids=(group_id,))
    shop.write(lambda tx: update_member(tx, shop.bench.doing, bob, person))
    shop.bench.clock.forward(timedelta(minutes=7))
    told = desk.get(count).text
    assert "It is 2 now." in told
    assert f"Counted {shop.bench.clock.now().astimezone(ZoneInfo('Europe/Berlin')):%b %d, %Y %H:%M}." in told
    desk.send(page, "launch", count="2")
    assert "it changes no more" in desk.get(count).text
    assert shop.bench.client("auditor").get(count).status_code == 403


def test_what_cannot_be_counted_says_why_where_the_number_is_typed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    mailing_id = desk.begin()
    desk.send(f"/messages/{mailing_id}", "audience", whom="everybody")
    monkeypatch.setattr(recipients, "RECIPIENTS_MAX", 1)
    assert "goes to at most 1 members" in desk.get(f"/messages/{mailing_id}/count").text


def test_a_member_sees_and_is_handed_out_what_was_written(desk: Desk) -> None:
    ada = desk.shop.member(ADA)
    desk.shop.launch(desk.shop.mailing([ada]))
    desk.shop.turn()
    assert "Rolls" in desk.get(f"/members/{ada}/messages").text
    with desk.shop.office.database.read() as reader:
        said = json.loads(dossier(reader, desk.shop.organisation_id, ada))
    assert [(each["name"], each["state"]) for each in said["messages"]] == [("Rolls", "sent")]


def test_the_rules_of_sending_are_set_on_a_page(desk: Desk) -> None:
    desk.send("/messages/rules", r"^$", quiet_from="09:00", quiet_until="17:00", email_cost="0,0004", sms_cost="0.0751")
    shop = desk.shop
    shop.launch(shop.mailing([shop.member(ADA)]))
    assert shop.turn() == 0, "it is nine in the morning"
    desk.send("/messages/rules", r"^$", 422, email_cap="many")
    assert "0.0751" in desk.get("/messages/rules").html


def test_a_preview_counts_the_parts_of_an_sms_for_the_very_member(desk: Desk) -> None:
    plain, odd = desk.shop.member(ADA), desk.shop.member(Person("Zoê", "X", "z@example.org"))
    mailing_id = desk.begin(rule="sms")
    desk.send(f"/messages/{mailing_id}/content", r"^$", sms="{{ first_name }} " + "a" * 100)
    said = {one: desk.get(f"/messages/{mailing_id}/preview?member={one}").text for one in (plain, odd)}
    assert "1 parts" in said[plain]
    assert "2 parts" in said[odd]


def test_urls_in_messages_are_ours_or_the_blocks_own(desk: Desk) -> None:
    shop = desk.shop
    shop.launch(shop.mailing([shop.member(ADA)]))
    shop.turn()
    page = desk.mailbox.messages[0].get_body(("html",))
    assert page is not None
    urls = set(re.findall(r'(?:href|src)="(https?://[^/"]+)', page.get_content()))
    assert urls == {PUBLIC_URL}
