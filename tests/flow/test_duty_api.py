"""The duty desk over HTTP: real site, database and audit over a made-up picture; hand entries in a real stream."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import orjson
import pytest
from guarded_site import Guarded
from prerequisites import eventually

from accounts.founding import console
from core.accounts import Reach, Role
from core.acts import ActTopic
from core.clock import real_ms
from core.records import HOUR_MS, MINUTE_MS, CityWarning, Issuer, Level, Stamp, WarningPhase
from ingest.known import Known
from store.outbox import told_after
from store.warnings import KeptWarning, keep_warnings
from stream.appender import Appender, raw_message
from stream.codec import decode_events
from stream.connect import connect
from stream.scenes import active_scene
from workers.entering import Entering

RIVER, RAIN = 0, 1  # of the made-up warnings the first two
_NUMBERS = count()


class Desk:
    """Warnings of this test alone, under ids of its own: what others did in the same house concerns other ones."""

    def __init__(self, house: Guarded) -> None:
        self.house = house
        house.picture.show("typhoon", warnings=6)
        made_up = house.picture.sections["warnings"]
        self.warnings = {f"t{next(_NUMBERS)}": dict(one) for one in made_up.values()}
        self.ids = list(self.warnings)
        self.change({"warnings": self.warnings}, {"warnings": list(made_up)})

    def change(self, changed: dict[str, Any], drop: dict[str, list[str]] | None = None) -> None:
        """Change the picture, and wait until the site has it."""
        self.house.picture.change(changed, drop)
        who = self.house.colleague(Role.DUTY)
        revision = self.house.picture.revision
        eventually(lambda: self.house.ask("GET", "live/poll", who).json()[0]["rev"] >= revision, 10)

    def ask(
        self, role: Role, method: str, path: str, body: object = None, who: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """One request of the first person of a role, or of somebody else → (status, answer)."""
        answer = self.house.ask(method, f"api/v1/{path}", who or self.house.colleague(role), json=body)
        return answer.status_code, answer.json()

    def act(self, role: Role, at: int, kind: str, **more: Any) -> tuple[int, Any]:
        """An act on one of the warnings."""
        who = more.pop("who", None)
        return self.ask(role, "POST", f"warnings/{self.ids[at]}/acts", wish(kind, **more), who)


@pytest.fixture
def desk(house: Guarded) -> Desk:
    return Desk(house)


def wish(kind: str, **more: object) -> dict[str, object]:
    return {"key": f"key-{next(_NUMBERS):08d}", "kind": kind} | more


@pytest.mark.claim(
    "WARN", "Acknowledged over HTTP once: a repeat changes nothing, a second officer is told who did, 409."
)
def test_two_officers(desk: Desk, house: Guarded) -> None:
    path, first = f"warnings/{desk.ids[RIVER]}/acts", wish("acknowledge")
    status, told = desk.ask(Role.DUTY, "POST", path, first)
    assert (status, told["name"], list(told["covers"])) == (200, "值班员一", [desk.ids[RIVER]])
    assert desk.ask(Role.DUTY, "POST", path, first) == (200, told)
    status, no = desk.act(Role.SHIFT_LEADER, RIVER, "acknowledge")
    assert (status, no["error"]["code"]) == (409, "already") and "值班员一" in no["error"]["sentence"]
    assert desk.act(Role.SHIFT_LEADER, RIVER, "comment", text="已电话通知水务局")[0] == 200
    history = desk.ask(Role.DUTY, "GET", path)[1]["acts"]
    assert [(one["kind"], one["name"]) for one in history] == [("acknowledge", "值班员一"), ("comment", "值班长一")]
    assert [entry.act.outcome for entry in house.acts("warnings.confirm")][-3:] == ["done", "refused", "done"]
    with house.office.database.reading() as connection:
        assert {row.topic for row in told_after(connection, 0)} >= {ActTopic.DUTY}


def test_a_card_is_acted_on_as_a_whole(desk: Desk) -> None:
    members = desk.ids[3:5]
    desk.change({"cards": {members[0]: {"cause": "feeder", "warnings": members, "level": "orange", "area": "440900"}}})
    status, told = desk.act(Role.DUTY, 3, "acknowledge")
    desk.change({}, {"cards": [members[0]]})
    assert (status, set(told["covers"])) == (200, set(members))


@pytest.mark.claim("WARN", "Who may not act is refused with a sentence: no right, out of his area, expired, unknown.")
def test_who_is_refused(desk: Desk, house: Guarded) -> None:
    here = desk.warnings[desk.ids[RAIN]]["area"]
    elsewhere = next(area for area in house.picture.sections["areas"] if area not in (here, "440900"))
    assert desk.act(Role.RULES, RAIN, "acknowledge")[0] == 403
    narrow = house.as_role(Role.DUTY, Reach((elsewhere,)))
    assert desk.act(Role.DUTY, RAIN, "acknowledge", who=narrow)[0] == 404, "he does not even see it"
    expired = house.as_person(house.person(Role.DUTY), began_ms=real_ms() - 13 * HOUR_MS)
    status, no = desk.act(Role.DUTY, RAIN, "acknowledge", who=expired)
    assert (status, no["error"]["code"]) == (401, "locked")
    assert house.ask("GET", "live/poll", expired).status_code == 200, "the picture stays"
    assert desk.ask(Role.DUTY, "POST", "warnings/nothing/acts", wish("acknowledge"))[0] == 404
    assert desk.act(Role.DUTY, RAIN, "entry")[0] == 422
    assert desk.act(Role.DUTY, RAIN, "shelve", text="检修")[0] == 403, "for shift leaders"
    status, no = desk.act(Role.SHIFT_LEADER, RAIN, "shelve", text="检修", until_ms=real_ms() + 5 * HOUR_MS)
    assert (status, no["error"]["sentence"]) == (422, "搁置最长 4 小时")


def test_a_silent_source_and_an_event_are_acknowledged_too(desk: Desk, house: Guarded) -> None:
    event = next(iter(house.picture.sections["events"]))
    for subject in (f"event:{event}", "source:rain"):
        since = {"since_ms": real_ms() + next(_NUMBERS)}
        status, told = desk.ask(Role.DUTY, "POST", "duty/acts", wish("acknowledge", subject=subject, **since))
        assert (status, list(told["covers"])) == (200, [subject])
    assert desk.ask(Role.DUTY, "POST", "duty/acts", wish("acknowledge", subject="event:none"))[0] == 404
    assert desk.ask(Role.DUTY, "POST", "duty/acts", wish("mute", subject="sound", until_ms=1))[0] == 200


@pytest.mark.claim("WARN", "A silence says before it is made what it would hide now.")
def test_a_silence_is_previewed_and_ended(desk: Desk) -> None:
    rule, now_ms = desk.warnings[desk.ids[RAIN]]["rule"], real_ms()
    scope = {"rules": [rule], "from_ms": now_ms, "until_ms": now_ms + HOUR_MS, "reason": "雨量站检修"}
    status, seen = desk.ask(Role.SHIFT_LEADER, "POST", "silences/preview", scope)
    expected = {one for one, it in desk.warnings.items() if it["rule"] == rule and it["level"] != "red"}
    assert status == 200 and set(seen["hides"]) == expected and len(seen["sentences"]) == len(expected)
    status, made = desk.ask(Role.SHIFT_LEADER, "POST", "silences", scope)
    assert (status, made["name"]) == (200, "值班长一")
    assert desk.ask(Role.DUTY, "POST", f"silences/{made['number']}/end")[0] == 403
    assert desk.ask(Role.SHIFT_LEADER, "POST", f"silences/{made['number']}/end")[1]["ended_ms"] > 0
    assert desk.ask(Role.SHIFT_LEADER, "POST", "silences", scope | {"rules": []})[0] == 422


@pytest.mark.claim("WARN", "The number of the responsible person comes with a warning; masked for whom may not see it.")
def test_whom_to_call(desk: Desk, house: Guarded) -> None:
    area = desk.warnings[desk.ids[RIVER]]["area"]
    for at, reach in enumerate((Reach((area,)), Reach(("440902-t1",)))):
        person = house.person(Role.LIAISON, reach, login=f"called-{at}", name=f"责任人{at}")
        house.office.roster.change_person(console(), replace(person, phone=f"1380000000{at}"), real_ms())
    path = f"warnings/{desk.ids[RIVER]}/contacts"
    status, told = desk.ask(Role.DUTY, "GET", path)
    assert status == 200 and told["in_full"]
    assert [one["phone"] for one in told["contacts"] if one["name"].startswith("责任人")] == ["13800000000"]
    masked = desk.ask(Role.LEADER, "GET", path)[1]
    assert not masked["in_full"] and masked["contacts"][0]["phone"] == "138****0000"


@pytest.mark.claim(
    "WARN", "Whatever a machine would send is entered by hand, marked with who did, by the same appender."
)
def test_hand_entries_go_the_way_of_machines(desk: Desk, house: Guarded) -> None:
    def enter(role: Role, **entry: object) -> int:
        return desk.ask(role, "POST", "entries", {"entry": {"key": f"entry-{next(_NUMBERS):06d}", **entry}})[0]

    reading = {"kind": "reading", "device": "mm-river-03", "metric": "stage_m", "value": 29.6}
    assert enter(Role.DUTY, **reading) == 200
    assert enter(Role.LEADER, **reading) == 403
    assert enter(Role.DUTY, **(reading | {"metric": "ph"})) == 404
    assert enter(Role.DUTY, **(reading | {"at_ms": real_ms() + 30 * 24 * HOUR_MS})) == 422, "of next month"
    signal = {"kind": "signal", "what": "台风", "level": "orange", "issuer": "市气象台", "area": "440900"}
    assert enter(Role.DUTY, **signal) == 200
    assert enter(Role.DUTY, **signal, lifts="entry-of-before") == 200
    assert enter(Role.DUTY, kind="event", area="440981", text="群众来电：河水漫过桥面") == 200
    settings, keys, declared = house.entrance.settings, house.picture.keys, house.picture.declared
    client = connect(settings.redis_url)
    scene = active_scene(client)
    assert scene is not None
    assert raw_message(client, keys, "mm-river-03") is None, "only when its act is committed"
    known = Known(scene, declared.feeds, declared.devices, declared.metrics, 64 * 1024)
    entering = Entering(house.office.database, Appender(client, keys, 1000), known)
    assert (entering.turn(real_ms()), entering.turn(real_ms())) == (4, 0)
    raw = raw_message(client, keys, "mm-river-03")
    assert raw is not None
    told = orjson.loads(raw.payload)
    assert (told["entered_by"], list(told["values"].values())) == ("person:duty-1", [29.6])
    logs = [client.xrange(keys.events(slot)) for slot in keys.slots]
    events = [event for log in logs for _, fields in log for event in decode_events(fields)]
    client.close()
    assert {event.type for event in events} == {"signal.orange", "report"}
    assert [event.id for event in events if event.ended_ms is not None] == ["by-hand:entry-of-before"]
    assert all(event.attributes["by_hand"] is True for event in events)


@pytest.mark.claim(
    "WARN", "Warnings of days past are listed with who acknowledged and judged, cut to the reach of the post."
)
def test_kept_warnings_tell_what_was_done(desk: Desk, house: Guarded) -> None:
    now_ms, scene = real_ms(), "demo-440900"
    ids = [f"kept-{next(_NUMBERS)}" for _ in range(2)]
    rows = [
        KeptWarning(_ended(one, subject, now_ms - (at + 1) * HOUR_MS, now_ms), scene, area, f"{subject} 超警戒")
        for at, (one, subject, area) in enumerate(
            zip(ids, ("mm-river-03", "mm-river-01"), ("440981", "440983"), strict=True)
        )
    ]
    with house.office.database.transaction() as connection:
        keep_warnings(connection, rows)
    assert desk.ask(Role.DUTY, "POST", f"warnings/{ids[0]}/acts", wish("verdict", verdict="true-handled"))[0] == 200
    listed = {one["id"]: one for one in desk.ask(Role.DUTY, "GET", "warnings/kept")[1]["warnings"]}
    assert (listed[ids[0]]["verdict"], listed[ids[0]]["verdict_by"]) == ("true-handled", "值班员一")
    assert (listed[ids[1]]["verdict"], listed[ids[1]]["area_name"]) == ("", "信宜市")
    narrow = house.as_role(Role.DUTY, Reach(("440981",)))
    seen = {one["id"] for one in desk.ask(Role.DUTY, "GET", "warnings/kept", who=narrow)[1]["warnings"]}
    assert ids[0] in seen and ids[1] not in seen
    assert desk.ask(Role.DUTY, "GET", f"warnings/kept/{ids[1]}", who=narrow)[0] == 404
    whole = desk.ask(Role.DUTY, "GET", f"warnings/kept/{ids[0]}")[1]
    assert whole["warning"]["rule_name"] and whole["warning"]["sentence"] == "mm-river-03 超警戒"
    early = f"warnings/kept?until_ms={now_ms - 90 * MINUTE_MS}&from_ms={now_ms - 3 * HOUR_MS}"
    assert {one["id"] for one in desk.ask(Role.DUTY, "GET", early)[1]["warnings"]} & set(ids) == {ids[1]}


def _ended(one: str, subject: str, since_ms: int, now_ms: int) -> CityWarning:
    stage = ("water.river_stage", "1", "water.river_stage", subject)
    state = (Issuer.COMPUTED, WarningPhase.CLEARED, Level.ORANGE, Level.ORANGE)
    times = (since_ms, now_ms - MINUTE_MS, now_ms - MINUTE_MS, now_ms)
    return CityWarning(one, *stage, *state, *times, 71.2, 70.4, "m", "falling", 3, Stamp.DEMO)
