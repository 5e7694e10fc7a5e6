"""At which door a request stands: the same routes in the same order as the router itself tries them.

What this table does not find is refused, so nothing is reached by an address that only the router understands. Servers
decode a path once; no door is found by decoding it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from re import Pattern
from typing import Any

from fastapi import FastAPI
from starlette._utils import get_route_path
from starlette.routing import compile_path
from starlette.types import Scope

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Doorway:
    """One route. kind: WS, FILES, * or "" where the method belongs to the name of the door; place: as in DOORS."""

    kind: str
    place: str
    pattern: Pattern[str]
    methods: frozenset[str]

    def door(self, method: str) -> str:
        """The name of the door for a method."""
        return f"{self.kind or method} {self.place}"


class Doorways:
    """The doors of one site."""

    def __init__(self, app: FastAPI, base_path: str) -> None:
        self._app, self._under = app, base_path.rstrip("/")
        self._found: list[Doorway] = []
        self._counted = -1

    def all(self) -> list[Doorway]:
        """Every doorway in the order of the router; read anew when somebody added a route."""
        routes = self._app.router.routes
        if len(routes) != self._counted:
            self._found, self._counted = list(_doorways(routes, "", self._under)), len(routes)
        return self._found

    def door(self, scope: Scope) -> tuple[str, dict[str, str]] | None:
        """The name of the door, and what the address names behind it; None: no such door, or not for this method."""
        path, method = get_route_path(scope), scope.get("method", "")
        is_socket = scope["type"] == "websocket"
        for one in self.all():
            fits = one.kind in {"WS", "FILES"} if is_socket else one.kind != "WS" and method in one.methods
            if fits and (found := one.pattern.match(path)):
                return one.door(method), found.groupdict()
        return None


def _doorways(routes: Iterable[Any], prefix: str, under: str) -> Iterator[Doorway]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from _doorways(route.original_router.routes, prefix + route.include_context.prefix, under)
            continue
        path = prefix + route.path
        place = path.removeprefix(under) if path.startswith(f"{under}/") else path
        if not hasattr(route, "endpoint"):  # a folder, or another application
            yield Doorway("FILES", place, compile_path(f"{path.rstrip('/')}/{{path:path}}")[0], METHODS)
        elif not hasattr(route, "methods"):
            yield Doorway("WS", place, compile_path(path)[0], frozenset())
        else:
            kind = "*" if path.endswith("{rest:path}") else ""  # answers 404 to every method that it takes
            yield Doorway(kind, place, compile_path(path)[0], frozenset(route.methods or METHODS))
