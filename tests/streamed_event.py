"""An event as it lies in the stream of panes, in a batch that has nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.records import Event, PaneBatch
from stream.codec import encode_panes


def panes_of(event: Event) -> dict[Any, Any]:
    """The entry of the stream that tells an event at its time."""
    none, whole = np.empty(0), np.empty(0, np.int64)
    columns = (np.empty(0, np.int32), np.empty(0, np.uint16), whole, whole, none, none, none, whole, none)
    return dict(encode_panes(PaneBatch(0, event.told_ms, event.told_ms, (), (), *columns, events=(event,))))
