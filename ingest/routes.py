"""From a topic to its feed: which filter it matches, which device it names. Remembered, for topics repeat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.declared import Feed
from core.records import Scene, Stamp
from ingest.decoders.contract import SNAPSHOT, Fault, Route
from ingest.decoders.fields import is_name, shown

NATIVE_SHAPES = ("readings", "event", "position")
REMEMBERED = 200_000  # topics; more come only from somebody who invents them, and then we begin anew


@dataclass(frozen=True, slots=True)
class _Pattern:
    feed: Feed
    levels: tuple[str, ...]
    shape: str = ""  # of all that matches; "": its topic or its payload says

    def matches(self, levels: Sequence[str]) -> bool:
        """MQTT 3.1.1, section 4.7: `+` is one level, `#` the rest, which may be nothing."""
        if self.levels[-1] == "#":
            wanted = self.levels[:-1]
            levels = levels[: len(wanted)]
        else:
            wanted = self.levels
        return len(wanted) == len(levels) and all(w in ("+", level) for w, level in zip(wanted, levels, strict=True))

    def device(self, levels: Sequence[str]) -> str:
        """The level under the first `+`; "" when the filter has none: then the payload names the device."""
        return levels[self.levels.index("+")] if "+" in self.levels else ""


class Routes:
    """The feeds of one scene by topic. A feed's topic that begins with `/` does not lie below the scene's root."""

    def __init__(self, scene: Scene, feeds: Sequence[Feed]) -> None:
        self._scene = scene
        pictures = [_Pattern(feed, _levels(scene, feed.snapshots), SNAPSHOT) for feed in feeds if feed.snapshots]
        self._patterns = pictures + [_Pattern(feed, _levels(scene, feed.topic)) for feed in feeds]
        self._feeds = {feed.id: feed for feed in feeds}
        self._found: dict[str, Route] = {}

    def filters(self) -> list[str]:
        """What to subscribe to: all below the root, so that undeclared topics are seen, and what lies outside."""
        return [f"{self._scene.topic_root}/#", *self._outside(lambda shape: shape != SNAPSHOT)]

    def pictures(self) -> list[str]:
        """What to subscribe to beside that at QoS 0: of pictures only the newest counts."""
        return self._outside(lambda shape: shape == SNAPSHOT)

    def _outside(self, wanted: Callable[[str], bool]) -> list[str]:
        """Filters that do not lie below the root of the scene."""
        root = f"{self._scene.topic_root}/"
        topics = {"/".join(pattern.levels) for pattern in self._patterns if wanted(pattern.shape)}
        return sorted(topic for topic in topics if not topic.startswith(root))

    def find(self, topic: str) -> Route:
        """The route of a topic. Raises Fault: unknown-topic or bad-name."""
        route = self._found.get(topic)
        if route is None:
            route = self._match(topic)
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[topic] = route
        return route

    def pushed(self, feed_id: str, device: str, shape: str = "readings") -> Route:
        """The route of a message that came with its names apart. Raises Fault like `find`."""
        feed = self._feeds.get(feed_id)
        if feed is None:
            raise Fault("unknown-topic", f"feed {shown(feed_id)} is not declared")
        return self._route(feed, device, shape)

    def _match(self, topic: str) -> Route:
        levels = topic.split("/")
        for pattern in self._patterns:
            if pattern.matches(levels):
                if pattern.shape == SNAPSHOT:
                    return self._named(pattern.feed, pattern.device(levels), SNAPSHOT)
                if pattern.feed.decoder == "native":
                    return self._route(pattern.feed, levels[-2] if len(levels) > 1 else "", levels[-1])
                return self._route(pattern.feed, pattern.device(levels), "")
        raise Fault("unknown-topic", f"{shown(topic)} matches no declared feed")

    def _route(self, feed: Feed, device: str, shape: str) -> Route:
        native = feed.decoder == "native"
        if native and shape not in NATIVE_SHAPES:
            raise Fault("unknown-topic", f"{shown(shape)} is not one of {', '.join(NATIVE_SHAPES)}")
        if native or device:
            return self._named(feed, device, shape)
        return Route(feed, device, shape, stamp_of(self._scene, feed))

    def _named(self, feed: Feed, device: str, shape: str) -> Route:
        if not is_name(device):
            raise Fault("bad-name", f"device {shown(device)} is not a name of 1 to 128 sane characters")
        return Route(feed, device, shape, stamp_of(self._scene, feed))


def stamp_of(scene: Scene, feed: Feed) -> Stamp:
    """Readings carry the stamp of the scene; the test reading 拨测 is a test wherever it runs."""
    return Stamp.TEST if feed.kind == "probe" else scene.stamp


def _levels(scene: Scene, topic: str) -> tuple[str, ...]:
    return tuple((topic[1:] if topic.startswith("/") else f"{scene.topic_root}/{topic}").split("/"))
