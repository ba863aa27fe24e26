"""Make the environments of programs that are not ours and judge ours: one folder in `var/interop/` for each.

Run by ``make interop``. Each folder of `deploy/interop/` is one environment: `requirements.lock` makes a Python one (of
the version in `python-version` or newer, where that file is), `package-lock.json` one for node. A stamp named after the
lock's hash lets the second run do nothing. An environment that cannot be made is said in one sentence and the rest goes
on; its tests then fail and say the same, or are skipped where only a newer Python is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.prepare import LOCKS, ROOT, digest, is_stamped, npm_command, say

RECIPES = ROOT / "deploy" / "interop"
PLACE = ROOT / "var" / "interop"
STAMP = ".made-from"
NEWER_PYTHONS = ("python3", "python3.13", "python3.14", "python3.15")


def run(*command: str | Path, cwd: Path, settings: dict[str, str] | None = None) -> None:
    """Run one program to its end; raises CalledProcessError."""
    environment = {**os.environ, **(settings or {})}
    subprocess.run([str(word) for word in command], cwd=cwd, check=True, stdin=subprocess.DEVNULL, env=environment)


class NoPythonError(Exception):
    """This machine has no Python that is new enough; the text says which."""


def python_of(recipe: Path) -> Path:
    """The Python that an environment wants: this one, or a newer one of the machine. NoPythonError when none is."""
    wanted = recipe / "python-version"
    if not wanted.exists():
        return Path(sys.executable)
    version = wanted.read_text(encoding="ascii").strip()
    if sys.version_info[:2] >= tuple(int(part) for part in version.split(".")):
        return Path(sys.executable)
    kept_by_pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin/python3")
    on_the_path = (found for name in NEWER_PYTHONS if (found := shutil.which(name)))
    for candidate in [*on_the_path, *map(str, sorted(kept_by_pyenv, reverse=True))]:
        check = f"import sys; sys.exit(sys.version_info < ({version.replace('.', ',')}))"
        if subprocess.run((candidate, "-c", check), capture_output=True, check=False, cwd=ROOT).returncode == 0:
            return Path(candidate)
    raise NoPythonError(f"{recipe.name} needs Python {version}, which this machine does not have")


def make_python(python: Path, lock: Path, folder: Path) -> None:
    """A virtual environment; packages without a ready-made wheel are built by the locked setuptools."""
    run(python, "-m", "venv", "--clear", folder, cwd=ROOT)
    install = (folder / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps")
    run(*install, "--require-hashes", "-r", LOCKS / "build.lock", cwd=ROOT)
    run(*install, "--no-build-isolation", "--require-hashes", "-r", lock, cwd=ROOT)


def make_node(recipe: Path, folder: Path) -> None:
    """`npm ci`; native parts are compiled against the headers of the node that is there, none are fetched."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(recipe / name, folder / name)
    npm = npm_command()
    node = Path(npm[0]) if len(npm) > 1 else Path(shutil.which("node") or "node").resolve()
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    run(*npm, "ci", "--silent", cwd=folder, settings={"npm_config_nodedir": str(node.parent.parent), "PATH": path})


def make(recipe: Path) -> bool:
    """One environment; False when it could not be made."""
    folder = PLACE / recipe.name
    python_lock, node_lock = recipe / "requirements.lock", recipe / "package-lock.json"
    value = digest(*(path for path in (python_lock, node_lock, recipe / "package.json") if path.exists()), sys.version)
    if is_stamped(folder / STAMP, value):
        return True
    say(f"Making var/interop/{recipe.name}")
    try:
        if python_lock.exists():
            make_python(python_of(recipe), python_lock, folder)
        else:
            make_node(recipe, folder)
    except NoPythonError as error:
        say(f"{error}; its tests are skipped")
        return True
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd))
        say(f"var/interop/{recipe.name} could not be made: status {error.returncode} of {command}")
        return False
    (folder / STAMP).write_text(value, encoding="ascii")
    return True


def main(names: list[str]) -> int:
    """Those named, or all; 1 when one of them could not be made."""
    recipes = [path for path in sorted(RECIPES.iterdir()) if path.is_dir() and (not names or path.name in names)]
    made = [make(recipe) for recipe in recipes]  # each is tried, also after one that failed
    return 0 if all(made) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
