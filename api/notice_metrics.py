"""Deliveries of notices in numbers, for Prometheus; counted by the database when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.errors import NeighbourDown
from store.notices import counts
from store.sql import Database


class NoticeCollector(Collector):
    """How many deliveries of each channel are in each state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterator[Metric]:
        """Nothing is registered before it is known."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """All of them as of now; nothing while the database is away."""
        try:
            with self._database.reading() as connection:
                found = counts(connection)
        except NeighbourDown:
            return
        family = GaugeMetricFamily("cityvitals_notices", "Deliveries of notices", labels=["channel", "state"])
        for (channel, state), number in sorted(found.items()):
            family.add_metric([channel, state], number)
        yield family
