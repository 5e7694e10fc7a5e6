"""Memory that a process gave back and will want again in the next moment stays with it."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of <malloc.h>
KEPT_BYTES = 64 * 1024 * 1024  # what lies free at the end of the heap
MAPPED_FROM_BYTES = 16 * 1024 * 1024  # a block as large as this goes back at once


def keep_freed() -> bool:
    """Let malloc keep `KEPT_BYTES` instead of giving each batch's memory back to the system; False where it cannot.

    Every turn of the engine takes and frees about 10 MB. Given back, they come again as pages that the kernel must
    fill with zeros one by one: a fifth of the engine's CPU, and more the more engines do so at once. Other C
    libraries than glibc do without.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_TRIM_THRESHOLD, KEPT_BYTES)) and bool(mallopt(_MMAP_THRESHOLD, MAPPED_FROM_BYTES))
