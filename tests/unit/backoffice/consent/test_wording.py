"""Members are asked in their own language, in all that the tills speak."""

from __future__ import annotations

import string

import pytest

from backoffice.consent import mails, wording
from backoffice.consent.kinds import Purpose
from backoffice.web.locales import LANGUAGE_NAMES

OTHERS = sorted(set(LANGUAGE_NAMES) - {"en"})


def places(text: str) -> set[str]:
    return {name for _before, name, _spec, _conversion in string.Formatter().parse(text) if name}


def test_members_are_asked_in_every_language_of_the_tills() -> None:
    assert set(wording.MEMBER_LANGUAGES) == set(LANGUAGE_NAMES)


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_words_of_its_own(language: str) -> None:
    for texts in (wording._FORM, wording._BY_MAIL, mails._SUBJECT, mails._TEXT):
        assert texts[language] not in {text for other, text in texts.items() if other != language}
        assert places(texts[language]) == places(texts["en"])
    for purpose in Purpose:
        assert wording._PURPOSES[language][purpose] != wording._PURPOSES["en"][purpose]


@pytest.mark.parametrize("language", sorted(LANGUAGE_NAMES))
def test_what_an_address_is_asked_names_the_shop_and_each_purpose(language: str) -> None:
    asked = wording.mail_wording(language, "Moulin", [Purpose.MARKETING, Purpose.SURVEY])
    named = wording._PURPOSES[language]
    assert asked.count("Moulin") == 1
    assert named[Purpose.MARKETING] in asked
    assert named[Purpose.SURVEY] in asked
    assert named[Purpose.SERVICE] not in asked


def test_somebody_of_another_language_is_asked_in_english() -> None:
    assert wording.form_wording("pt", "Moulin") == wording.form_wording("en", "Moulin")
