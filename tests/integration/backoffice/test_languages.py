"""Every page in every language: nothing of what the catalogue translates stands there in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from typing_extensions import override
from werkzeug.exceptions import NotFound

from backoffice.web.locales import CHOSEN_LANGUAGE, PAGE_LANGUAGES, TRANSLATIONS
from tests.support.office import OfficeBench, SellingTill, card_of

TRANSLATED = sorted(set(PAGE_LANGUAGES) - {"en"})

SHORTEST = 13
"""Characters of a source that is looked for: shorter ones may be a word of the other language, or a name."""
PLACE = re.compile(r"%\([a-z_]+\)[a-z]")
SPOKEN = ("aria-label", "placeholder", "title", "alt", "data-confirm")
LINK = re.compile(r'(?:href|hx-get|src)="(/[^"#]*)"')
NAME = re.compile(r"[0-9a-f-]{8,}|\d+")


class Texts(HTMLParser):
    """What of a page is read or heard: its texts, and the attributes that browsers show or speak."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.update(" ".join(value.split()) for name, value in attrs if name in SPOKEN and value)

    @override
    def handle_data(self, data: str) -> None:
        self.found.add(" ".join(data.split()))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBench]:
    folder = tmp_path_factory.mktemp("languages")
    bench = OfficeBench(folder / "office")
    till = SellingTill(folder / "till", bench)
    till.sell(("5001", 980, 1), ("7003", 1680, 1), card_id=card_of(2))
    till.sync_until_quiet()
    till.close()
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def pages(shop: OfficeBench) -> list[str]:
    """The pages that an owner comes to by links from the overview, one of each kind."""
    client, kinds, waiting, found = shop.client(), set[str](), ["/"], list[str]()
    while waiting:
        path = waiting.pop(0)
        kind = NAME.sub("#", path.partition("?")[0])
        if kind in kinds or kind.startswith("/static"):
            continue
        kinds.add(kind)
        # Buffered: a download is read to its end before the next page is asked for.
        answer = client.get(path, buffered=True)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            found.append(path)
            waiting += [link.replace("&amp;", "&") for link in LINK.findall(answer.text)]
    return found


def speaking(shop: OfficeBench, language: str) -> FlaskClient:
    """A browser whose owner has chosen this language."""
    client = shop.client()
    with client.session_transaction() as session:
        session[CHOSEN_LANGUAGE] = language
    return client


def untranslated(language: str) -> tuple[set[str], list[re.Pattern[str]]]:
    """The sources that this language says otherwise: whole texts, and those with something to fill in."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        messages = [message for message in read_po(file, locale=language) if message.id]
    whole, filled = set[str](), list[re.Pattern[str]]()
    for message in messages:
        sources = (message.id,) if isinstance(message.id, str) else message.id
        for source in sources:
            if source == message.string or len(PLACE.sub("", source)) < SHORTEST:
                continue
            pieces = [re.escape(piece.replace("%%", "%")) for piece in PLACE.split(source)]
            if len(pieces) == 1:
                whole.add(source.replace("%%", "%"))
            else:
                filled.append(re.compile(".+".join(pieces)))
    return whole, filled


def test_an_owner_comes_to_every_part_by_links(pages: list[str]) -> None:
    parts = {path.split("/")[1].partition("?")[0] for path in pages}
    wanted = {
        "",
        "campaigns",
        "programme",
        "members",
        "groups",
        "products",
        "categories",
        "receipts",
        "tills",
        "imports",
    }
    assert wanted <= parts


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_page_has_a_leftover_of_english(shop: OfficeBench, pages: list[str], language: str) -> None:
    whole, filled = untranslated(language)
    # The demo's campaigns are called what the presets propose, in English.
    data = set(re.findall(r'href="/campaigns/[^"/]{8,}">([^<]+)<', shop.client().get("/campaigns").text))
    assert data
    client, left = speaking(shop, language), list[str]()
    for path in pages:
        page = client.get(path).text
        texts = Texts(page).found - data
        left += [f"{path}: {text}" for text in sorted(texts & whole)]
        left += [f"{path}: {text}" for text in sorted(texts) if any(each.fullmatch(text) for each in filled)]
        assert f'<html lang="{language}"' in page or "<html" not in page, path
        assert "%(" not in page, path
    assert left == []


@pytest.mark.parametrize("language", sorted(PAGE_LANGUAGES))
def test_the_switch_names_every_language_in_its_own_words(shop: OfficeBench, language: str) -> None:
    page = speaking(shop, language).get("/").text
    for code, name in PAGE_LANGUAGES.items():
        chosen = " selected" if code == language else ""
        assert f'<option value="{code}" lang="{code}"{chosen}>{name}</option>' in page


@pytest.mark.parametrize("language", TRANSLATED)
def test_an_error_has_nothing_of_the_librarys_english(shop: OfficeBench, language: str) -> None:
    page = speaking(shop, language).get("/nothing-of-this-name")
    assert page.status_code == 404
    assert NotFound.description is not None
    assert NotFound.description[:20] not in page.text
    assert "There is nothing here" not in page.text
