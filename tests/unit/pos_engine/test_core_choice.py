"""Which build of the core is imported, and what is said when it is not the one somebody may expect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pos_engine.core_choice import MANIFEST, CoreChoiceError, choose, compiled_folder, sources_digest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with one source in its core, and a compiled folder that says it was made from it."""
    core = tmp_path / "core"
    core.mkdir()
    core.joinpath("money.py").write_text("CENT = 1\n", encoding="utf-8")
    folder = compiled_folder(tmp_path)
    folder.mkdir(parents=True)
    made = {"sources": sources_digest(tmp_path), "maker": "a compiler", "documents": {}}
    folder.joinpath(MANIFEST).write_text(json.dumps(made), encoding="utf-8")
    return tmp_path


def test_a_core_compiled_from_these_sources_comes_first(package: Path) -> None:
    search = ["the sources"]
    choice = choose(search, "", package)
    assert (choice.core, str(choice), choice.surprising) == ("compiled", "compiled (a compiler)", False)
    assert search == [str(compiled_folder(package)), "the sources"]


def test_the_plain_core_can_be_asked_for(package: Path) -> None:
    search = ["the sources"]
    assert choose(search, "plain", package).core == "plain"
    assert search == ["the sources"]


@pytest.mark.parametrize("change", ["content", "new file", "name"])
def test_after_a_change_of_a_source_the_plain_core_runs_and_says_so(
    package: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = package / "core" / "money.py"
    if change == "content":
        source.write_text("CENT = 2\n", encoding="utf-8")
    elif change == "new file":
        source.with_name("more.py").touch()
    else:
        source.rename(source.with_name("coins.py"))
    search = ["the sources"]
    choice = choose(search, "", package)
    assert (choice.core, choice.surprising, search) == ("plain", True, ["the sources"])
    assert "sources were changed" in capsys.readouterr().err
    with pytest.raises(CoreChoiceError, match="sources were changed"):
        choose(search, "compiled", package)


def test_where_nothing_was_compiled_the_plain_core_runs_without_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choice = choose([], "", tmp_path)
    assert (choice.core, choice.surprising) == ("plain", False)
    assert capsys.readouterr().err == ""
    with pytest.raises(CoreChoiceError, match="make setup"):
        choose([], "compiled", tmp_path)


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[]", b"\xff"])
def test_a_broken_compiled_folder_is_passed_over(
    package: Path, manifest: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled_folder(package).joinpath(MANIFEST).write_bytes(manifest)
    assert choose([], "", package).core == "plain"
    assert MANIFEST in capsys.readouterr().err


def test_a_compiled_core_that_does_not_load_is_passed_over(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = compiled_folder(package) / MANIFEST
    made = json.loads(path.read_bytes())
    path.write_text(json.dumps({**made, "documents": {"no_such_module_of_the_core": {}}}), encoding="utf-8")
    search = ["the sources"]
    assert (choose(search, "", package).core, search) == ("plain", ["the sources"])
    assert "cannot be loaded" in capsys.readouterr().err


def test_a_word_that_names_no_core_is_refused(package: Path) -> None:
    with pytest.raises(CoreChoiceError, match="say plain or compiled"):
        choose([], "fast", package)
