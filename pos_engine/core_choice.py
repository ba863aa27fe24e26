"""Which core runs: the compiled one where it was built from just these sources, the plain one elsewhere.

Both are the same source. `deploy/compile_core.py` puts the compiled modules into a folder of their own,
`compiled/<Python>/`, never beside the sources: whoever has no compiler, asks for the plain core, or has changed a
source since, imports the plain modules and no mixture. Runs once, when `pos_engine` is imported; `CHOICE` says what
came out.

`POS_ENGINE_CORE=plain` takes the plain core; `POS_ENGINE_CORE=compiled` refuses to run without the compiled one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from typing_extensions import override

PACKAGE = Path(__file__).resolve().parent
VARIABLE = "POS_ENGINE_CORE"
CORE_PACKAGE = "pos_engine.core"
MANIFEST = "made-from.json"
FORM = "2"
"""Of the compiled folder; a change here makes every older one stale."""

Core = Literal["plain", "compiled"]


class CoreChoiceError(ImportError):
    """`POS_ENGINE_CORE` asks for what is not here; the text says why and what to do."""


@dataclass(frozen=True)
class Choice:
    """The core that runs, and why in half a sentence. `surprising`: a compiled one is there and could not be used."""

    core: Core
    why: str
    surprising: bool = False

    @override
    def __str__(self) -> str:
        """For people: `compiled (mypyc 2.4.1)`."""
        return f"{self.core} ({self.why})"


def compiled_folder(package: Path = PACKAGE) -> Path:
    """Where the modules compiled for this very Python are, or would be."""
    return package / "compiled" / str(sysconfig.get_config_var("SOABI"))


def sources(package: Path = PACKAGE) -> list[Path]:
    """The files of the core, in a stable order."""
    return sorted((package / "core").rglob("*.py"))


def sources_digest(package: Path = PACKAGE) -> str:
    """SHA-256 over names and contents of the core's sources, in hex."""
    hasher = hashlib.sha256(FORM.encode())
    for path in sources(package):
        body = path.read_bytes()
        hasher.update(f"\n{path.relative_to(package).as_posix()} {len(body)}\n".encode())
        hasher.update(body)
    return hasher.hexdigest()


def choose(search: list[str], wanted: str, package: Path = PACKAGE) -> Choice:
    """Decide, and make `import pos_engine.core` find the chosen one; `search` is the package's `__path__`.

    CoreChoiceError when `wanted` names no core, or the compiled one that cannot be had.
    """
    if wanted not in ("", "plain", "compiled"):
        raise CoreChoiceError(f"{VARIABLE}={wanted} names no core: say plain or compiled, or leave it away.")
    if wanted == "plain":
        return Choice("plain", f"{VARIABLE} asks for it")
    folder = compiled_folder(package)
    try:
        why = _load(search, folder, package)
    except _UnusableError as unusable:
        if wanted == "compiled":
            raise CoreChoiceError(f"{VARIABLE}=compiled, but {unusable}; make setup compiles it.") from unusable
        if unusable.surprising:
            # On standard error, at once: whoever measures or edits must not take the one core for the other.
            sys.stderr.write(f"pos-engine: the plain core runs, as {unusable}; make setup compiles it.\n")
        return Choice("plain", str(unusable), surprising=unusable.surprising)
    return Choice("compiled", why)


class _UnusableError(Exception):
    """Why the compiled core cannot run."""

    def __init__(self, text: str, *, surprising: bool) -> None:
        super().__init__(text)
        self.surprising = surprising


def _load(search: list[str], folder: Path, package: Path) -> str:
    """Import the compiled core whole; what made it, for `Choice.why`."""
    try:
        manifest = json.loads(folder.joinpath(MANIFEST).read_bytes())
        made_from, maker, documents = manifest["sources"], str(manifest["maker"]), manifest["documents"]
    except FileNotFoundError as error:
        raise _UnusableError("no compiled core was built for this Python", surprising=False) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _UnusableError(f"{folder / MANIFEST} cannot be read", surprising=True) from error
    if made_from != sources_digest(package):
        raise _UnusableError("the sources were changed after the core was compiled", surprising=True)
    before = set(sys.modules)
    search.insert(0, str(folder))
    try:
        for module, classes in documents.items():
            _restore_annotations(vars(importlib.import_module(module)), classes)
    except Exception as error:
        search.remove(str(folder))
        for name in set(sys.modules) - before:  # a half of it must not stay
            if name.startswith(CORE_PACKAGE):
                del sys.modules[name]
        raise _UnusableError(f"the compiled core cannot be loaded ({error})", surprising=True) from error
    return maker


def _restore_annotations(module: Mapping[str, object], classes: Mapping[str, Mapping[str, str]]) -> None:
    """Give dataclasses the annotations of their source back: compiled, `tuple[Offer, ...]` is but `tuple`.

    The decoders of the wire format read them.
    """
    for name, written in classes.items():
        cls = module[name]
        if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
            raise TypeError(f"{name} is not a dataclass")
        cls.__annotations__ = dict(written)
        for field in dataclasses.fields(cls):
            if field.name in written:
                field.type = written[field.name]


def choose_from_environment(search: list[str]) -> Choice:
    """As `choose`, with what `POS_ENGINE_CORE` says."""
    return choose(search, os.environ.get(VARIABLE, ""))
