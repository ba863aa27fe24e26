"""How setuptools builds the wheel: with the compiled rule core inside where it can be made, without it elsewhere."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from typing_extensions import override

SCRIPT = Path(__file__).with_name("compile_core.py")


def compiled_here() -> bool:
    """Make the compiled core if it can be made; whether it is there. The script says in one line when it is not."""
    spec = importlib.util.spec_from_file_location("compile_core", SCRIPT)
    if spec is None or spec.loader is None:
        return False
    script = sys.modules.setdefault("compile_core", importlib.util.module_from_spec(spec))
    if not hasattr(script, "main"):
        spec.loader.exec_module(script)
    status: int = script.main(["--quiet"])
    return status == 0


class BuildPy(build_py):  # type: ignore[misc] # setuptools has no types
    """Takes the compiled modules along; not into an editable install, which runs from the checkout that has them."""

    @override
    def run(self) -> None:
        """Copy the sources, then what was compiled for this Python."""
        super().run()
        if self.editable_mode or not compiled_here():
            return
        folder: Path = sys.modules["compile_core"].core_choice().compiled_folder()
        target = Path(self.build_lib, *folder.relative_to(SCRIPT.parent.parent).parts)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)


class BdistWheel(bdist_wheel):  # type: ignore[misc] # setuptools has no types
    """Names the wheel after this Python and machine when the compiled core is inside."""

    @override
    def finalize_options(self) -> None:
        """Decide before the name of the file is made."""
        super().finalize_options()
        if "editable_wheel" not in self.distribution.commands:
            self.root_is_pure = not compiled_here()
