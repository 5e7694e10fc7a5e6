"""State as bytes and back: columns by name, and plain values. A chunk is what one checkpoint writes at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]


def pack(columns: Mapping[str, NDArray[Any]], **plain: Any) -> bytes:
    """Columns of any shape and plain values (numbers, texts, lists) as one chunk."""
    raw = {name: (column.dtype.str, column.shape, column.tobytes()) for name, column in columns.items()}
    return msgspec.msgpack.encode((raw, plain))


def unpack(chunk: bytes) -> tuple[Columns, dict[str, Any]]:
    """Inverse of `pack`; the columns are writable copies."""
    raw, plain = msgspec.msgpack.decode(chunk)
    columns = {
        name: np.frombuffer(content, dtype).reshape(shape).copy() for name, (dtype, shape, content) in raw.items()
    }
    return columns, plain
