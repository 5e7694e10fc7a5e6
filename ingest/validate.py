"""What is known against a reading, as flags: a flagged reading is kept, and rules decide what to use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from core.declared import Device, Feed, Metric
from core.records import Quality, ReadingBatch, UInt16


def quality(batch: ReadingBatch, feed: Feed, devices: Mapping[str, Device], metrics: Mapping[str, Metric]) -> UInt16:
    """Flags of each reading, uint16 (n,); the flags that stand in the batch already are kept.

    OUT_OF_RANGE: outside [low, high] of its metric. UNKNOWN_METRIC: the metric is not declared. UNPLACED: the
    device is not declared, or stands in no area; a declared vehicle brings its place along and is never that.
    The test reading 拨测 is judged by nothing.
    """
    if feed.kind == "probe":
        return batch.quality
    bounds = [(metric.low, metric.high) if (metric := metrics.get(m)) else (-np.inf, np.inf) for m in batch.metrics]
    low, high = np.array(bounds, np.float64).reshape(-1, 2).T
    of_metric = _flags((m not in metrics for m in batch.metrics), Quality.UNKNOWN_METRIC)
    of_device = _flags((not _placed(devices.get(d), feed) for d in batch.devices), Quality.UNPLACED)
    outside = (batch.value < low[batch.metric]) | (batch.value > high[batch.metric])
    range_flags = np.where(outside, np.uint16(Quality.OUT_OF_RANGE), np.uint16(0))
    return batch.quality | of_metric[batch.metric] | of_device[batch.device] | range_flags


def _placed(device: Device | None, feed: Feed) -> bool:
    return device is not None and (feed.kind == "vehicle" or bool(device.area))


def _flags(hits: Iterable[bool], flag: Quality) -> UInt16:
    return np.array([flag if hit else 0 for hit in hits], np.uint16)
