"""docs/api.md as a program would follow it: each example is sent as it stands, and the list of operations is whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from backoffice.api.routes import OPERATIONS
from tests.support.api_client import new_token
from tests.support.office import OfficeBench

DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"
EXAMPLE = re.compile(r"```http\n(?P<request>.*?)\n```\n→ (?P<status>\d{3})\n", re.DOTALL)
ROW = re.compile(r"^\| `([A-Z]+) (\S+)` \| (.+) \| `([a-z_:]+)`(, key)? \|$", re.MULTILINE)


def examples() -> list[tuple[str, str, dict[str, str], str, int]]:
    """Method, address, headers, body and the status that is promised."""
    found = []
    for each in EXAMPLE.finditer(DOCUMENT.read_text(encoding="utf-8")):
        head, _blank, body = each["request"].partition("\n\n")
        first, *lines = head.splitlines()
        method, path = first.split(" ", 1)
        headers = {name: value for name, _colon, value in (line.partition(": ") for line in lines)}
        found.append((method, path, headers, body, int(each["status"])))
    return found


def test_every_example_is_answered_as_it_says(tmp_path: Path) -> None:
    bench = OfficeBench(tmp_path / "office")
    client = bench.app.test_client(use_cookies=False)
    token = new_token(bench)
    known: dict[str, Any] = {}
    answers = []
    for method, path, headers, body, status in examples():
        address = path.format(**known)
        sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
        answer = client.open(address, method=method, headers=sent, data=body or None)
        assert answer.status_code == status, (path, answer.text)
        answers.append(answer)
        known |= {name: value for name, value in answer.get_json().items() if isinstance(value, str)}
    bench.close()
    assert len(answers) == DOCUMENT.read_text(encoding="utf-8").count("```http") > 5
    postings = [answer for answer in answers if answer.request.path.endswith("/postings")]
    assert postings[0].data == postings[1].data
    assert answers[-2].get_json()["field"] == "vin"


def test_the_list_of_operations_is_whole() -> None:
    rows = re.findall(
        r"^\| `([A-Z]+) (\S+)` \| (.+) \| `([a-z_:]+)`(, key)? \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE
    )
    told = {(method, path, what, scope, bool(key)) for method, path, what, scope, key in rows}
    assert told == {(each.method, each.path, each.summary, each.scope.value, each.keyed) for each in OPERATIONS}
    assert len(rows) == len(OPERATIONS)
