"""What a process writes: one JSON object a line, so that people can read it and machines can filter it."""

from __future__ import annotations

import json
import logging
import sys

from core.clock import from_ms


class OneLine(logging.Formatter):
    """A record as one line of JSON, a traceback inside it."""

    def __init__(self, worker: str) -> None:
        super().__init__()
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "at": from_ms(int(record.created * 1000)).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "worker": self._worker,
            "room": record.name,
            "says": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def write_logs(worker: str, level: str) -> None:
    """Let this process write its log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(worker))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
