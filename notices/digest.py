"""What a digest says: how many notices of each level were beyond the budget, and the gravest of them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.messages import text
from core.notices import Notice
from core.records import Level, Stamp
from notices.guard import marked


def composed(notices: Sequence[Notice], stamp: Stamp, language: str) -> str:
    """One line. notices: those that it stands for, the gravest first, at least one."""
    counted = Counter(notice.level for notice in notices)
    levels = text("notice.digest_and", language).join(
        text("notice.digest_level", language, level=text(f"level.{level.name.lower()}_colour", language), count=count)
        for level, count in sorted(counted.items(), reverse=True)
        if level is not Level.NORMAL
    )
    first = notices[0].sentence
    said = text("notice.digest", language, count=len(notices), levels=levels, first=first)
    return marked(said, stamp, language)
