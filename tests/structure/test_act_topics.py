"""Topics of the outbox: one word for who writes and who reads, and nowhere a bare one."""

import re
import tomllib
from pathlib import Path

from core.acts import ActTopic

REPOSITORY = Path(__file__).parents[2]
HERE = REPOSITORY / "core/acts.py"


def _code() -> dict[Path, str]:
    rooms = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["root_packages"]
    found = {file: file.read_text("utf-8") for room in rooms for file in (REPOSITORY / room).rglob("*.py")}
    return {file: source for file, source in found.items() if file != HERE}


def test_no_topic_stands_as_a_bare_word() -> None:
    bare = "|".join(re.escape(topic) for topic in ActTopic if "." in topic)  # the others are common words too
    found = {file.name: re.findall(rf"[\"'](?:{bare})[\"']", source) for file, source in _code().items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_whoever_tells_names_its_topic() -> None:
    calls = re.compile(r"(?<!def )(?<![\w.])tell\(\w+,\s*([\w.\"']+)")
    told = {topic for source in _code().values() for topic in calls.findall(source)}
    assert told == {f"ActTopic.{topic.name}" for topic in ActTopic}, "each topic is told by somebody"
