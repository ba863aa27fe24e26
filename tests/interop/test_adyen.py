"""A client library for payment terminals, which is not ours, speaks nexo to our daemon over TLS."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.prepare import npm_command
from tests.evidence import used
from tests.support.daemon import DaemonProcess, fill, run_program

pytestmark = pytest.mark.interop
CLIENT = Path(__file__).parent / "clients" / "adyen_client.js"
HOST = "127.0.0.7"
"""A loopback address of its own: the library knows no other port than 8443."""
WAIT_S = 60


def test_the_library_completes_a_loyalty_sale(tmp_path: Path, environment: Callable[[str], Path]) -> None:
    modules = environment("adyen") / "node_modules"
    assert run_program("lan", "certificate", HOST, "--folder", str(tmp_path)).returncode == 0
    daemon = DaemonProcess(
        tmp_path,
        register_settings=(
            f'host = "{HOST}"\ntoken_file = "till.token"\ntls_certificate = "till.crt"\ntls_key = "till.key"\n'
        ),
        wanted_port=8443,
    )
    fill(daemon.data)
    daemon.start()
    try:
        npm = npm_command()
        node = npm[0] if len(npm) > 1 else "node"
        done = subprocess.run(
            [node, str(CLIENT), f"https://{HOST}", (tmp_path / "till.token").read_text().strip()],
            env={**os.environ, "NODE_PATH": str(modules), "NODE_NO_WARNINGS": "1"},
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        version = json.loads((modules / "@adyen" / "api-library" / "package.json").read_text())["version"]
        used("judge", f"@adyen/api-library {version}")
        assert json.loads(done.stdout) == {
            "quoted": "Success",
            "rebate": 0.9,
            "balance": 120,
            "committed": "Success",
            "receipt": "till-1:1:1",
            "repeated": "Success",
            "aborted": "nothing to answer",
        }
    finally:
        assert daemon.stop() == 0
