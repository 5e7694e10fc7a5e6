"""Our scripts as one file and our styles as another: asking for eighty small ones took a page longer than they did.

The files in `assets/` stay as they are, for those who read them and for pages that need one or two.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response

MEDIA = {"js": "text/javascript", "css": "text/css"}
OURS = r"\.(js|css)$"  # what Dash need not collect any more


@dataclass(frozen=True, slots=True)
class Bundle:
    """All files of a kind (js, css) that lie in a folder, in the order of their names."""

    kind: str
    body: bytes

    @property
    def address(self) -> str:
        """Where it is found below the base path; another one as soon as a file has changed."""
        return f"assets/all.{self.kind}?m={sha256(self.body).hexdigest()[:12]}"


def bundles(folder: Path) -> dict[str, Bundle]:
    """Kind → bundle. Each of our scripts is a function that calls itself: one below the other they do not meet."""
    return {kind: Bundle(kind, b"\n".join(_files(folder, kind))) for kind in MEDIA}


def serve(server: FastAPI, base: str, found: dict[str, Bundle]) -> None:
    """Put them on a server, ahead of the folder in which they seem to lie: links inside them lead where they did."""
    for bundle in found.values():
        server.add_api_route(f"{base}assets/all.{bundle.kind}", _answering(bundle), include_in_schema=False)


def _files(folder: Path, kind: str) -> list[bytes]:
    return [f"/* {file.name} */\n".encode() + file.read_bytes() for file in sorted(folder.glob(f"*.{kind}"))]


def _answering(bundle: Bundle) -> Callable[[], Awaitable[Response]]:
    async def answer() -> Response:
        return Response(bundle.body, media_type=MEDIA[bundle.kind])

    return answer
