"""Looking at many pages with one browser: at two widths, each judged by axe-core, weighed and measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import Page, ViewportSize

from tests.support import axe

DESK: Final = ViewportSize(width=1280, height=900)
PHONE: Final = ViewportSize(width=390, height=844)
WEIGHT_BYTES_MAX: Final = 300 * 1024
"""What a first visit loads, as it goes over the line: the page, its style, scripts and pictures."""

_WEIGH = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sizes, entry) => sizes.set(entry.name, entry.encodedBodySize), new Map())
  .values().reduce((sum, size) => sum + size, 0)"""

_DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
"""The page's own answer to a new width comes with the next frame it draws."""


@dataclass
class Sweep:
    """What was found on the pages so far."""

    pages: list[str] = field(default_factory=list)
    findings: list[axe.Finding] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    too_wide: list[str] = field(default_factory=list)

    def look(self, page: Page, url: str, name: str) -> None:
        """Open one page and judge it at both widths."""
        self._open(page, url, name)
        self.judge(page, name)

    def look_at_form(self, page: Page, url: str, name: str) -> None:
        """Open a form that was looked at already, begun otherwise."""
        self._open(page, url, name)
        self.findings += axe.judge(page, name, axe.RULES_OF_FORMS)

    def judge(self, page: Page, name: str) -> None:
        """Judge a page as it stands at both widths: wholly at that of a desk, then what another width can break."""
        self.pages.append(name)
        _widen(page, DESK)
        self.findings += axe.judge(page, name)
        _widen(page, PHONE)
        self.findings += axe.judge(page, f"{name} (phone)", axe.RULES_OF_WIDTH)
        if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            self.too_wide.append(name)

    def settle(self) -> None:
        """AssertionError names what keeps people from using a page, what is too heavy, and what is too wide."""
        heaviest = max(self.weights.values(), default=0) // 1024
        print(f"{len(self.pages)} pages, heaviest {heaviest} KB, {len(self.findings)} lesser findings")  # noqa: T201
        grave = "\n".join(str(each) for each in self.findings if each.grave)
        assert not grave, grave
        assert {name: size for name, size in self.weights.items() if size > WEIGHT_BYTES_MAX} == {}
        assert self.too_wide == [], "wider than a phone"

    def _open(self, page: Page, url: str, name: str) -> None:
        _widen(page, DESK)
        page.goto(url)
        page.wait_for_load_state()
        self.weights[name] = page.evaluate(_WEIGH)


def _widen(page: Page, size: ViewportSize) -> None:
    """Give the page another width, and wait until it took it."""
    page.set_viewport_size(size)
    page.evaluate(_DRAWN)
