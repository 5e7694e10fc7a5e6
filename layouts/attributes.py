"""Attributes `data-…` of elements, which Dash has no names for."""

from __future__ import annotations

from typing import Any


def data(**told: str | None) -> dict[str, Any]:
    """Attributes by what follows `data-` in their names; None: left out by the page.

    >>> data(do="new")
    {'data-do': 'new'}
    """
    return {f"data-{name}": value for name, value in told.items()}
