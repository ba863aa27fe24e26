"""The daemon's one configuration file: TOML, every setting with a default, every mistake named with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal, InvalidOperation
from importlib import resources
from ipaddress import ip_address
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from pos_engine.core.card_trust import TrustError, stricter
from pos_engine.daemon.config_sections import (
    CardsSection,
    HubSection,
    LogSection,
    NexoSection,
    PassThroughSection,
    PrinterSection,
    ReaderSection,
    RegisterLineSection,
    RegisterSection,
    ReturnsSection,
    Section,
    SimulationSection,
    SyncSection,
    TillSection,
)
from pos_engine.registers.nexo.scale_labels import check_pattern

READERS_MAX = 8
"""Readers of one till; each is a thread."""

REGISTER_LINES_MAX = 4
"""Lines to registers of one till; each is a thread."""


class ConfigError(Exception):
    """A configuration that cannot be used. `problems`: one sentence each, with file, line and setting."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Config(Section, frozen=True, kw_only=True):
    """The whole file. Paths are absolute after `load_config`."""

    till: TillSection = TillSection()
    register: RegisterSection = RegisterSection()
    nexo: NexoSection = NexoSection()
    reader: tuple[ReaderSection, ...] = ()
    register_line: tuple[RegisterLineSection, ...] = ()
    cards: CardsSection = CardsSection()
    printer: PrinterSection = PrinterSection()
    pass_through: PassThroughSection = PassThroughSection()
    returns: ReturnsSection = ReturnsSection()
    sync: SyncSection = SyncSection()
    hub: HubSection = HubSection()
    log: LogSection = LogSection()
    simulation: SimulationSection = SimulationSection()

    @property
    def reconcile_time(self) -> time:
        """Time of day of the nightly comparison."""
        return time.fromisoformat(self.sync.reconcile_at)

    @property
    def tax_codes_bp(self) -> Mapping[str, int]:
        """The register's tax codes in basis points."""
        return {code: int(Decimal(percent) * 100) for code, percent in self.nexo.tax_codes.items()}


def example_text() -> str:
    """The commented example with every default."""
    return resources.files("pos_engine.daemon").joinpath("config_example.toml").read_text(encoding="utf-8")


