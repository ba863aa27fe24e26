"""Translated texts, also where no request is being answered (commands, the worker): there they are English."""

from __future__ import annotations

import flask_babel
from flask import has_request_context


def gettext(text: str, /, **params: object) -> str:
    """A text in the language of the page; `%(name)s` are filled from the parameters, `%%` is a per cent sign."""
    translated = str(flask_babel.gettext(text)) if has_request_context() else text
    return translated % params


def ngettext(singular: str, plural: str, num: int, /, **params: object) -> str:
    """A text that depends on a count, which is the parameter `num`."""
    if has_request_context():
        return str(flask_babel.ngettext(singular, plural, num, **params))
    return (singular if num == 1 else plural) % {"num": num, **params}


def _l(text: str, /) -> str:
    """A text that is translated later, where it is shown: this marks it for the catalogues and changes nothing."""
    return text
