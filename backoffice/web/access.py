"""Every route says who may use it: a right that it `needs`, or a reason why it is open.

The application refuses to start with a route that says neither, so that no page becomes public by being forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from flask import Flask

from backoffice.identity.rights import Right

_DECLARED: Final = "declared_access"
"""Attribute of a view: its `Right`, or the reason why anybody may ask it."""

Params = ParamSpec("Params")
Answer = TypeVar("Answer")
View = TypeVar("View", bound=Callable[..., Any])


class UndeclaredRouteError(RuntimeError):
    """A route that does not say who may use it."""


def declare(view: View, access: Right | str) -> View:
    """Note on a view who may use it; wrappers made by `functools.wraps` keep the note."""
    setattr(view, _DECLARED, access)
    return view


def public(why: str) -> Callable[[View], View]:
    """Decorate a route that anybody may ask without being signed in; `why` says what else protects it."""
    return lambda view: declare(view, why)


def access_of(app: Flask, endpoint: str) -> Right | str | None:
    """The right that an endpoint needs, or why it is open; None when it says neither."""
    declared: Right | str | None = getattr(app.view_functions[endpoint], _DECLARED, None)
    return declared


def declare_others(app: Flask, open_parts: Mapping[str, str]) -> None:
    """Declare views that cannot be decorated: `open_parts` maps an endpoint, or a whole blueprint, to its reason."""
    for endpoint, view in app.view_functions.items():
        why = open_parts.get(endpoint) or open_parts.get(endpoint.partition(".")[0])
        if why and access_of(app, endpoint) is None:
            own: Any = declare(_own(view), why)
            app.view_functions[endpoint] = own


def check_declared(app: Flask) -> None:
    """UndeclaredRouteError names every route of the application that does not say who may use it."""
    silent = sorted(rule.rule for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None)
    if silent:
        message = f"these routes say neither which right they need (@needs) nor why they are open (@public): {silent}"
        raise UndeclaredRouteError(message)


def _own(view: Callable[Params, Answer]) -> Callable[Params, Answer]:
    """A wrapper that can carry a note; a view of a library may be a bound method."""

    @wraps(view)
    def own(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
        return view(*args, **kwargs)

    return own
