"""Responses in force 应急响应 as pages without scripts show them; `assets/responses.js` writes it elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from core.markup import Markup, el
from core.messages import text
from layouts.reading import Record

FIGURES = ("", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ")


def response_badge(responses: Iterable[Record], language: str) -> Markup:
    """常态, or the gravest by its figure and name and how many there are; exercises stand apart.

    responses: records of the section `responses`.
    """

    def word(code: str, **places: object) -> str:
        return text(code, language, **places)

    shown = list(responses)
    standing = sorted((one for one in shown if not one["exercise"]), key=lambda one: (one["level"], one["began_ms"]))
    drills = len(shown) - len(standing)
    if standing:
        first = standing[0]
        name, count = el("b", first["name"], first["word"]), el("small", word("plan.count", count=len(standing)))
        said = el("span", el("i", FIGURES[first["level"]]), name, count, class_=f"response response-{first['level']}")
    else:
        said = el("span", word("wall.responses"), " ", el("b", word("wall.no_response")), class_="calm")
    late = el("em", word("plan.review_late")) if any(one["review_late"] for one in standing) else None
    drill = el("span", word("plan.drills", count=drills), class_="drill") if drills else None
    return el("div", said, late, drill, class_="shell-responses")
