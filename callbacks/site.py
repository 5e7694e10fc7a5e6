"""The website on a FastAPI server: Dash with its document, layout and callbacks."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from dash import Dash
from dash.backends._fastapi import reset_current_request, set_current_request
from dash.exceptions import DependencyException
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.entrance import Entrance
from api.errors import answer
from callbacks import account as account_wiring
from callbacks import alarm_load as alarm_load_wiring
from callbacks import bundle as bundling
from callbacks import dispatch as dispatch_wiring
from callbacks import duty as duty_wiring
from callbacks import exchange as exchange_wiring
from callbacks import explain as explain_wiring
from callbacks import field as field_wiring
from callbacks import field_link as field_link_wiring
from callbacks import incidents as incidents_wiring
from callbacks import indicators as indicators_wiring
from callbacks import notices as notices_wiring
from callbacks import papers as papers_wiring
from callbacks import plans as plans_wiring
from callbacks import rule_papers as rule_papers_wiring
from callbacks import rule_references as rule_references_wiring
from callbacks import rules as rules_wiring
from callbacks import shell as shell_wiring
from callbacks import supervision as supervision_wiring
from callbacks import units as units_wiring
from callbacks import wall as wall_wiring
from callbacks.account_desk import AccountDesk
from core.messages import text
from core.settings import Settings
from layouts import shell
from layouts.reading import PictureReader

log = logging.getLogger(__name__)

ASSETS = Path(__file__).resolve().parent.parent / "assets"
PAGES = (
    "wall",
    "duty",
    "warnings",
    "warnings/{warning}",
    "dispatch",
    "indicators",
    "indicators/{indicator}",
    "indicators/{indicator}/{subject}",
    "rules",
    "rules/{rule}",
)


def attach(server: FastAPI, settings: Settings, reader: PictureReader, entrance: Entrance | None = None) -> Dash:
    """Put the website on a server, beside whatever routes it has: `/wall`, `/indicators/…` below the base path.

    entrance: who asks, and the services of accounts; without accounts there are no pages that act.
    """
    base = settings.base_path
    server.add_api_route(base, _redirect(f"{base}wall"), include_in_schema=False)  # before Dash, which has a page there
    if entrance is not None:
        _plain_pages(server, settings, reader, entrance)
    bundles = bundling.bundles(ASSETS)
    bundling.serve(server, base, bundles)
    app = Dash(
        "cityvitals",
        server=server,  # type: ignore[arg-type]  # annotated for Flask; backend="fastapi" takes this
        backend="fastapi",
        url_base_pathname=base,
        assets_folder=str(ASSETS),
        assets_ignore=bundling.OURS,
        index_string=shell.document(settings),
        title=text("wall.title", settings.language),
        update_title="",
        suppress_callback_exceptions=True,  # pages come and go; tests/structure compares ids and callbacks instead
        add_log_handler=False,
        on_error=_tell,
    )
    app.scripts.append_script({"external_url": base + bundles["js"].address, "external_only": True})
    app.css.append_css({"external_url": base + bundles["css"].address, "external_only": True})
    app.backend.websocket_capability = False  # frames have their own socket; Dash would open a second one on each page
    app.layout = shell.layout(settings)
    shell_wiring.register(app, settings, reader, entrance)
    wall_wiring.register(app)
    duty_wiring.register(app)
    indicators_wiring.register(app, settings, reader)
    dispatch_wiring.register(app)
    incidents_wiring.register(app)
    explain_wiring.register(app, settings, reader)
    rules_wiring.register(app, settings, reader, entrance)
    server.add_exception_handler(DependencyException, _no_such_file(settings.language))
    _serve_pages(server, app, base, settings.accounts)
    return app


def _plain_pages(server: FastAPI, settings: Settings, reader: PictureReader, entrance: Entrance) -> None:
    """Pages that need no scripts, before Dash, which answers every address that nobody else has."""
    base = settings.base_path
    field_wiring.register(server, base, entrance, reader)
    field_link_wiring.register(server, base, entrance, reader)
    account_wiring.register_pages(server, entrance, reader)  # before Dash, as above
    desk = AccountDesk(server, entrance, reader)
    notices_wiring.register(desk, settings)
    alarm_load_wiring.register(desk, reader)
    papers_wiring.register(server, desk, entrance, reader, settings.packs, ASSETS)
    plans_wiring.register(desk, reader)
    supervision_wiring.register(desk, reader)
    units_wiring.register(desk, reader)
    exchange_wiring.register(desk, settings, reader)
    rule_papers_wiring.register(desk, settings, reader)
    rule_references_wiring.register(desk, server, settings, reader)


def _no_such_file(language: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answers to a path among the files of components that leads to none: by itself Dash answers 500."""

    async def missing(request: Request, error: Exception) -> Response:
        return answer(404, "not-found", text("api.not-found", language, path=request.url.path))

    return missing


def _tell(problem: Exception) -> NoReturn:
    """Dash answers 500 to what a callback raises and keeps the reason to itself."""
    log.error("a page could not be filled", exc_info=problem)
    raise problem


def _redirect(address: str) -> Callable[[], Awaitable[RedirectResponse]]:
    async def elsewhere() -> RedirectResponse:
        return RedirectResponse(address, 307)

    return elsewhere


def _policy(app: Dash) -> str:
    """What a page may load and run: our own files, and the few scripts inside the document, by their hashes.

    Leaflet and Dash write style attributes; scripts made of text (`eval`) are needed nowhere.
    """
    inside = sha256(shell.early_script().encode()).digest()
    scripts = [f"'sha256-{b64encode(inside).decode()}'", *app.csp_hashes()]
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {' '.join(scripts)}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


def _sockets(request: Request) -> str:
    """The live feed of this host: older browsers do not count a WebSocket as our own."""
    host = request.headers.get("host", "")
    return f"; connect-src 'self' ws://{host} wss://{host}" if re.fullmatch(r"[\w.:\[\]-]+", host) else ""


def _serve_pages(server: FastAPI, app: Dash, base: str, asks: bool) -> None:
    """Our addresses, each by name: Dash's own catch-all would answer 200 to every unknown path.

    asks: who comes is asked here; with accounts comes the policy of what a page may load and run.

    Dash 4.4 collects `assets/` at its first own request, which `/wall` is not, and reads the request from a context
    variable that only its own routes set; both are done here.
    """
    policy = _policy(app) if asks else ""

    async def page(request: Request) -> HTMLResponse:
        token = set_current_request(request)
        headers = {"Cache-Control": "no-store"}
        if policy:
            headers["Content-Security-Policy"] = policy + _sockets(request)
        try:
            return HTMLResponse(app.index(), headers=headers)
        finally:
            reset_current_request(token)

    app._setup_server()
    for path in PAGES:
        server.add_api_route(f"{base}{path}", page, include_in_schema=False)
