"""What every declared entry has in common: unknown keys are refused, nothing changes after reading.

Each room owns the schema of its section (`<room>/schema.py`); `catalogue/` reads the files and adds file and line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

NAME = r"^[a-z0-9][a-z0-9_.-]*$"  # ids of metrics, feeds, indicators, rules: they become keys and topic parts
Name = Annotated[str, Field(pattern=NAME)]
Seconds = Annotated[int, Field(gt=0, le=366 * 86_400)]


class EntryFaults(ValueError):
    """Several faults of one entry, each with the path of the key that it belongs to."""

    def __init__(self, faults: Sequence[tuple[tuple[str | int, ...], str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(said for _, said in faults))


class Entry(BaseModel):
    """One declared entry. Nested records (`Words`, `Source`) refuse unknown keys as well."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def fields(self) -> dict[str, Any]:
        """The fields as they are named in the record that is built from this entry."""
        return dict(self)
