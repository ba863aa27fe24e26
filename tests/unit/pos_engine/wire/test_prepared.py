"""Decoding a class for the first time in several threads at once; each try is a process of its own, for it may die."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import dataclass
from types import ModuleType

import msgspec
import pytest

import backoffice.office
import pos_engine.daemon.bootstrap
from pos_engine.wire.prepared import prepare_decoders

FIRST_TIME_IN_FOUR_THREADS = """
    import sys, threading, types, msgspec
    from pos_engine.wire.prepared import prepare_decoders
    here = types.ModuleType("documents.here")
    sys.modules["documents.here"] = here
    raw = msgspec.json.encode({f"part_{part}": {"field_1": 1} for part in range(20)})
    def documents(number):
        for part in range(20):
            fields = [(f"field_{field}", int | None, None) for field in range(8)]
            name = f"Part{number}x{part}"
            setattr(here, name, msgspec.defstruct(name, fields, module="documents.here"))
        fields = [(f"part_{part}", f"Part{number}x{part}") for part in range(20)]
        made = msgspec.defstruct(f"Whole{number}", fields, module="documents.here")
        setattr(here, f"Whole{number}", made)
        return made
    wholes = [documents(number) for number in range(100)]
    assert prepare_decoders("documents") == 2100
    sys.setswitchinterval(1e-6)
    def decode(whole, together):
        together.wait()
        msgspec.json.decode(raw, type=whole)
    for whole in wholes:
        together = threading.Barrier(4)
        threads = [threading.Thread(target=decode, args=(whole, together), daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
"""


def test_prepared_classes_are_decoded_by_many_threads_at_once() -> None:
    program = textwrap.dedent(FIRST_TIME_IN_FOUR_THREADS)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


class Known(msgspec.Struct):
    name: str


@dataclass
class AlsoKnown:
    name: str


@dataclass
class Undecodable:
    either: Known | AlsoKnown


def test_classes_that_cannot_be_decoded_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("made_up.documents")
    vars(module).update(known=Known, also=AlsoKnown, odd=Undecodable, number=5, hints=list[int])
    monkeypatch.setitem(sys.modules, "made_up.documents", module)
    assert prepare_decoders("made_up") == 2
    assert prepare_decoders("made") == 0


@pytest.mark.parametrize("opened", [pos_engine.daemon.bootstrap, backoffice.office], ids=lambda module: module.__name__)
def test_both_programs_prepare_before_they_open_their_data(opened: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is called first when the data folder is opened; nothing more is done."""

    class FarEnoughError(Exception):
        """Raised in place of opening anything."""

    asked: list[str] = []

    def prepare(*packages: str) -> int:
        asked.extend(packages)
        raise FarEnoughError

    monkeypatch.setattr(opened, "prepare_decoders", prepare)
    open_data = opened._storage if opened is pos_engine.daemon.bootstrap else opened.open_office
    with pytest.raises(FarEnoughError):
        open_data(None)
    assert "pos_engine" in asked
