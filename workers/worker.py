"""What every worker process shares: signals, the active scene, the heartbeat, the one outermost loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catalogue.declared import Declared
from core.records import Scene
from core.settings import Settings
from stream.keys import Keys


class Running:
    """What a worker is handed for as long as one scene is shown."""

    name: str
    settings: Settings
    scene: Scene  # refreshed at each beat: a replay's hold moves on
    declared: Declared
    keys: Keys
    client: Any  # the Redis client, made by stream.connect

    def now_ms(self) -> int:
        """City time now."""
        raise NotImplementedError

    def stopping(self) -> bool:
        """True after SIGTERM or SIGINT, or when another scene became active: return from `serve` soon."""
        raise NotImplementedError

    def beat(self, state: str = "ok", says: str = "") -> None:
        """Tell `beats` that this worker turned; at most once a second, so call it every turn."""
        raise NotImplementedError


def run_worker(name: str, settings: Settings, serve: Callable[[Running], None]) -> int:
    """Wait for an active scene, serve it until it changes, serve the next one; until a signal. Exit code."""
    raise NotImplementedError
