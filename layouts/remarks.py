"""What leaders wrote on something, in one line of its own page: how many orders stand about it, and the way to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from dash import html

from core.messages import text
from dispatch.supervision import Light
from layouts.supervision import SHAPES


def remarks_line(about: str, orders: Mapping[str, Mapping[str, Any]], base_path: str, language: str) -> html.P:
    """about: `indicator:<indicator>/<place>`; orders: the section of the picture. Their words stand behind the link."""
    lights = [Light(one["light"]) for _, one in sorted(orders.items()) if one["about"] == about]
    marks = [html.B(f"{SHAPES[light]} {text(f'order.light-{light}', language)}") for light in lights]
    way = html.A(text("order.see_all", language), href=f"{base_path}supervision/about?key={quote_plus(about)}")
    return html.P(
        [html.Span(text("order.remarks", language)) if marks else None, *marks, way], className="desk-remarks"
    )
