"""An owned slot: a log, the state folded from it, and the outputs that its ticks produced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.records import Tick
from stream.keys import Keys

Entry = tuple[str, dict[bytes, bytes]]  # (id, fields)
START = "0-0"


class Slot:
    """One slot owned by this worker under an epoch; every write is refused when a newer owner took it.

    The owner's turn: `read` from the log; fold readings; at each tick entry fold the side streams up to
    `tick.upto`, `emit` what was decided under the tick's id, now and then `commit`. `append_tick` asks for the
    next decision. After a crash the same entries are read again and the repeated outputs are refused, so the
    outcome is exactly that of a run without the crash.
    """

    epoch: int
    position: str
    chunks: dict[bytes, bytes]  # state as restored by `take`; empty on a fresh start or a changed definition

    @classmethod
    def take(cls, client: object, keys: Keys, name: str, definition: str) -> Slot:
        """Take the slot over with the next epoch; a checkpoint of another definition is dropped (START again)."""
        raise NotImplementedError

    def read(self, count: int, block_ms: int) -> list[Entry]:
        """The next entries of the log, at most `count`; [] after `block_ms` without any (0: do not wait)."""
        raise NotImplementedError

    def read_side(self, stream: str, after: str, upto: str) -> list[Entry]:
        """Entries of another stream in (after, upto]."""
        raise NotImplementedError

    def newest(self, stream: str) -> str:
        """Id of the newest entry of a stream, START when it is empty."""
        raise NotImplementedError

    def append_tick(self, tick: Tick) -> str:
        """Append a decision point to the log. Raises NotOwner."""
        raise NotImplementedError

    def emit(self, stream: str, entry_id: str, fields: Mapping[bytes, bytes]) -> bool:
        """Append an output under the tick's id; False when it stands there already. Raises NotOwner."""
        raise NotImplementedError

    def commit(self, position: str, dirty: Mapping[bytes, bytes | None]) -> None:
        """State and position together; None drops a chunk. Raises NotOwner before anything is written."""
        raise NotImplementedError

    def trim(self, streams: Sequence[str], before: str) -> None:
        """Drop entries before an id by MINID."""
        raise NotImplementedError
