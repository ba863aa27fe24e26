"""A kind is complete when it has its own file and its own test, and every folder stands in the package's README."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos_engine.core.registry import CONDITIONS, REWARDS

ROOT = Path(__file__).parents[3]
FAMILIES = (("conditions", dict(CONDITIONS)), ("rewards", dict(REWARDS)))
KINDS = [(family, kind, cls) for family, table in FAMILIES for kind, cls in table.items()]


@pytest.mark.parametrize(("family", "kind", "cls"), KINDS)
def test_each_kind_has_a_file_and_a_test_of_its_own(family: str, kind: str, cls: type) -> None:
    source = ROOT.joinpath(*cls.__module__.split(".")).with_suffix(".py")
    assert source.parent == ROOT / "pos_engine" / "core" / family
    assert [other for _, other, there in KINDS if there.__module__ == cls.__module__] == [kind], "a shared file"
    assert ROOT.joinpath("tests", "unit", "pos_engine", "core", family, f"test_{source.stem}.py").is_file()


def test_every_folder_is_in_the_readme() -> None:
    text = ROOT.joinpath("pos_engine", "README.md").read_text(encoding="utf-8")
    for folder in sorted(path.parent for path in ROOT.joinpath("pos_engine").rglob("__init__.py")):
        assert folder.name == "pos_engine" or f"| {folder.name} |" in text or f"`{folder.name}/`" in text, folder.name
