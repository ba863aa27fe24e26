"""Each law has a patch that breaks it, each patch fits the source of today, and each one is caught."""

from __future__ import annotations

import ast

import pytest

from tests.mutation.__main__ import main
from tests.mutation.patches import PATCHES, Patch
from tests.mutation.workshop import ROOT, PatchError, patched

NINE_LAWS = set(range(1, 10))


def test_each_law_has_a_patch() -> None:
    assert {patch.law for patch in PATCHES} == NINE_LAWS


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.says)
def test_each_patch_fits_the_source_and_its_tests_exist(patch: Patch) -> None:
    source = (ROOT / patch.path).read_text(encoding="utf-8")
    assert ast.dump(ast.parse(patched(patch, source))) != ast.dump(ast.parse(source))
    for test in patch.tests:
        path, _, name = test.partition("::")
        assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_a_patch_that_does_not_fit_is_an_error() -> None:
    patch = PATCHES[0]
    with pytest.raises(PatchError, match="0 times"):
        patched(patch, "")
    with pytest.raises(PatchError, match="2 times"):
        patched(patch, patch.before * 2)


@pytest.mark.slow
def test_every_patch_is_caught(capsys: pytest.CaptureFixture[str]) -> None:
    code = main()
    assert code == 0, capsys.readouterr().out
