"""Mergeable sketches of the values in a pane: how they are spread, and how many different ones. Pure.

Both are functions of the set of readings: neither order nor grouping changes a bit of them.

Quantiles: how many readings lie in each class; any quantile is within 0.5 % of the true one, relative to its size.
Source: Masson, Rim and Lee, DDSketch, VLDB 12 (2019); classes by linear interpolation between powers of two, as in the
authors' `ddsketch` package, whose sketch takes one value at a time in Python where ours takes a column. Only exact
operations on the bits of a number decide its class, so that every machine finds the same one.

Distinct: the 1,024 smallest hashes of the values; exact below that many, above it within about 3 %. Source: Bar-Yossef
et al., Counting Distinct Elements in a Data Stream, RANDOM 2002, algorithm 2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int32

RELATIVE_ERROR = 0.005
_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_CLASSES_AN_OCTAVE = 1 / math.log(_GAMMA)
_ZERO_BELOW = 1e-9
_SHIFT = 4096  # classes of numbers from 1e-9 on are above −3,100; shifted they are above 0, and negated below it
_COUNTS = np.dtype([("of", "<i4"), ("count", "<u4")])

HASHES = 1024
_HASHED = np.dtype("<u8")

Starts = NDArray[np.intp]


def quantile_sketches(value: Float64, starts: Starts) -> list[bytes]:
    """A sketch of each run of values; `starts` are the positions where the runs begin, the first one 0."""
    run = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(value))))
    of = _classes(value)
    order = np.lexsort((of, run))
    run, of = run[order], of[order]
    begins = np.flatnonzero(np.append(True, (run[1:] != run[:-1]) | (of[1:] != of[:-1])))
    counts = np.empty(len(begins), _COUNTS)
    counts["of"], counts["count"] = of[begins], np.diff(np.append(begins, len(value)))
    bounds = np.searchsorted(run[begins], np.arange(len(starts) + 1)) * _COUNTS.itemsize
    packed = counts.tobytes()
    return [packed[start:stop] for start, stop in itertools.pairwise(bounds.tolist())]


def merged_quantiles(sketches: Iterable[bytes]) -> bytes:
    """The sketch of all values of some sketches."""
    counts = np.frombuffer(b"".join(sketches), _COUNTS)
    of, at = np.unique(counts["of"], return_inverse=True)
    merged = np.empty(len(of), _COUNTS)
    merged["of"], merged["count"] = of, np.bincount(at, weights=counts["count"], minlength=len(of))
    return merged.tobytes()


def quantile(sketch: bytes, share: float) -> float:
    """The value that stands at `share` (0 to 1) of all, the lower of two; NaN of no values.

    >>> round(quantile(*quantile_sketches(np.arange(1.0, 102.0), np.array([0])), 0.5) / 51, 2)
    1.0
    """
    counts = np.frombuffer(sketch, _COUNTS)
    if not len(counts):
        return math.nan
    upto = np.cumsum(counts["count"], dtype=np.int64)
    at = np.searchsorted(upto, math.floor(share * (upto[-1] - 1)), side="right")
    return _value(int(counts["of"][at]))


def distinct_sketches(value: Float64, starts: Starts) -> list[bytes]:
    """A sketch of each run of values; `starts` are the positions where the runs begin, the first one 0."""
    hashes = _hashes(value)
    bounds = (*starts.tolist(), len(value))
    return [np.unique(hashes[start:stop])[:HASHES].tobytes() for start, stop in itertools.pairwise(bounds)]


def merged_distinct(sketches: Iterable[bytes]) -> bytes:
    """The sketch of all values of some sketches."""
    return np.unique(np.frombuffer(b"".join(sketches), _HASHED))[:HASHES].tobytes()


def distinct(sketch: bytes) -> float:
    """How many different values there were: exact below `HASHES`, an estimate above.

    >>> distinct(*distinct_sketches(np.array([1.0, 2.0, 1.0, 0.0, -0.0]), np.array([0])))
    3.0
    """
    hashes = np.frombuffer(sketch, _HASHED)
    return float(len(hashes)) if len(hashes) < HASHES else float(round((HASHES - 1) / (float(hashes[-1]) / 2.0**64)))


def _classes(value: Float64) -> Int32:
    """The class of each value, rising with it; 0 around zero."""
    size = np.abs(value)
    mantissa, exponent = np.frexp(np.maximum(size, _ZERO_BELOW))
    above_zero = np.ceil((exponent - 2 + 2 * mantissa) * _CLASSES_AN_OCTAVE) + _SHIFT
    of: Int32 = np.where(size < _ZERO_BELOW, 0, np.copysign(above_zero, value)).astype(np.int32)
    return of


def _value(of: int) -> float:
    """The value of a class, at most `RELATIVE_ERROR` away from every one in it."""
    if of == 0:
        return 0.0
    octaves = (abs(of) - _SHIFT) / _CLASSES_AN_OCTAVE
    whole = math.floor(octaves)
    upper = math.ldexp(1 + octaves - whole, whole)
    return math.copysign(upper * 2 / (1 + _GAMMA), of)


def _hashes(value: Float64) -> NDArray[np.uint64]:
    """64 well mixed bits of each value. Source: Steele, Lea and Flood, SplitMix, OOPSLA 2014, `mix64`."""
    bits = (value + 0.0).view(np.uint64)  # −0.0 is 0.0
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
