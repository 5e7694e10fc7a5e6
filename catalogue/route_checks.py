"""Routes of notices against the topics, areas and plans that they name; whom they reach is known to the database."""

from __future__ import annotations

from catalogue.entries import Entries, refuse_unknown
from core.accounts import EVERYWHERE


def check_routes(entries: Entries, problems: list[str]) -> None:
    """Add every route that names what does not exist to the problems."""
    indicators = entries.pack.sections["indicators"]
    narrow = {part for name in indicators for part in (name, name.partition(".")[0])}
    known = dict.fromkeys([EVERYWHERE, *entries.pack.sections["domains"], *sorted(narrow)])
    for route_id, route in entries.routes.items():
        name = f"routes.{route_id}"
        for row, topic in enumerate(route.topics or ()):
            if not any(one.startswith(f"{topic}_") for one in indicators):
                where = entries.where("routes", route_id, "topics", row)
                refuse_unknown(problems, where, f"{name}.topics", topic, known)
        for row, area in enumerate(route.areas or ()):
            if not (area.isdecimal() or area in entries.areas or area == EVERYWHERE):
                where = entries.where("routes", route_id, "areas", row)
                problems.append(f"{where}: {name}.areas {area!r} is no area of this city")
        if route.response:
            where = entries.where("routes", route_id, "response")
            refuse_unknown(problems, where, f"{name}.response", route.response, entries.pack.sections["plans"])
