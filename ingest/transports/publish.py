"""A small publisher of QoS 1 for those who may not speak MQTT themselves: the test reading 拨测, notices."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from core.clock import monotonic_s
from ingest.transports.address import aim

KEEPALIVE_S = 2
QUEUED = 1_000  # messages kept while the broker is away


class Publisher:
    """Publishes with QoS 1 and reconnects by itself; `wait` says whether the broker has taken everything."""

    def __init__(self, url: str, client_id: str) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.reconnect_delay_set(1, 2)
        self._client.max_queued_messages_set(QUEUED)
        self._owed: list[mqtt.MQTTMessageInfo] = []
        aim(self._client, url, KEEPALIVE_S)

    def connect(self) -> None:
        """Begin to connect, in a thread of paho's; what is published before is sent then."""
        self._client.loop_start()

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> bool:
        """Hand over one message; nothing is waited for. False: cut off for so long that no more is kept."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            return False  # given up: a late test reading is worth nothing, and a notice is tried again
        if info.rc == MQTTErrorCode.MQTT_ERR_NO_CONN:
            info.rc = MQTTErrorCode.MQTT_ERR_AGAIN  # at QoS 1 paho keeps it and sends it once connected
        self._owed = [*self._still_owed(), info]
        return True

    def wait(self, timeout_s: float) -> bool:
        """Whether the broker acknowledged all that was published, within the time."""
        until_s = monotonic_s() + timeout_s
        for info in self._owed:
            info.wait_for_publish(max(0.0, until_s - monotonic_s()))
        self._owed = self._still_owed()
        return not self._owed

    def _still_owed(self) -> list[mqtt.MQTTMessageInfo]:
        return [info for info in self._owed if not info.is_published()]

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
