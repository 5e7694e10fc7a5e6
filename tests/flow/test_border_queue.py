"""The site is away: acts wait on the border, outlive the relay, and are done inside once each, in their order."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from border_relay import Border, by_a_relay, key, photo, standing_border, task, verbs
from guarded_site import Guarded
from live_city import BASE
from prerequisites import eventually

from core.accounts import Role
from core.clock import real_ms
from core.records import HOUR_MS, MINUTE_MS

UNIT, PUMP = "border-crew-2", "border-crew-3"


@pytest.fixture(scope="module")
def border(house_of_this_run: Guarded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Border]:
    with standing_border(house_of_this_run, tmp_path_factory.mktemp("queueing") / "var") as border:
        yield border


@pytest.fixture
def away(border: Border) -> Iterator[Border]:
    """The relay; the way to the house is mended when a test has cut it."""
    yield border
    if not border.way.is_there:
        border.way.mend()
    eventually(lambda: border.health()["waiting"] == 0, 20)


def step(border: Border, who: dict[str, str], case: str, verb: str, **more: str) -> Any:
    sent = {"key": key(), "case": case, "assignment": UNIT, "unit": UNIT, "verb": verb} | more
    return border.ask("POST", "m/step", who, data=sent)


@pytest.mark.claim(
    "COMMAND",
    "While the inner network is away acts wait on the border, survive its kill -9, and are done once each, in order.",
)
def test_acts_wait_and_are_done_once_in_order(house: Guarded, away: Border) -> None:
    house.crew(UNIT, "边界二队", 21.6)
    case, who = task(house, "内网断开时办的", UNIT), house.colleague(Role.FIELD)
    link = linked(house, case)
    assert away.ask("GET", f"m?unit={UNIT}", who).status_code == 200
    assert away.ask("GET", f"t?k={link}").status_code == 200
    away.way.cut()
    page = away.ask("GET", f"m?unit={UNIT}", who)
    assert page.status_code == 503 and re.search(r"内网暂时不通（自 \d\d:\d\d 起）", page.text)
    assert "没有在边界等待的操作" in page.text and "style-src 'sha256-" in page.headers["Content-Security-Policy"]
    first = key()
    for number, verb in enumerate(("accept", "accept", "depart", "arrive")):
        kept = step(away, who, case, verb, **({"key": first} if verb == "accept" else {}))
        assert kept.status_code == 202 and re.search(r"已在边界收下，内网恢复后送达 · \d\d:\d\d", kept.text), number
    files = {"photo": ("a.jpg", photo(77), "image/jpeg")}
    sent = {"key": key(), "case": case, "assignment": UNIT, "unit": UNIT}
    assert away.ask("POST", "m/photo", who, data=sent, files=files).status_code == 202
    spoken = {"k": link, "key": key(), "verb": "note", "text": "链接上说的"}
    assert away.ask("POST", "t/step", data=spoken).status_code == 202
    assert "您有 4 条在边界等待" in away.ask("GET", "m", who).text
    assert "您有 1 条在边界等待" in away.ask("GET", f"t?k={link}").text
    assert away.ask("GET", "m/changes?unit=x", who, headers={"Accept": "*/*"}).status_code == 503
    assert verbs(house, case)[-1] == "note" and away.health()["waiting"] == 5  # the link stands in the log as a note
    away.kill()
    away.start()
    assert away.health()["waiting"] == 5
    away.way.mend()
    eventually(lambda: away.health()["waiting"] == 0, 20)
    done = [verb for verb in verbs(house, case)[4:] if verb != "note"]
    assert done[-3:] == ["take", "depart", "arrive"] and done.count("accept") == 1, done
    assert verbs(house, case).count("note") == 3 and away.health()["refused"] == 0
    page = away.ask("GET", f"m?unit={UNIT}", who)
    assert page.status_code == 200 and "链接上说的" in page.text and away.health()["state"] == "ok"


def linked(house: Guarded, case: str) -> str:
    """The secret of a one-time link to our task."""
    wanted = {"key": key(), "assignment": UNIT, "name": "自来水公司 李工"}
    made = house.ask("POST", f"api/v1/cases/{case}/links", house.colleague(Role.DISPATCHER), json=wanted).json()
    return str(made["address"]).partition("k=")[2]


@pytest.mark.claim(
    "COMMAND", "What the site refuses of what waited is told to whoever did it, with the reason, until he has read it."
)
def test_what_is_not_accepted_later_is_told(house: Guarded, away: Border) -> None:
    house.crew(UNIT, "边界二队", 21.6)
    case, who = task(house, "轮不到的一步", UNIT), house.colleague(Role.FIELD)
    assert away.ask("GET", "m", who).status_code == 200
    away.way.cut()
    assert step(away, who, case, "leave").status_code == 202  # it was never there
    away.way.mend()
    eventually(lambda: away.health()["refused"] == 1, 20)
    away.kill()
    away.start()
    told = away.ask("GET", f"m?unit={UNIT}", who)
    assert "1 条送到内网后没有被受理" in told.text and "步骤或留言" in told.text and "轮不到的一步" not in told.text
    assert "没有被受理" not in away.ask("GET", "m", house.colleague(Role.FIELD, 2)).text
    assert "没有被受理" in away.ask("GET", "m", who).text, "to have looked is not to have read"
    numbers = re.search(r'name="numbers" value="([\d,]+)"', told.text)
    assert numbers is not None
    read = away.ask("POST", "border/read", who, data={"numbers": numbers[1], "back": f"m?unit={UNIT}"})
    assert read.status_code == 303 and read.headers["Location"] == f"{BASE}m?unit={UNIT}"
    assert away.health()["refused"] == 0
    assert "轮不到的一步" in away.ask("GET", f"m?unit={UNIT}", who).text
    elsewhere = away.ask("POST", "border/read", who, data={"numbers": "1", "back": "//evil.example"})
    assert elsewhere.headers["Location"] == f"{BASE}m"


@pytest.mark.claim("COMMAND", "Only whom the site has accepted of late may leave acts on the border.")
def test_strangers_leave_nothing(house: Guarded, away: Border) -> None:
    who = house.colleague(Role.FIELD)
    assert away.ask("GET", "m", who).status_code == 200
    away.way.cut()
    strangers: list[dict[str, str]] = [{}, {"Cookie": "cityvitals_session=made-up"}, house.as_role(Role.FIELD)]
    for stranger in strangers:  # the last one is real, but was never seen here
        refused = step(away, stranger, "c", "accept")
        assert refused.status_code == 503 and "没有收下" in refused.text
    assert away.ask("POST", "t/step", data={"k": "made-up", "key": key(), "verb": "note"}).status_code == 503
    assert step(away, who, "c", "accept", key="short").status_code == 503  # nothing makes it one act inside
    assert away.ask("POST", "sign-in", data={"login": "a", "password": "b"}).status_code == 503
    assert away.health()["waiting"] == 0
    assert list((away.folder / "border-queue").iterdir()) == []


def test_a_session_that_ended_inside_is_known_no_more(house: Guarded, away: Border) -> None:
    person = house.person(Role.FIELD, login=f"border-gone-{time.time_ns()}")
    who = house.as_person(person)
    assert away.ask("GET", "m", who).status_code == 200
    assert house.ask("POST", "sign-out", who).status_code == 200
    eventually(lambda: away.ask("GET", "m", who).status_code == 303, 10)
    away.way.cut()
    assert step(away, who, "c", "accept").status_code == 503


@pytest.mark.claim(
    "COMMAND", "What waited on the border counts from when it was taken in there, and is his who could act then."
)
def test_an_act_is_as_old_as_it_is(house: Guarded, away: Border) -> None:
    house.crew(PUMP, "边界三队", 21.6)
    case = task(house, "等了很久才送到", PUMP)
    person = house.person(Role.FIELD, login=f"border-late-{time.time_ns()}")
    who = house.as_person(person, began_ms=real_ms() - 3 * HOUR_MS)  # idle for longer than a session may be
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    taken_ms = real_ms() - 3 * HOUR_MS + MINUTE_MS

    def sent(verb: str, **told: int) -> int:
        body = f"key={key()}&case={case}&assignment={PUMP}&unit={PUMP}&verb={verb}".encode()
        return by_a_relay(house, "POST", "m/step", who=who, body=body, headers=form, told=told).status_code

    assert sent("accept") in {401, 403}
    assert sent("accept", taken_ms=taken_ms) == 303
    log = house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json()["log"]
    accepted = next(entry for entry in log if entry["verb"] == "accept")
    assert accepted["entered_ms"] - accepted["at_ms"] > 2 * HOUR_MS, accepted
