"""A pytest plugin for the runs on a patched copy: it must be the copy, uncompiled; every run has the same examples."""

from __future__ import annotations

from pathlib import Path

from hypothesis import Phase, settings

import pos_engine.core.evaluate as tested

settings.register_profile(
    "mutation", phases=(Phase.explicit, Phase.generate), derandomize=True, database=None, deadline=None
)
settings.load_profile("mutation")


def pytest_sessionstart() -> None:
    """Refuse to judge the original, or a compiled core that no patch of a source reaches."""
    source = Path(tested.__file__)
    assert source.is_relative_to(Path.cwd()), f"{source} is not the copy"
    assert source.suffix == ".py", f"{source} is compiled"
