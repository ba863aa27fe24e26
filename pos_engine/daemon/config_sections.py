"""The sections of the configuration file as types: every setting with its default."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every section."""


class TillSection(Section, frozen=True, kw_only=True):
    """Where the till keeps its data, the file with the key that encrypts it, and whether it starts in training."""

    data: str = "var/till"
    key_file: str = ""
    training: bool = False


class RegisterSection(Section, frozen=True, kw_only=True):
    """Where register and browser reach the daemon."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8081
    token_file: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    host_names: tuple[str, ...] = ()
    tokens: dict[str, str] = msgspec.field(default_factory=dict)
    unix_socket: str = ""


class NexoSection(Section, frozen=True, kw_only=True):
    """How the register's messages are read."""

    scale_labels: tuple[str, ...] = ()
    tax_codes: dict[str, str] = msgspec.field(default_factory=dict)


class ReaderSection(Section, frozen=True, kw_only=True):
    """One reader."""

    name: str
    address: str


class RegisterLineSection(Section, frozen=True, kw_only=True):
    """One line on which registers speak nexo without HTTP."""

    name: str
    address: str


class CardsSection(Section, frozen=True, kw_only=True):
    """What cards must prove, and what they are trusted with."""

    key_files: tuple[str, ...] = ()
    trust: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)


class PrinterSection(Section, frozen=True, kw_only=True):
    """The receipt printer."""

    address: str = ""


class PassThroughSection(Section, frozen=True, kw_only=True):
    """A register's printer cable that runs through this machine."""

    register: str = ""
    printer: str = ""
    template: str = "one_line"
    not_a_fiscal_printer: bool = False


class ReturnsSection(Section, frozen=True, kw_only=True):
    """Goods that come back while the back-office cannot be asked."""

    offline_max_minor: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 5_000


class SyncSection(Section, frozen=True, kw_only=True):
    """When the till talks to the back-office."""

    every_s: Annotated[int, msgspec.Meta(ge=1, le=60)] = 5
    reconcile_at: Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "03:30"


class HubSection(Section, frozen=True, kw_only=True):
    """The store's hub: whom this till lends rights to, or where it borrows them."""

    tills: dict[str, str] = msgspec.field(default_factory=dict)
    url: str = ""
    certificate: str = ""
    token_file: str = ""


class LogSection(Section, frozen=True, kw_only=True):
    """What is logged and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


class SimulationSection(Section, frozen=True, kw_only=True):
    """A clock that is set from outside."""

    enabled: bool = False
    clock_file: str = ""
