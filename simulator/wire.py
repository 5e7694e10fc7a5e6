"""One MQTT connection that only publishes: QoS 1, a bounded number unanswered, quiet about a broker that goes away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from core.broker_address import broker_address

LOG = logging.getLogger(__name__)
WAIT_S = 0.2  # between two looks at `stopping` while waiting for the broker


class Wire:
    """Publishes from one thread. Messages without an answer are sent again by paho after a reconnect."""

    def __init__(self, url: str, client_id: str, *, unanswered: int = 1000, stopping: Callable[[], bool]) -> None:
        """Begin to connect; a broker that is not there yet is waited for.

        Args:
            url: mqtt:// or mqtts://, user and password as in any URL.
            client_id: Unique at the broker.
            unanswered: Most messages without PUBACK; `publish` waits at this bound.
            stopping: Ends every wait.
        """
        self._stopping = stopping
        self._limit = unanswered
        self._open = 0
        self._changed = threading.Condition()
        self._connected = False
        self._client = _client(url, client_id, unanswered)
        self._client.on_publish = self._answered
        self._client.on_connect = self._came
        self._client.on_disconnect = self._went
        broker = broker_address(url)
        self._client.connect_async(broker.host, broker.port, keepalive=30)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand one message over; waits for the broker, and while too many are unanswered. False when stopped.

        Nothing is handed to paho before the connection stands: it would send those messages after later ones.
        """
        with self._changed:
            if not self._wait(lambda: self._connected and self._open < self._limit):
                return False
            self._open += 1
        self._client.publish(topic, payload, qos=1)
        return True

    def settle(self, within_s: float = 30.0) -> bool:
        """Wait until everything is answered. False when it took longer, or when stopped."""
        with self._changed:
            rounds = max(1, int(within_s / WAIT_S))
            for _ in range(rounds):
                if self._changed.wait_for(lambda: not self._open, WAIT_S):
                    return True
                if self._stopping():
                    return False
        return False

    def close(self) -> None:
        """Leave in order; what is unanswered stays so."""
        self._connected = False  # a farewell is no loss
        self._client.disconnect()
        self._client.loop_stop()

    def _wait(self, condition: Callable[[], bool]) -> bool:
        while not self._changed.wait_for(condition, WAIT_S):
            if self._stopping():
                return False
        return True

    def _answered(self, *_: Any) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _came(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            LOG.warning("the broker refuses the connection: %s", reason)
            return
        LOG.info("connected to the broker")
        with self._changed:
            self._connected = True
            self._changed.notify_all()

    def _went(self, *_: Any) -> None:
        if self._connected:
            LOG.warning("lost the broker; trying again")
        self._connected = False


def _client(url: str, client_id: str, unanswered: int) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True, protocol=MQTTv311)
    client.max_inflight_messages_set(unanswered)
    client.reconnect_delay_set(1, 5)
    broker = broker_address(url)
    if broker.user:
        client.username_pw_set(broker.user, broker.password)
    if broker.secure:
        client.tls_set()
    return client
