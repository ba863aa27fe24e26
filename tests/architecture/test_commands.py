"""Every command of every program stands in the documentation, and loads."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]


def documentation() -> str:
    """All documents a person may look a command up in."""
    documents = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")]
    return "\n".join(document.read_text(encoding="utf-8") for document in documents)


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_every_command_is_documented_and_explains_itself(program: str) -> None:
    module, function = PROGRAMS[program].split(":")
    group = getattr(importlib.import_module(module), function)
    assert isinstance(group, click.Group)
    context = click.Context(group, info_name=program)
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    assert commands
    text = documentation()
    assert [name for name in commands if f"{program} {name}" not in text] == [], "not found in the documentation"
    assert [name for name, command in commands.items() if command is None or not command.help] == [], "has no help"
