"""Chance as a pure function: the same seed, name and index give the same number everywhere, in any order of asking.

A generator with a state would make a reading depend on how many were drawn before it; here the live part, the past
part and a test that looks at one minute agree because none of them draws.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int64

UInt64 = NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def key_of(seed: int, *names: str) -> UInt64:
    """The key of one stream of chance, uint64 (1,): stable over processes and versions."""
    digest = hashlib.blake2b("¦".join((str(seed), *names)).encode(), digest_size=8).digest()
    return np.frombuffer(digest, dtype="<u8").astype(np.uint64)


def keys_of(seed: int, what: str, names: tuple[str, ...]) -> UInt64:
    """One key a name, uint64 (n,)."""
    return np.concatenate([key_of(seed, what, name) for name in names]) if names else np.empty(0, np.uint64)


def uniform(key: UInt64, index: Int64) -> Float64:
    """Even chance in [0, 1) at each index; key and index are broadcast against each other.

    Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 (SplitMix64).
    """
    bits = key + (index.astype(np.uint64) + np.uint64(1)) * _GOLDEN
    bits = (bits ^ (bits >> np.uint64(30))) * _MIX_1
    bits = (bits ^ (bits >> np.uint64(27))) * _MIX_2
    bits = bits ^ (bits >> np.uint64(31))
    share: Float64 = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return share


def smooth(key: UInt64, at_ms: Int64, period_ms: int) -> Float64:
    """A wandering line in (−1, 1): a new random value every `period_ms`, eased between them."""
    cell, along_ms = np.divmod(at_ms, period_ms)
    share = along_ms / period_ms
    ease = share * share * (3.0 - 2.0 * share)
    before, after = uniform(key, cell), uniform(key, cell + 1)
    line: Float64 = 2.0 * (before + (after - before) * ease) - 1.0
    return line


def chance(key: UInt64, index: int) -> float:
    """One number of `uniform`."""
    return float(uniform(key, np.array([index], np.int64))[0])
