"""Published vectors by name: what a driver is checked against is never our own reading of a manual."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[2] / "vectors" / "card_and_frame_vectors.json"


def vectors(name_part: str) -> list[dict[str, Any]]:
    """The published vectors whose name contains that; there is at least one."""
    found = [vector for vector in json.loads(PATH.read_text()) if name_part in vector["name"]]
    assert found, f"no vector named {name_part}"
    return found
