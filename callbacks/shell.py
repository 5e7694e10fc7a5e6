"""Which page an address shows."""

from __future__ import annotations

from urllib.parse import unquote

from dash import Dash, Input, Output
from dash.development.base_component import Component

from accounts.rights import held_by
from api.entrance import Entrance
from core.settings import Settings
from layouts import ids, shell
from layouts.desk import desk
from layouts.dispatch import dispatch
from layouts.duty import duty
from layouts.pages_menu import hide_shut
from layouts.reading import PictureReader
from layouts.rules import rules_page
from layouts.wall import wall
from layouts.warnings import warnings


def register(app: Dash, settings: Settings, reader: PictureReader, entrance: Entrance | None) -> None:
    """Fill the shell with the page of the address: once a load, and each second for as long as no scene is active."""

    async def show(pathname: str | None, again: int) -> dict[str, Component | bool]:
        page = page_of(pathname or "", settings, reader)
        if entrance is not None:
            hide_shut(page, held_by(entrance.bearer()))
        return {"page": page, "shown": reader.declared() is not None}

    app.callback(
        output={"page": Output(ids.SHELL_PAGE, "children"), "shown": Output(ids.SHELL_AGAIN, "disabled")},
        inputs={"pathname": Input(ids.SHELL_ADDRESS, "pathname"), "again": Input(ids.SHELL_AGAIN, "n_intervals")},
    )(show)


def page_of(pathname: str, settings: Settings, reader: PictureReader) -> Component:
    """The page of an address below the base path."""
    declared = reader.declared()
    if declared is None:
        return shell.waiting(settings.language)
    parts = [unquote(part) for part in pathname.removeprefix(settings.base_path).split("/") if part]
    assets = reader.assets_version()
    page: Component = shell.waiting(settings.language)
    match parts:
        case ["wall"]:
            page = wall(declared, settings, assets)
        case ["rules", *rule]:
            page = rules_page(settings, assets, rule[0] if rule else "")
        case ["duty"]:
            page = duty(declared, settings, assets)
        case ["warnings", *_]:
            page = warnings(declared, settings, assets)
        case ["dispatch"]:
            page = dispatch(declared, settings, assets)
        case ["indicators", *_]:
            page = desk(settings, assets)
    return page
