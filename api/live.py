"""The live feed: WebSocket, else server-sent events, else long poll; all three carry the same frames."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from fastapi import APIRouter, Query, Response, WebSocket
from fastapi.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect, WebSocketState

from api.hub import Client, Hub

POLL_S = 1.0
TRY_AGAIN_LATER = 1013
NEVER_KEPT = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # a proxy must not hold frames back


Cut = Callable[[bytes], bytes]  # a frame as one client may see it


def whole(frame: bytes) -> bytes:
    """For clients that see everything: the one encoding that all share."""
    return frame


def live_routes(hub: Hub, cut: Callable[[], Cut] = lambda: whole) -> APIRouter:
    """The three ways to the frames. `rev` is what the client holds already; cut: for whoever asks now."""
    router = APIRouter(include_in_schema=False)

    @router.websocket("/live/ws")
    async def by_websocket(socket: WebSocket, rev: int | None = None) -> None:
        await socket.accept()
        client = hub.join(rev)
        listening = asyncio.create_task(_until_gone(socket, client))
        try:
            await _send_all(socket, client, cut())
        finally:
            hub.leave(client)
            listening.cancel()

    @router.get("/live/sse")
    async def by_events(rev: int | None = Query(None)) -> StreamingResponse:
        return StreamingResponse(_events(hub, rev, cut()), media_type="text/event-stream", headers=NEVER_KEPT)

    @router.get("/live/poll")
    async def by_poll(rev: int | None = Query(None)) -> Response:
        body = b"[" + b",".join(map(cut(), await _newer(hub, rev))) + b"]"
        return Response(body, media_type="application/json", headers=NEVER_KEPT)

    return router


async def _send_all(socket: WebSocket, client: Client, cut: Cut) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # gone in the middle of a frame
        while (frame := await client.next()) is not None:
            await socket.send_text(cut(frame).decode())
        if socket.application_state is WebSocketState.CONNECTED:
            await socket.close(TRY_AGAIN_LATER)


async def _until_gone(socket: WebSocket, client: Client) -> None:
    """Clients say nothing; but only by listening is it noticed that one left."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()
    client.end()


async def _events(hub: Hub, rev: int | None, cut: Cut) -> AsyncIterator[bytes]:
    client = hub.join(rev)
    try:
        while (frame := await client.next()) is not None:
            yield b"data: " + cut(frame) + b"\n\n"
    finally:
        hub.leave(client)


async def _newer(hub: Hub, rev: int | None) -> list[bytes]:
    """What is newer than `rev`; when there is nothing yet, the first that comes within a second; else one beat."""
    newer = hub.missed(rev)
    if newer:
        return newer
    client = hub.join(hub.reader.revision)
    client.waiting()  # the beat that greets everyone
    try:
        first = await asyncio.wait_for(client.next(), POLL_S)
    except TimeoutError:
        return [hub.beat()]
    finally:
        hub.leave(client)
    return [first or hub.beat(), *client.waiting()]
