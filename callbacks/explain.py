"""Why the figure of a page is what it is 计算过程: asked for by a button, folded anew from the log."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote

from dash import Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from core.errors import NeighbourDown, UnknownName
from core.messages import text
from core.settings import Settings
from layouts import explain, ids
from layouts.reading import PictureReader

PATIENCE_S = 30.0  # a log of a day is folded in a few seconds; what takes longer is told to be unreachable


def register(app: Dash, settings: Settings, reader: PictureReader) -> None:
    """Wire the button below the detail page."""

    async def tell(asked: int | None, pathname: str | None) -> dict[str, Component]:
        if not asked:
            raise PreventUpdate
        return {"lines": await explained(pathname or "", settings, reader)}

    app.callback(
        output={"lines": Output(ids.DESK_EXPLAIN_LINES, "children")},
        inputs={"asked": Input(ids.DESK_EXPLAIN_ASK, "n_clicks")},
        state={"pathname": State(ids.SHELL_ADDRESS, "pathname")},
        running=[(Output(ids.DESK_EXPLAIN_ASK, "disabled"), True, False)],
    )(tell)


async def explained(pathname: str, settings: Settings, reader: PictureReader) -> Component:
    """The explanation of what `/indicators/<indicator>` or `/indicators/<indicator>/<place>` shows."""
    declared, language = reader.declared(), settings.language
    parts = [unquote(part) for part in pathname.removeprefix(settings.base_path).split("/") if part]
    if declared is None or len(parts) < 2:
        return explain.nothing(text("desk.explain_nothing", language))
    place = parts[2] if len(parts) > 2 else declared.city.code
    try:
        lines = await asyncio.wait_for(reader.explain(parts[1], place), PATIENCE_S)
    except UnknownName:
        return explain.nothing(text("desk.explain_nothing", language))
    except (NeighbourDown, TimeoutError):
        return explain.nothing(text("desk.explain_unreachable", language))
    return explain.told(lines, language)
