"""Routes of notices as a pack declares them, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from prerequisites import REPOSITORY

from catalogue.load import check, load
from core.notices import Channel, Route
from core.records import Level

PACKS = REPOSITORY / "packs"
CITY = """city: {code: '440900', name: {zh: 茂名, en: Maoming}}
routes:
  flood-schools:
    name: 防汛通知教育值班
    to: ['post:education-duty']
    channels: [sms, voice]
    topics: [water.river, meteorology]
    areas: ['440983']
    level: yellow
    hours: ['18:00', '08:00']
    response: typhoon
    response_level: 3
"""


def city(folder: Path, written: str) -> Path:
    (folder / "topics").symlink_to(PACKS / "topics")
    (folder / "cities").mkdir()
    (folder / "cities" / "here.yaml").write_text(written, "utf-8")
    return folder


def test_a_route_of_a_pack(tmp_path: Path) -> None:
    routes = load(city(tmp_path, CITY), "here").routes
    assert routes == {
        "flood-schools": Route(
            "flood-schools",
            "防汛通知教育值班",
            ("post:education-duty",),
            (Channel.SMS, Channel.VOICE),
            topics=("water.river", "meteorology"),
            areas=("440983",),
            level=Level.YELLOW,
            from_min=1080,
            until_min=480,
            response="typhoon",
            response_level=3,
        )
    }


@pytest.mark.claim("WARN", "A route of a pack that names what does not exist is refused with file and line.")
def test_mistakes_of_routes_are_told_with_their_lines(tmp_path: Path) -> None:
    wrong = (
        CITY.replace("water.river,", "water.lake,")
        .replace("typhoon", "drought")
        .replace("'440983'", "'here'")
        .replace("response_level: 3", "response_level: 3\n    sound: loud")
    )
    (refused,) = check(city(tmp_path, wrong), "here")
    assert refused.endswith(
        "here.yaml:13: routes.flood-schools.sound is not a known key; known: name, to, channels, "
        "topics, areas, level, hours, unacknowledged_s, unanswered_s, standing_s, then, response, response_level, "
        "restricted"
    )
    (tmp_path / "cities" / "here.yaml").write_text(wrong.replace("\n    sound: loud", ""), "utf-8")
    problems = [one.partition("here.yaml:")[2] for one in check(tmp_path, "here")]
    assert [one[:45] for one in problems] == [
        "7: routes.flood-schools.topics 'water.lake' i",
        "8: routes.flood-schools.areas 'here' is no ar",
        "11: routes.flood-schools.response 'drought' i",
    ]
