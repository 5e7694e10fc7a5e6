"""What reading a pack finds: mistakes, which stop it, and doubts, which do not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Findings:
    """Sentences, each as `file:line: sentence`, collected while a pack is read."""

    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def sorted(self) -> Findings:
        """Each sentence once, by file and line."""
        return Findings(in_order(self.problems), in_order(self.doubts))


def in_order(sentences: list[str]) -> list[str]:
    """Each sentence once, by file and line."""
    return sorted(set(sentences), key=_file_and_line)


def _file_and_line(problem: str) -> tuple[str, int, str]:
    found = re.match(r"(.*?):(\d+): ", problem)
    return (found[1], int(found[2]), problem) if found else (problem, 0, problem)
