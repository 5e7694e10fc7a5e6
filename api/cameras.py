"""The newest picture of a camera: sent over MQTT and kept in the streams, or brought over HTTP and kept as a file.

What came over MQTT is drawn when somebody looks, so that a thousand cameras cost nothing until then; a file that is no
picture after all is refused then, with the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from api.hub import Hub
from api.photos import Darkroom
from core.clock import in_china
from core.declared import Device
from core.messages import text
from core.records import Stamp
from store.snapshots import Snapshots
from stream import pictures
from stream.connect import Client


@dataclass(frozen=True, slots=True)
class CameraPictures:
    """Pictures of the cameras of the scene on show."""

    hub: Hub
    client: Client
    files: Snapshots
    darkroom: Darkroom
    language: str

    async def made_ms(self, cameras: Sequence[str]) -> dict[str, int]:
        """Camera → when its newest picture was made, real ms UTC; without those that have none."""
        return await asyncio.to_thread(self._made_ms, cameras)

    async def newest(self, camera: Device) -> bytes:
        """The newest picture as a JPEG with name and time in its foot.

        Raises:
            UnknownName: It has sent none.
            IllegalStep: What it sent is no picture.
        """
        keys = self.hub.keys
        sent = await asyncio.to_thread(pictures.newest, self.client, keys, camera.id) if keys else None
        filed_ms = self.files.at_ms(camera.id)
        if sent is None or (filed_ms or 0) > sent.received_ms:
            return await asyncio.to_thread(self.files.newest, camera.id)
        return await self.marked(camera, sent.content, sent.received_ms)

    async def keep(self, camera: Device, content: bytes, at_ms: int) -> None:
        """Keep what was brought over HTTP, drawn anew. Raises IllegalStep: it is no picture."""
        marked = await self.marked(camera, content, at_ms)
        await asyncio.to_thread(self.files.keep, camera.id, marked, at_ms)

    async def marked(self, camera: Device, content: bytes, at_ms: int) -> bytes:
        """A picture drawn anew, with the camera, the time, and what the data are unless they are live."""
        taken = in_china(at_ms).strftime("%Y-%m-%d %H:%M:%S")
        scene = self.hub.scene
        stamp = text(f"stamp.{scene.stamp}", self.language) if scene and scene.stamp is not Stamp.LIVE else ""
        return await self.darkroom.marked(
            content, (camera.name[self.language], " · ".join(filter(None, (taken, stamp))))
        )

    def _made_ms(self, cameras: Sequence[str]) -> dict[str, int]:
        sent = pictures.received_ms(self.client, self.hub.keys, cameras) if self.hub.keys and cameras else {}
        filed = {camera: self.files.at_ms(camera) or 0 for camera in cameras}
        newest = {camera: max(sent.get(camera, 0), filed[camera]) for camera in cameras}
        return {camera: at_ms for camera, at_ms in newest.items() if at_ms}
