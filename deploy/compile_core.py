"""Compile the rule core with mypyc, from the same sources that run as they are.

Run by ``make setup`` and by the build of a wheel, or by hand after a change of the core:
``.venv/bin/python deploy/compile_core.py``. What it makes goes to ``pos_engine/compiled/<Python>/``, where
``pos_engine/core_choice.py`` finds it and compares its sources. Without a C compiler or Python's headers nothing is
made, which is said in one sentence: the plain core does the same, slower.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pos_engine"
LIBRARY = "pos_engine.core_library"
"""The one shared library that holds the code; each module is a small door to it."""

TRANSLATE = "--translate"

PLAIN_MARK = "\n# Not compiled: "
"""A source with such a line is taken over as it is; the rest of the line says why."""

GENERATED_CODE_FLAGS = (
    *("-w", "-g0", "-O2", "-fPIC"),
    # Calls inside the library and into Python go straight, not over a table of jumps: less to fetch when a sale comes
    # after a pause and nothing is in the processor's cache.
    *("-fvisibility=hidden", "-fno-semantic-interposition", "-fno-plt", "-Wl,-z,now"),
)


class CannotCompileError(Exception):
    """The compiled core cannot be made here; the text says what is missing."""


def core_choice() -> ModuleType:
    """The module that will judge what is made here, loaded alone: importing its package would choose a core."""
    spec = importlib.util.spec_from_file_location("core_choice", PACKAGE / "core_choice.py")
    if spec is None or spec.loader is None:
        raise CannotCompileError(f"{PACKAGE / 'core_choice.py'} is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules["core_choice"] = module
    spec.loader.exec_module(module)
    return module


def documents(files: list[Path]) -> dict[str, dict[str, dict[str, str]]]:
    """Module → dataclass → field → annotation as written; compiled classes lose them."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for path in files:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(one) for one in node.decorator_list):
                fields = {
                    ast.unparse(item.target): ast.unparse(item.annotation)
                    for item in node.body
                    if isinstance(item, ast.AnnAssign)
                }
                found.setdefault(module, {})[node.name] = fields
    return found


def compiler() -> list[str]:
    """The words that start the C compiler for this Python; CannotCompileError when it or the headers are missing."""
    words = (os.environ.get("CC") or str(sysconfig.get_config_var("CC") or "cc")).split()
    if shutil.which(words[0]) is None:
        words = ["cc"]
    if shutil.which(words[0]) is None:
        raise CannotCompileError("there is no C compiler (Debian: gcc)")
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        raise CannotCompileError("the headers of this Python are missing (Debian: python3-dev)")
    for package, module in (("mypy", "mypyc"), ("setuptools", "setuptools")):
        if importlib.util.find_spec(module) is None:
            raise CannotCompileError(f"{package} is not installed in this Python")
    return words


@dataclass(frozen=True)
class Extension:
    """One importable module that the C compiler makes."""

    name: str
    sources: list[str]
    include_dirs: list[str]


def stays_plain(path: Path) -> bool:
    """Whether a source is copied. Compiled, a package would look for its modules in the wrong folder."""
    return path.name == "__init__.py" or PLAIN_MARK in path.read_text(encoding="utf-8")


def translate(files: list[Path], folder: Path) -> list[Extension]:
    """Python → C, in a process of its own: mypyc ends its process on errors, and 2.4.1 can crash.

    CannotCompileError with mypyc's own words when it refuses a source.
    """
    told = folder / "extensions.json"
    names = [str(path.relative_to(ROOT)) for path in files]
    command = [sys.executable, str(Path(__file__)), TRANSLATE, str(told), str(folder), *names]
    answer = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, errors="replace"
    )
    if answer.returncode < 0:
        raise CannotCompileError(f"mypyc crashed (signal {-answer.returncode}) on the sources")
    if answer.returncode:
        raise CannotCompileError("mypyc refuses the sources:\n" + answer.stdout + answer.stderr)
    return [Extension(**one) for one in json.loads(told.read_bytes())]


