"""HTML as a browser without scripts sees it: forms with what they would send, and the text that is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from typing_extensions import override

VOID_OR_SILENT = frozenset({"script", "style", "svg", "template"})


@dataclass
class Form:
    """One form: where it goes and what it sends when it is not changed."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, changes: dict[str, str | list[str]]) -> list[tuple[str, str]]:
        """The fields with some of them filled in anew; a list stands for several boxes of one name, ticked."""
        kept = [(name, value) for name, value in self.fields if name not in changes]
        for name, value in changes.items():
            kept += [(name, each) for each in (value if isinstance(value, list) else [value])]
        return kept


class Page(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[Form] = []
        self.picks: list[dict[str, str]] = []
        self._form: Form | None = None
        self._select = ""
        self._silent = 0
        self._words: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """What is shown, with single blanks between words."""
        return re.sub(r"\s+", " ", " ".join(self._words)).strip()

    def form(self, action: str) -> Form:
        """The first form that goes there."""
        return next(each for each in self.forms if re.search(action, each.action))

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in VOID_OR_SILENT:
            self._silent += 1
        if tag == "form":
            self._form = Form(values.get("action", ""), values.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "input":
            self._input(values)
        elif tag == "select":
            self._select = values.get("name", "")
        elif tag == "option" and self._form is not None and self._select:
            self._option(values)
        elif tag == "button" and "data-pick" in values:
            self.picks.append(values)

    def _input(self, values: dict[str, str]) -> None:
        kind, name = values.get("type", "text"), values.get("name", "")
        unticked = kind in {"checkbox", "radio"} and "checked" not in values
        if self._form is not None and name and not unticked and kind not in {"submit", "button", "file"}:
            self._form.fields.append((name, values.get("value", "")))

    def _option(self, values: dict[str, str]) -> None:
        assert self._form is not None
        others = [each for each in self._form.fields if each[0] != self._select]
        if "selected" in values or len(others) == len(self._form.fields):
            self._form.fields = [*others, (self._select, values.get("value", ""))]

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in VOID_OR_SILENT:
            self._silent = max(0, self._silent - 1)
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""

    @override
    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words.append(data)
