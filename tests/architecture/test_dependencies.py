"""The locks hold everything the project asks for, and every command stands in the documentation."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def plain_name(requirement: str) -> str:
    """The normalised name in a requirement or a line of a lock."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None, requirement
    return re.sub(r"[-_.]+", "-", match.group()).lower()


def locked_names(lock: str) -> set[str]:
    """Names pinned by a lock file."""
    text = (ROOT / "deploy" / "locks" / lock).read_text(encoding="utf-8")
    return {plain_name(line) for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)}


def test_every_dependency_is_locked() -> None:
    optional = PROJECT["project"]["optional-dependencies"]
    wanted = {plain_name(name) for name in PROJECT["project"]["dependencies"]}
    wanted |= {plain_name(name) for group in ("backoffice", "demo", "dev") for name in optional[group]}
    assert wanted - locked_names("python.lock") == set(), "run make lock"


def test_every_group_is_locked() -> None:
    for group, names in PROJECT["dependency-groups"].items():
        assert {plain_name(name) for name in names} <= locked_names(f"{group}.lock"), f"run make lock ({group})"


def test_every_pinned_version_carries_hashes() -> None:
    for lock in sorted((ROOT / "deploy" / "locks").glob("*.lock")):
        entries = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8"))
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == [], lock.name
