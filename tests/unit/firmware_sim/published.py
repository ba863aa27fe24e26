"""The published vectors, by name: what ties the simulator to the drivers is never our own reading of a manual."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[2] / "vectors" / "card_and_frame_vectors.json"


def published(name: str) -> dict[str, Any]:
    (found,) = [vector for vector in json.loads(PATH.read_text(encoding="utf-8")) if vector["name"] == name]
    assert isinstance(found, dict)
    return found
