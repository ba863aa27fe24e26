"""Every table of the back-office, for Alembic and for whoever needs the whole of `Base.metadata`."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from sqlalchemy import MetaData

import backoffice
from backoffice.db import Base


def all_tables() -> MetaData:
    """Import the `models` module of every feature folder, and return the metadata that they filled."""
    for folder in pkgutil.iter_modules(backoffice.__path__):
        if folder.ispkg:
            _import_models(f"backoffice.{folder.name}")
    return Base.metadata


def _import_models(package: str) -> ModuleType | None:
    names = {module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__)}
    return importlib.import_module(f"{package}.models") if "models" in names else None