def load_config(path: Path) -> Config:
    """Read and check a file. ConfigError names every problem at once."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        hint = f"{path}: there is no such file. Make one with: pos-engine config example > {path}"
        raise ConfigError([hint]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"]) from error
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> Config:
    """Check the text of a file that lies at `path`. ConfigError names every problem at once."""
    try:
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError([f"{path}: {error}"]) from error

    def place(*keys: str) -> str:
        line = _line_of(text, keys)
        return f"{path}, line {line}: {'.'.join(keys)}" if line else f"{path}: {'.'.join(keys)}"

    unknown = [f"{place(*keys)} {why}" for keys, why in _unknown_keys(tree, Config)]
    if unknown:
        raise ConfigError(unknown)
    try:
        config = msgspec.convert(tree, Config)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        keys = tuple(re.findall(r"[A-Za-z_]\w*", where))
        raise ConfigError([f"{place(*keys)}: {what.replace('`', '')}"]) from error
    problems = [f"{place(*keys)}: {why}" for keys, why in _wrong_values(config)]
    if problems:
        raise ConfigError(problems)
    return _with_absolute_paths(config, path.resolve().parent)


def _unknown_keys(
    tree: Mapping[str, Any], kind: type[Section], at: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], str]]:
    hints = get_type_hints(kind)
    found: list[tuple[tuple[str, ...], str]] = []
    for key, value in tree.items():
        if key not in hints:
            near = difflib.get_close_matches(key, hints, n=1)
            advice = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(hints))}."
            found.append(((*at, key), f"is not a setting; {advice}"))
            continue
        inner = get_args(hints[key])[0] if get_origin(hints[key]) is tuple else hints[key]
        if isinstance(inner, type) and issubclass(inner, Section):
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict):
                    found += _unknown_keys(part, inner, (*at, key))
    return found


def _wrong_values(config: Config) -> list[tuple[tuple[str, ...], str]]:
    """What types cannot say."""
    wrong: list[tuple[tuple[str, ...], str]] = []
    for pattern in config.nexo.scale_labels:
        why = check_pattern(pattern)
        if why:
            wrong.append((("nexo", "scale_labels"), f"{pattern!r}: {why}"))
    for code, percent in config.nexo.tax_codes.items():
        if not _is_percentage(percent):
            wrong.append((("nexo", "tax_codes", code), f'{percent!r} is no percentage such as "8.1"'))
    try:
        stricter(config.cards.trust)
    except TrustError as error:
        wrong.append((("cards", "trust"), str(error)))
    simulation = config.simulation
    if simulation.clock_file and not simulation.enabled:
        wrong.append(
            (("simulation", "clock_file"), "is set, but [simulation] enabled is false; a real till has no clock file")
        )
    if simulation.enabled and not simulation.clock_file:
        wrong.append((("simulation", "enabled"), "is true, but clock_file names no file"))
    return wrong + _wrong_devices(config) + _wrong_binding(config.register)


def _wrong_devices(config: Config) -> list[tuple[tuple[str, ...], str]]:
    wrong: list[tuple[tuple[str, ...], str]] = []
    names = [reader.name for reader in config.reader]
    if len(names) != len(set(names)):
        wrong.append((("reader", "name"), "two readers have the same name"))
    if len(names) > READERS_MAX:
        wrong.append((("reader",), f"{len(names)} readers; a till has at most {READERS_MAX}"))
    lines = [line.name for line in config.register_line]
    if len(lines) != len(set(lines)) or set(lines) & set(names):
        wrong.append((("register_line", "name"), "a line and another device have the same name"))
    if len(lines) > REGISTER_LINES_MAX:
        wrong.append((("register_line",), f"{len(lines)} lines; a till has at most {REGISTER_LINES_MAX}"))
    return wrong + _wrong_pass_through(config)


def _wrong_pass_through(config: Config) -> list[tuple[tuple[str, ...], str]]:
    cable = config.pass_through
    if not cable.register and not cable.printer:
        return []
    if not (cable.register and cable.printer):
        return [(("pass_through", "register"), "register and printer go together: the two ends of the cable")]
    if not cable.not_a_fiscal_printer:
        why = "must be set to true by somebody who knows: a fiscal printer may never be passed through"
        return [(("pass_through", "not_a_fiscal_printer"), why)]
    if config.printer.address:
        return [(("printer", "address"), "is set beside [pass_through]; the coupons go to the register's own printer")]
    return []


def _wrong_binding(register: RegisterSection) -> list[tuple[tuple[str, ...], str]]:
    """Loopback is free; everything else needs TLS and a token (H4)."""
    try:
        loopback = register.host == "localhost" or ip_address(register.host).is_loopback
    except ValueError:
        return [(("register", "host"), f"{register.host!r} is no IP address")]
    if bool(register.tls_certificate) != bool(register.tls_key):
        return [(("register", "tls_key"), "tls_certificate and tls_key go together")]
    needed = ("token_file", "tls_certificate", "tls_key")
    missing = [name for name in needed if not getattr(register, name)]
    if not loopback and missing:
        why = f"on the network ({register.host}) the daemon listens with TLS and a token only; set {', '.join(missing)}"
        return [(("register", "host"), why)]
    return []


def _is_percentage(text: str) -> bool:
    try:
        percent = Decimal(text)
    except InvalidOperation:
        return False
    return percent.is_finite() and 0 <= percent <= 100 and percent * 100 == int(percent * 100)  # noqa: PLR2004 - per cent


def _with_absolute_paths(config: Config, folder: Path) -> Config:
    def absolute(value: str) -> str:
        return str(folder / value) if value else ""

    def template(value: str) -> str:
        """A template that does not come with the program is a file."""
        return absolute(value) if value.endswith(".toml") else value

    replace = msgspec.structs.replace
    register = config.register
    return replace(
        config,
        till=replace(config.till, data=absolute(config.till.data), key_file=absolute(config.till.key_file)),
        register=replace(
            register,
            token_file=absolute(register.token_file),
            tls_certificate=absolute(register.tls_certificate),
            tls_key=absolute(register.tls_key),
            unix_socket=absolute(register.unix_socket),
            tokens={sale_id: absolute(path) for sale_id, path in register.tokens.items()},
        ),
        hub=replace(
            config.hub,
            certificate=absolute(config.hub.certificate),
            token_file=absolute(config.hub.token_file),
            tills={workstation_id: absolute(path) for workstation_id, path in config.hub.tills.items()},
        ),
        cards=replace(config.cards, key_files=tuple(map(absolute, config.cards.key_files))),
        pass_through=replace(config.pass_through, template=template(config.pass_through.template)),
        simulation=replace(config.simulation, clock_file=absolute(config.simulation.clock_file)),
    )


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """Line of a setting, found by its section's head and its name; None for what does not stand in the file."""
    if not keys:
        return None
    *sections, name = keys
    head = re.compile(r"^\s*\[\[?\s*" + r"\s*\.\s*".join(map(re.escape, sections)) + r"\s*\]") if sections else None
    own_head = re.compile(r"^\s*\[\[?\s*" + r"\s*\.\s*".join(map(re.escape, keys)) + r"\s*[\].]")
    setting = re.compile(rf"^\s*(?:[\w.]+\.)?[\"']?{re.escape(name)}[\"']?\s*=")
    inside = head is None
    for number, line in enumerate(text.splitlines(), start=1):
        if own_head.match(line):
            return number
        if line.lstrip().startswith("["):
            inside = head is not None and bool(head.match(line))
        elif inside and setting.match(line):
            return number
    return None
