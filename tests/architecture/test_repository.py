"""What must hold for the checkout as a whole."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pos_engine", "drivers", "backoffice", "firmware_sim")
TOP_LEVEL = {
    *PACKAGES,
    *("tests", "docs", "deploy", ".ci"),
    *("pyproject.toml", "README.md", "Makefile", "CHANGELOG.md", "LICENSE", ".gitignore"),
}
FILE_LINES_MAX = 500
DECISION_WORDS_MAX = 350  # half a page
README_LINES_MAX = 60  # one screen


def committed_files() -> list[str]:
    """Paths git knows, and new ones it does not ignore; in an exported tree what lies in the known folders."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        command = [git, "ls-files", "--cached", "--others", "--exclude-standard"]
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return sorted(name for name in listing.splitlines() if (ROOT / name).is_file())
    made_here = {"__pycache__", "node_modules", "vendor"}
    paths = [ROOT / top for top in TOP_LEVEL]
    files = [path for top in paths for path in ([top] if top.is_file() else top.rglob("*"))]
    return sorted(str(path.relative_to(ROOT)) for path in files if path.is_file() and not made_here & set(path.parts))


def text_of(name: str) -> str:
    """A committed file's text; empty for pictures and other binaries."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_nothing_but_the_known_entries_stands_at_the_top() -> None:
    assert {name.split("/")[0] for name in committed_files()} - TOP_LEVEL == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_folder_is_listed_in_its_packages_readme(package: str) -> None:
    readme = text_of(f"{package}/README.md")
    folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    folders |= {path.name for path in (ROOT / package).glob("*") if path.is_dir() and list(path.glob("*.py"))}
    unlisted = sorted(name for name in folders if not re.search(rf"\b{re.escape(name)}\b", readme))
    assert unlisted == [], f"{package}/README.md does not say what these folders are for"


def test_files_have_one_job() -> None:
    sources = [name for name in committed_files() if name.endswith((".py", ".html", ".js", ".css", ".sql"))]
    long_files = {name: text_of(name).count("\n") for name in sources}
    assert {name: lines for name, lines in long_files.items() if lines > FILE_LINES_MAX} == {}


def test_nothing_outside_the_checkout_is_read() -> None:
    upward = re.compile(r"(?:\.\./)+\w[\w.-]*")
    sources = [name for name in committed_files() if not name.startswith("tests/")]
    found = [(name, match) for name in sources for match in upward.findall(text_of(name))]
    outside = [pair for pair in found if not ((ROOT / pair[0]).parent / pair[1]).resolve().is_relative_to(ROOT)]
    assert outside == []


def test_locks_name_no_registry() -> None:
    locks = [name for name in committed_files() if name.startswith("deploy/locks/")]
    assert len(locks) == 4
    assert [name for name in locks if "://" in text_of(name)] == []
    assert '"resolved"' not in text_of("deploy/frontend/package-lock.json")


def test_no_page_package_is_committed() -> None:
    assert [name for name in committed_files() if "/vendor/" in name] == []


def test_pages_load_nothing_from_elsewhere() -> None:
    remote = re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//|@import|url\(\s*["']?(?:https?:)?//""")
    pages = [name for name in committed_files() if name.endswith((".html", ".css", ".js"))]
    assert [name for name in pages if remote.search(text_of(name))] == []


def test_a_decision_is_half_a_page() -> None:
    records = [name for name in committed_files() if name.startswith("docs/decisions/")]
    assert {name: words for name in records if (words := len(text_of(name).split())) > DECISION_WORDS_MAX} == {}


def test_the_readme_is_one_screen_and_its_links_lead_somewhere() -> None:
    readme = text_of("README.md")
    assert readme.count("\n") <= README_LINES_MAX
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", readme)
    assert [target for target in targets if not (ROOT / target).exists()] == []
