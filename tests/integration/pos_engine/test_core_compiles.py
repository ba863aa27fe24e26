"""mypyc takes the sources of the core; the C compiler's minute is left to `make setup`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_mypyc_takes_the_sources(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("compile_core", ROOT / "deploy" / "compile_core.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    sys.modules["compile_core"] = script  # its dataclasses look their module up
    try:
        spec.loader.exec_module(script)
        files = [path for path in sorted((ROOT / "pos_engine" / "core").rglob("*.py")) if not script.stays_plain(path)]
        made = {extension.name for extension in script.translate(files, tmp_path)}
    finally:
        sys.modules.pop("compile_core", None)
        sys.modules.pop("core_choice", None)
    assert {"pos_engine.core.evaluate", "pos_engine.core.solve", "pos_engine.core_library__mypyc"} <= made