def translate_here(told: Path, folder: Path, names: list[str]) -> None:
    """What `translate` does, in this process and folder; the result goes to the file `told`."""
    from mypyc.build import mypycify  # noqa: PLC0415 - needed in the process of its own only

    made = mypycify(
        [f"--cache-dir={folder / 'cache'}", f"--config-file={ROOT / 'pyproject.toml'}", *names],
        opt_level="2",
        debug_level="0",
        target_dir=str(folder / "c"),
        group_name=LIBRARY,
    )
    rows = [{"name": one.name, "sources": one.sources, "include_dirs": one.include_dirs} for one in made]
    told.write_text(json.dumps(rows), encoding="utf-8")


def build(extension: Extension, cc: list[str], folder: Path) -> None:
    """C → one importable module below `folder`."""
    suffix = str(sysconfig.get_config_var("EXT_SUFFIX"))
    target = folder.joinpath(*extension.name.split(".")).with_suffix("")
    target = target.with_name(target.name + suffix)
    target.parent.mkdir(parents=True, exist_ok=True)
    includes = [*extension.include_dirs, sysconfig.get_path("include"), sysconfig.get_path("platinclude")]
    command = [*cc, "-shared", *GENERATED_CODE_FLAGS, *(f"-I{one}" for one in dict.fromkeys(includes))]
    command += [*extension.sources, "-o", str(target)]
    answer = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, errors="replace"
    )
    if answer.returncode:
        raise CannotCompileError(f"{command[0]} failed on {extension.name}:\n{answer.stderr[-2_000:]}")


def compile_core(*, again: bool = False) -> bool:
    """Make the compiled core unless it is there, made from these sources; whether anything was made.

    CannotCompileError when it cannot be made. What was there before stays until the new one is complete.
    """
    choice = core_choice()
    files: list[Path] = choice.sources(PACKAGE)
    folder: Path = choice.compiled_folder(PACKAGE)
    digest: str = choice.sources_digest(PACKAGE)
    manifest = folder / choice.MANIFEST
    if not again and manifest.is_file() and json.loads(manifest.read_bytes()).get("sources") == digest:
        return False
    cc = compiler()
    sys.stdout.write("Compiling the rule core (about a minute)\n")
    sys.stdout.flush()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="making-", dir=folder.parent) as making:
        work = Path(making)
        plain = [path for path in files if stays_plain(path)]
        compiled = [path for path in files if path not in plain]
        extensions = translate(compiled, work)
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            # The library first: it takes as long as all the doors together.
            ordered = sorted(extensions, key=lambda one: one.name != f"{LIBRARY}__mypyc")
            for done in [pool.submit(build, one, cc, work / "out") for one in ordered]:
                done.result()
        made = work / "out" / "pos_engine"
        for path in plain:
            shutil.copyfile(path, made / path.relative_to(PACKAGE))
        told = {"sources": digest, "maker": f"mypyc {version('mypy')}", "documents": documents(compiled)}
        made.joinpath(choice.MANIFEST).write_text(json.dumps(told, indent=1), encoding="utf-8")
        if folder.exists():
            folder.rename(work / "before")
        made.rename(folder)
    return True


def main(words: list[str]) -> int:
    """0 when the compiled core is there, 1 when the plain one has to do; one line says which.

    `--again` makes it anew, `--quiet` says nothing when nothing changed.
    """
    try:
        made = compile_core(again="--again" in words)
    except CannotCompileError as error:
        sys.stdout.write(f"The rule core runs plain, at a fraction of the speed: {error}\n")
        return 1
    if made:
        sys.stdout.write("The rule core was compiled.\n")
    elif "--quiet" not in words:
        sys.stdout.write("The compiled rule core is up to date.\n")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == [TRANSLATE]:
        translate_here(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
        raise SystemExit(0)
    raise SystemExit(main(sys.argv[1:]))
