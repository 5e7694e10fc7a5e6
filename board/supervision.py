"""Open orders of supervision 督办, on show: section `orders`. Whose, about what, how late; not a word of their text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from board.canvas import Canvas, Record
from core.acts import ActTopic

LOOK_MS = 1000  # what is late changes with the clock
ANSWERED = frozenset({"replied", "refused"})
_KEPT = ("kind", "state", "about", "area", "topic", "owner", "due_ms", "warns_ms")


class OrderBoard:
    """Every open order of one scene."""

    def __init__(self, scene: str) -> None:
        self._scene = scene
        self._open: dict[str, Record] = {}
        self._dirty = True
        self._drawn_ms = 0

    def fold(self, topic: str, body: Mapping[str, Any]) -> None:
        """Take in one row of the stream of acts; those of other scenes and topics are passed over."""
        if topic != ActTopic.ORDER or body.get("scene") != self._scene:
            return
        if body["is_open"]:
            self._open[body["id"]] = {name: body[name] for name in _KEPT} | {"sensitivity": body.get("sensitivity", 0)}
        else:
            self._open.pop(body["id"], None)
        self._dirty = True

    def paint(self, canvas: Canvas, city_now_ms: int) -> None:
        """Show every one with its light."""
        if not self._dirty and abs(city_now_ms - self._drawn_ms) < LOOK_MS:
            return
        for key, one in self._open.items():
            canvas.put("orders", key, one | {"light": _light(one, city_now_ms)}, urgent=True)
        canvas.keep_only("orders", self._open)
        self._dirty, self._drawn_ms = False, city_now_ms

    def snapshot(self) -> dict[str, Record]:
        """What `restore` needs, ready for JSON."""
        return self._open

    def restore(self, kept: Mapping[str, Record]) -> None:
        """Continue from a snapshot."""
        self._open, self._dirty = dict(kept), True


def _light(one: Mapping[str, Any], now_ms: int) -> str:
    """As `dispatch.supervision.Order.light` says it of an open order."""
    if one["state"] in ANSWERED:
        return "answered"
    if one["due_ms"] is not None and now_ms > one["due_ms"]:
        return "late"
    return "soon" if one["warns_ms"] is not None and now_ms >= one["warns_ms"] else "in-time"
