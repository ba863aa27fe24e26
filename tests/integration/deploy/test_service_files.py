"""What `deploy/` puts on a till is read by those who will read it there: systemd, polkit's language, udev's grammar."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[3] / "deploy"
UNIT = (DEPLOY / "systemd" / "pos-engine.service").read_text(encoding="ascii")
PROGRAM = "/opt/pos-engine/.venv/bin/pos-engine"
UDEV_KEY = r"ACTION|SUBSYSTEM|KERNEL|GROUP|MODE|TEST|ENV\{\w+\}|ATTR\{[\w/]+\}"
UDEV_RULE = re.compile(rf'(?:(?:{UDEV_KEY})(?:==|!=|=)"[^"\n]+"(?:, |$))+')
UDEV_VERIFIES_SINCE = 254
ASKED = """
const rules = [];
const polkit = {Result: {YES: "yes"}, addRule: (rule) => rules.push(rule)};
new Function("polkit", require("fs").readFileSync(process.argv[1], "utf8"))(polkit);
const ask = (id, user) => rules.map((rule) => rule({id}, {user}) ?? "not decided");
console.log(JSON.stringify(["access_pcsc", "access_card", "other"].flatMap(
    (name) => ["pos-engine", "games"].flatMap((user) => ask("org.debian.pcsc-lite." + name, user)))));
"""


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def verified(folder: Path, unit: str) -> tuple[int, str]:
    """What `systemd-analyze verify` says of a unit whose program is there."""
    path = folder / "pos-engine.service"
    path.write_text(unit.replace(PROGRAM, "/bin/true"))
    command = [program("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, "\n".join(line for line in done.stderr.splitlines() if path.name in line)


def test_systemd_takes_the_service_as_it_is(tmp_path: Path) -> None:
    assert f"ExecStart={PROGRAM} run --config " in UNIT
    assert verified(tmp_path, UNIT) == (0, "")


@pytest.mark.parametrize(("right", "wrong"), [("WatchdogSec", "WatchDogSec"), ("Type=notify", "Type=notifies")])
def test_systemd_would_have_told_a_slip_of_the_pen(tmp_path: Path, right: str, wrong: str) -> None:
    code, said = verified(tmp_path, UNIT.replace(right, wrong, 1))
    assert code
    assert wrong.partition("=")[2] in said


def test_the_till_gets_a_user_that_may_use_serial_lines(tmp_path: Path) -> None:
    folder = tmp_path / "etc" / "sysusers.d"
    folder.mkdir(parents=True)
    shutil.copy(DEPLOY / "systemd" / "pos-engine.sysusers.conf", folder / "pos-engine.conf")
    command = [program("systemd-sysusers"), f"--root={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "Permission denied" in done.stderr:
        pytest.skip("only root may make users, also in a folder of its own")
    users = (tmp_path / "etc" / "passwd").read_text().split(":")
    assert (users[0], users[5]) == ("pos-engine", "/var/lib/pos-engine")
    groups = dict(line.split(":", 1) for line in (tmp_path / "etc" / "group").read_text().splitlines() if line)
    assert groups["dialout"].endswith(":pos-engine")
    assert "\nUser=pos-engine\n" in UNIT


def test_polkit_gives_readers_and_cards_to_the_till_and_to_nobody_else() -> None:
    rules = DEPLOY / "polkit" / "50-pos-engine-pcsc.rules"
    done = subprocess.run([program("node"), "-e", ASKED, str(rules)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["yes", "not decided", "yes", "not decided", "not decided", "not decided"]


def test_udev_rules_have_udevs_grammar() -> None:
    """`udevadm verify` (systemd 254) reads them where it is there; the grammar is looked at everywhere."""
    path = DEPLOY / "udev" / "77-pos-engine.rules"
    rules = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert rules
    assert [rule for rule in rules if not UDEV_RULE.fullmatch(rule)] == []
    udevadm = shutil.which("udevadm")
    if udevadm is None:
        return
    version = subprocess.run([udevadm, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.split()[0]) >= UDEV_VERIFIES_SINCE:
        subprocess.run([udevadm, "verify", "--no-summary", str(path)], check=True)
