"""What a message says: filling in, laying out, counting parts, quiet hours; none of it can be made to run anything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.messaging.content import Button, Content, EmailText, Heading, Paragraph, encode, filled
from backoffice.messaging.editing import UNDO_MAX, acted, step_back, stepped
from backoffice.messaging.layout import Addresses, compiled
from backoffice.messaging.models import SendingRules
from backoffice.messaging.numbers import e164, region_of
from backoffice.messaging.rules import quiet_until
from backoffice.messaging.segments import segments_of
from backoffice.messaging.tracking import click_token, name_of, read_click, read_name
from backoffice.vault import Vault

ONE = "01a20324-77d8-74bf-aa63-9982b695012d"
VAULT = Vault(bytes(32))


@pytest.mark.parametrize(
    ("text", "values", "words", "shown"),
    [
        ("Hi {{ first_name }}", {"first_name": "Ada"}, {}, "Hi Ada"),
        ("Hi {{first_name|you}}", {}, {}, "Hi you"),
        ("Hi {{ first_name }}", {"first_name": ""}, {"first_name": "friend"}, "Hi friend"),
        ("Hi {{ first_name | }}!", {}, {"first_name": "friend"}, "Hi !"),
        ("{{ first_name }}", {"first_name": "{{ number }}", "number": "7"}, {}, "{{ number }}"),
        ("{{ 7 * 7 }} {% if %} { first_name }", {"first_name": "Ada"}, {}, "{{ 7 * 7 }} {% if %} { first_name }"),
    ],
)
def test_placeholders_are_filled_once(text: str, values: dict[str, str], words: dict[str, str], shown: str) -> None:
    assert filled(text, values, words) == shown


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_that_somebody_writes_becomes_markup(text: str, name: str) -> None:
    content = Content("en", {"en": EmailText("s", "", (Heading(text), Paragraph("{{ first_name }}")))})
    email = compiled(encode(content), "en", with_unsubscribe=False, with_pixel=False)
    to = Addresses(lambda _number, target: target, str, "", "")
    plain = email.render({"first_name": "Ada"}, to).html
    made = email.render({"first_name": name}, to).html
    assert made.count("<") - name.replace("\r\n", "\n").count("\n") == plain.count("<")


def test_a_link_of_each_block_is_named_by_its_number_and_language() -> None:
    content = Content("en", {"en": EmailText("s", "", (Paragraph("x"), Button("Go", "https://a.example/?a=1&b=2")))})
    email = compiled(encode(content), "en", with_unsubscribe=True, with_pixel=True)
    made = email.render({}, Addresses(lambda number, _target: f"https://t/{number}?x&y", str, "https://u", "https://p"))
    assert 'href="https://t/1?x&amp;y"' in made.html
    assert "Go: https://t/1?x&y" in made.text
    assert 'href="https://u"' in made.html
    assert 'src="https://p"' in made.html
    assert "qZslot" not in made.html


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("ê" * 134, 2),
        ("ê" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),
    ],
)
def test_parts_of_an_sms(text: str, parts: int) -> None:
    assert segments_of(text) == parts


@pytest.mark.parametrize(
    ("zone", "phone", "number"),
    [
        ("Europe/Berlin", "0170 1234567", "+491701234567"),
        ("Europe/Zurich", "079 123 45 67", "+41791234567"),
        ("Europe/Berlin", "+41 79 123 45 67", "+41791234567"),
        ("UTC", "0170 1234567", ""),
        ("Europe/Berlin", "12", ""),
        ("Europe/Berlin", "", ""),
    ],
)
def test_numbers_in_their_international_form(zone: str, phone: str, number: str) -> None:
    assert e164(phone, zone) == number


def test_the_country_of_a_zone() -> None:
    assert [region_of(zone) for zone in ("Europe/Prague", "Asia/Shanghai", "UTC")] == ["CZ", "CN", "ZZ"]


def rules(start: int, end: int) -> SendingRules:
    return SendingRules(quiet_from_minute=start * 60, quiet_until_minute=end * 60)


@pytest.mark.parametrize(
    ("start", "end", "hour", "ends"),
    [
        (20, 8, 19, None),
        (20, 8, 21, 8),
        (20, 8, 3, 8),
        (20, 8, 8, None),
        (9, 17, 12, 17),
        (9, 17, 8, None),
        (9, 9, 9, None),
    ],
)
def test_quiet_hours_are_those_of_the_shops_clock(start: int, end: int, hour: int, ends: int | None) -> None:
    now = datetime(2026, 11, 23, (hour - 1) % 24, 30, tzinfo=UTC)
    found = quiet_until(rules(start, end), "Europe/Berlin", now)
    assert (found is None) == (ends is None)
    if found is not None and ends is not None:
        assert found > now
        assert found.hour == ends - 1


def test_names_of_one_use_are_none_of_another_and_of_no_other_installation() -> None:
    name = name_of(VAULT, "bounce", ONE)
    assert read_name(VAULT, "bounce", f"bounces+{name}@x.example".upper()) == ONE
    assert read_name(VAULT, "open", name) is None
    assert read_name(Vault(bytes(31) + b"\1"), "bounce", name) is None
    token = click_token(VAULT, ONE, "de", 3)
    click = read_click(VAULT, token)
    assert click is not None
    assert (click.dispatch_id, click.language, click.number) == (ONE, "de", 3)
    assert read_click(VAULT, token.replace("-3-", "-4-")) is None


def test_undo_is_bounded_and_ends_where_it_began() -> None:
    stored, undo = encode(Content()), "[]"
    content = Content()
    for _step in range(UNDO_MAX + 5):
        content, _focus = acted(content, "en", "add:text")
        stored, undo = stepped(stored, undo, content)
    steps = 0
    while undo != "[]":
        stored, undo = step_back(stored, undo)
        steps += 1
    assert steps == UNDO_MAX
    assert step_back(stored, undo) == (stored, undo)
