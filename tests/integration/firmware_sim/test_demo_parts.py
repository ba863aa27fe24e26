"""The parts of the demo that stand without the rest: child programs, ports, its folder; and two simulator programs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_sim.demo.pcsc import open_pcsc
from firmware_sim.demo.programs import DemoError, Programs, require_free_ports
from firmware_sim.demo.show import MARK, _make_folder
from firmware_sim.line.orders import send_order
from tests.evidence import used
from tests.integration.pcsc_fixture import PrivatePcscd

WAIT_S = 20.0
SLEEPER = "import threading; print('up', flush=True); threading.Event().wait(300)"


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def until(condition: Callable[[], bool]) -> bool:
    pause = threading.Event()
    for _ in range(int(WAIT_S / 0.05)):
        if condition():
            return True
        pause.wait(0.05)
    return False


@pytest.fixture
def stopped() -> threading.Event:
    return threading.Event()


@pytest.fixture
def programs(tmp_path: Path, stopped: threading.Event) -> Iterator[Programs]:
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    (tmp_path / "failer.py").write_text("import sys; sys.exit('the disk is full')")
    programs = Programs(tmp_path / "log", {"PYTHONPATH": str(tmp_path)}, stopped)
    yield programs
    programs.stop()


def test_a_child_that_died_is_noticed_even_when_something_else_answers_in_its_place(programs: Programs) -> None:
    programs.start("failer", ["failer"])
    assert until(lambda: programs.has_said("failer", "the disk is full"))
    assert until(lambda: _has_ended(programs))
    with pytest.raises(DemoError, match="the disk is full"):
        programs.wait_until(lambda: True, "an answer", WAIT_S)


def _has_ended(programs: Programs) -> bool:
    try:
        programs.require_running()
    except DemoError:
        return True
    return False


def test_a_port_in_use_is_named_with_what_it_is_needed_for() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(DemoError, match=f"Port {port}, needed for the back-office, is in use"):
            require_free_ports({port: "the back-office"})
    require_free_ports({port: "the back-office"})


def test_a_program_that_fails_says_its_own_words(programs: Programs) -> None:
    with pytest.raises(DemoError, match="the disk is full"):
        programs.run("failer", ["failer"], WAIT_S)


def test_a_program_that_dies_is_noticed_while_waiting(programs: Programs) -> None:
    programs.start("failer", ["failer"])
    with pytest.raises(DemoError, match=r"failer ended with code 1(.|\n)*the disk is full"):
        programs.wait_until(lambda: False, "never", WAIT_S)


def test_what_does_not_finish_is_given_up(programs: Programs) -> None:
    with pytest.raises(DemoError, match="did not finish within"):
        programs.run("sleeper", ["sleeper"], 1.0)


def test_stopping_ends_a_wait_and_a_running_command(programs: Programs, stopped: threading.Event) -> None:
    threading.Timer(0.5, stopped.set).start()
    with pytest.raises(KeyboardInterrupt):
        programs.run("sleeper", ["sleeper"], WAIT_S)
    with pytest.raises(KeyboardInterrupt):
        programs.wait_until(lambda: False, "never", WAIT_S)


def test_no_child_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    parent_code = (
        "import threading, pathlib\n"
        "from firmware_sim.demo.programs import Programs\n"
        f"programs = Programs(pathlib.Path({str(tmp_path)!r}), "
        f"{{'PYTHONPATH': {str(tmp_path)!r}}}, threading.Event())\n"
        "programs.start('sleeper', ['sleeper'])\n"
        "print(programs._running[0][1].pid, flush=True)\n"
        "threading.Event().wait(300)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent_code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert until(lambda: "up" in (tmp_path / "sleeper.log").read_text())
        parent.send_signal(signal.SIGKILL)
    assert until(lambda: not alive(child))


def test_a_folder_that_no_demo_made_is_never_emptied(tmp_path: Path) -> None:
    mine = tmp_path / "photos"
    mine.mkdir()
    (mine / "cat.jpg").write_text("miaow")
    with pytest.raises(DemoError, match="no demo made"):
        _make_folder(mine)
    assert (mine / "cat.jpg").exists()
    demo = tmp_path / "demo"
    _make_folder(demo)
    (demo / "old").write_text("x")
    _make_folder(demo)
    assert [path.name for path in demo.iterdir()] == [MARK]


@pytest.mark.pcscd
def test_the_demo_finds_a_pcsc_daemon_and_ends_it() -> None:
    with open_pcsc() as pcsc:
        used("pcscd", "demo")
        assert "private pcscd" in pcsc.words
        assert len(pcsc.ports) == 2
        assert Path(pcsc.environment["PCSCLITE_CSOCK_NAME"]).is_socket()
    assert not Path(pcsc.environment["PCSCLITE_CSOCK_NAME"]).exists()


@pytest.mark.pcscd
def test_the_card_program_inserts_obeys_and_ends(pcscd: PrivatePcscd, tmp_path: Path) -> None:
    control = tmp_path / "card.ctl"
    arguments = ["card", "--port", str(pcscd.ports[1]), "--uid", "04A1B2C3D4E5F6", "--control", str(control)]
    with running(arguments) as program:
        assert program.stdout is not None
        assert "ntag 04A1B2C3D4E5F6" in program.stdout.readline()
        assert send_order(control, ["remove"]) == "removed"
        assert send_order(control, ["insert", "04FFEEDD", "classic1k"]) == "inserted classic1k 04FFEEDD"
        program.terminate()
        assert program.wait(WAIT_S) == 0
    used("pcscd", "card program")


def test_the_printer_program_runs_out_of_paper_by_order(tmp_path: Path) -> None:
    control = tmp_path / "printer.ctl"
    arguments = [
        "printer",
        "--link",
        str(tmp_path / "printer"),
        "--out",
        str(tmp_path / "out"),
        "--control",
        str(control),
    ]
    with running(arguments) as program:
        assert program.stdout is not None
        assert str(tmp_path / "printer") in program.stdout.readline()
        assert "paper near end" in send_order(control, ["paper", "5"])
        assert "paper out" in send_order(control, ["paper", "0"])
        assert program.stdin is not None
        program.stdin.write("quit\n")
        program.stdin.flush()
        assert program.wait(WAIT_S) == 0
    assert not (tmp_path / "printer").exists()


def running(arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "firmware_sim", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
