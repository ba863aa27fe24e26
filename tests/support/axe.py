"""axe-core in the browser: what keeps people with a screen reader, a keyboard or weak eyes from using a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page
from typing_extensions import override

AXE = Path(__file__).parents[2] / "deploy" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
"""Fetched by `make setup` with the packages of the pages; never served."""
GRAVE = ("serious", "critical")
RULES_OF_WIDTH = ("scrollable-region-focusable", "target-size", "button-name", "link-name", "aria-hidden-focus")
"""What another width can break: what scrolls, what lies too close, what a folded menu shows and hides."""
RULES_OF_FORMS = ("label", "select-name", "button-name", "aria-valid-attr-value", "aria-required-children", "list")
"""What another choice at the start of a form can break."""

_RUN = """only => axe.run(document, {resultTypes: ["violations"], elementRef: false,
  ...(only.length ? {runOnly: only} : {})}).then(found =>
  found.violations.map(each => [each.id, each.impact, each.help,
    each.nodes.map(node => node.target.flat().join(" ") + " :: " + node.html.slice(0, 160)
      + " :: " + node.any.concat(node.all, node.none).map(check => check.message).join("; ").slice(0, 200))]))"""


@dataclass(frozen=True)
class Finding:
    """One rule that a page breaks, and where."""

    page: str
    rule: str
    impact: str
    help: str
    nodes: tuple[str, ...]

    @property
    def grave(self) -> bool:
        return self.impact in GRAVE

    @override
    def __str__(self) -> str:
        where = "".join(f"\n    {node}" for node in self.nodes[:4])
        return f"{self.page}: {self.rule} ({self.impact}), {len(self.nodes)} x: {self.help}{where}"


def judge(page: Page, name: str, only: Sequence[str] = ()) -> list[Finding]:
    """All findings on the page as it stands, or those of some rules; the script is given to it once a document."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_RUN, list(only))
    return [Finding(name, rule, impact or "", text, tuple(nodes)) for rule, impact, text, nodes in found]


def version() -> str:
    """Which axe-core this is."""
    return str(json.loads((AXE.parent / "package.json").read_text())["version"])
