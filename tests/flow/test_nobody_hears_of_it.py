"""A restricted indicator, its rule and its warnings, asked for at every door that can speak of one.

Everything about them carries one of the `WORDS`. Who holds every post of the house but may not see what is restricted
finds none of them anywhere; who may sees them at each door that is said to tell. A new door must be asked or excused.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from guarded_site import Guarded, standing_house
from kept_warning import warning
from live_city import BASE, SECRET, with_a_secret
from prerequisites import ANSWER_S, eventually
from websockets.sync.client import connect as ws_connect

from accounts.doors import DOORS, callback_door
from accounts.founding import console
from accounts.roster import Term
from accounts.sealing import seal_of
from board.values import key_of
from core.accounts import Post, Reach, Role, Sensitivity
from core.clock import real_ms
from core.notices import Channel, Delivery, Kind, Notice, Recipient, State
from core.records import Level, Stamp
from early_warning.declaration import declaration_of
from store import notices as kept_notices
from store.notice_routes import put_recipient
from store.warnings import KeptWarning, keep_warnings
from tests.frames import board_warnings

WORDS = ("螣蛇", "98765")  # its names and all that was said of it; its value
RULE, WARNING, GONE, SCENE, CITY = "security.serpent", "w-serpent", "w-gone", "demo-440900", "440900"
OUTSIDE, INSIDE = Reach(), Reach(sensitivity=Sensitivity.RESTRICTED)
DESKS = (
    *(Role.DUTY, Role.SHIFT_LEADER, Role.LEADER, Role.DISPATCHER, Role.HOTLINE, Role.LIAISON, Role.FIELD),
    *(Role.SUPERVISOR, Role.RULES, Role.REVIEWER, Role.OPERATIONS),
)
RULES_YAML = f"""
rules:
  {RULE}:
    name: {{zh: 螣蛇规则, en: 螣蛇 rule}}
    domain: social_management
    subjects: city
    direction: up_bad
    state: active
    jurisdiction: CN
    bounds: [{{level: red, indicator: {SECRET}, bound: 98700, hysteresis: 5}}]
    source: {{standard: 内部规定, bounds: verified, colours: verified}}
"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# Doors that may speak of an indicator or a warning: what is asked there. `+`: who may see it must find it there.
ASKED: Mapping[str, Sequence[str]] = {
    "WS /live/ws": ["+"],
    "GET /live/sse": ["+"],
    "GET /live/poll": ["+live/poll"],
    "GET /api/v1/indicators": ["+api/v1/indicators"],
    "GET /api/v1/indicators/{indicator}": [f"+api/v1/indicators/{SECRET}"],
    "GET /api/v1/indicators/{indicator}/{area}/explain": [f"api/v1/indicators/{SECRET}/{CITY}/explain"],
    "GET /api/v1/indicators/{indicator}/{area}/series": [f"api/v1/indicators/{SECRET}/{CITY}/series"],
    "GET /api/v1/indicators/{indicator}/{area}/history": [
        f"api/v1/indicators/{SECRET}/{CITY}/history?from=0&resolution=day"
    ],
    "GET /api/v1/warnings": ["+api/v1/warnings"],
    "GET /api/v1/warnings/kept": ["+api/v1/warnings/kept", f"+api/v1/warnings/kept?rule={RULE}"],
    "GET /api/v1/warnings/kept/{warning}": [f"+api/v1/warnings/kept/{WARNING}", f"+api/v1/warnings/kept/{GONE}"],
    "GET /api/v1/warnings/{warning}/acts": [f"+api/v1/warnings/{WARNING}/acts"],
    "GET /api/v1/warnings/{warning}/contacts": [f"api/v1/warnings/{WARNING}/contacts"],
    "GET /api/v1/duty/contacts": [f"api/v1/duty/contacts?subject={WARNING}"],
    "GET /api/v1/silences": ["+api/v1/silences"],
    "GET /api/v1/orders": ["+api/v1/orders"],
    "GET /api/v1/responses": ["api/v1/responses"],
    "GET /api/v1/cases": ["api/v1/cases"],
    "GET /api/v1/proposals": ["api/v1/proposals"],
    "GET /api/v1/alarm-load": ["api/v1/alarm-load"],
    "GET /api/v1/evaluation": ["api/v1/evaluation"],
    "GET /api/v1/units": ["api/v1/units"],
    "GET /api/v1/dead": ["api/v1/dead"],
    "GET /api/v1/cap/{feed}": ["+api/v1/cap/up"],
    "GET /api/v1/cap/{feed}/{number}": ["+api/v1/cap/up/{notice}"],
    "GET /metrics": ["metrics"],
    "GET /healthz": ["healthz"],
    "GET /api/openapi.json": ["api/openapi.json"],
    "GET /alarm-load": ["alarm-load"],
    "GET /notices": ["+notices"],
    "GET /notices/routes": ["notices/routes"],
    "GET /plans": ["plans"],
    "GET /supervision": ["+supervision"],
    "GET /supervision/about": [f"+supervision/about?key=warning:{WARNING}", f"+supervision/about?key=warning:{GONE}"],
    "GET /units": ["units"],
    "GET /exchange": ["exchange"],
    "GET /evaluation": ["evaluation"],
    "GET /evaluation/report": ["evaluation/report?format=docx", "evaluation/report?format=xlsx"],
    "GET /labels": ["+labels"],
    "GET /rules/references": ["rules/references"],
    "GET /rules/references.xlsx": ["rules/references.xlsx"],
    "GET /rules/{rule}/complain": [f"+rules/{RULE}/complain"],
    "GET /rules/{rule}/sheet": [f"+rules/{RULE}/sheet"],
    "GET /dispatch": ["dispatch"],
    "GET /m": ["m"],
    "GET /m/changes": ["m/changes?unit=pump-1&seen="],
    "GET /wall": ["wall"],
    "callback desk-body.children": ["+indicators", f"+indicators/{SECRET}", f"+indicators/{SECRET}/{CITY}"],
    "callback desk-explain-lines.children": [f"+indicators/{SECRET}/{CITY}"],
    "callback shell-page.children": ["indicators", f"warnings/{WARNING}", "duty", "dispatch", f"rules/{RULE}"],
    "callback rules-list.children": ["+rules"],
    "callback rules-seed.data": [f"+rules/{RULE}"],
    "callback rules-drawn.data": [f"rules/{RULE}"],
    "callback rules-swept.data": [f"rules/{RULE}"],
}

OF_CASES = "of cases, which have no grade: who makes a restricted warning known by one says so (discloses)"
OF_ACCOUNTS = "of people, posts, tokens and the audit, which names ids alone"
WRITES = "writes what whoever asks sent, and answers with that; acts by an id are refused in test_restricted.py"
NO_DATA = "a page that its callbacks fill, or files that are the same for everybody"
EXCUSED: Mapping[str, str] = {
    **{door: OF_CASES for door in DOORS if "{case}" in door or "/evaluation/cases" in door},
    **{door: OF_CASES for door in DOORS if "open311" in door or "/cameras/" in door},
    **dict.fromkeys(("GET /t", "GET /public/status"), OF_CASES),
    **{door: WRITES for door in DOORS if door.split(" ")[0] in ("POST", "PUT", "PATCH", "DELETE")},
    **{door: NO_DATA for door in DOORS if door.startswith(("page ", "FILES ", "* ", "GET /_", "GET /assets/"))},
    **dict.fromkeys(("GET /", "GET /duty", "GET /warnings", "GET /warnings/{warning}", "GET /indicators"), NO_DATA),
    **dict.fromkeys(("GET /indicators/{indicator}", "GET /indicators/{indicator}/{subject}"), NO_DATA),
    **dict.fromkeys(("GET /rules", "GET /rules/{rule}", "GET /api/docs"), NO_DATA),
    **{
        door: OF_ACCOUNTS
        for door in DOORS
        if door.split("/")[1:2]
        and door.startswith("GET /")
        and door.split("/")[1] in ("sign-in", "new-password", "account", "people", "departments", "posts", "rights")
    },
    **dict.fromkeys(("GET /tokens", "GET /audit", "GET /audit/export", "GET /api/v1/me"), OF_ACCOUNTS),
    "GET /api/v1/stations/{device}": "raw readings of a device, which have no grade; what they add up to has",
    "GET /api/v1/orders/{order}": "asked below, by the order's own number",
    "GET /supervision/{order}": "asked below, by the order's own number",
    "GET /api/v1/responses/{response}": "of plans, for which nothing restricted asks by itself",
    "GET /plans/{response}": "of plans, for which nothing restricted asks by itself",
    "GET /plans/plan/{plan}": "what a plan says, the same for everybody",
    "GET /plans/{response}/review": "of plans, for which nothing restricted asks by itself",
}


@dataclass
class Walk:
    """The house, and two people who hold every post of it: one of them may not see what is restricted."""

    house: Guarded
    outsider: dict[str, str]
    insider: dict[str, str]
    machines: Mapping[bool, dict[str, str]]  # may it see what is restricted?
    order: str
    notice: int

    def heard(self, door: str, asked: str, inside: bool) -> str:
        """Everything that somebody gets at a door, as text."""
        who, path = (self.insider if inside else self.outsider), asked.format(notice=self.notice, order=self.order)
        if "/cap/" in door:
            who = self.machines[inside]
        if door.startswith("callback"):
            return self._called(door, path, who)
        if door.startswith("WS"):
            address = self.house.address.replace("http", "ws") + "live/ws"
            with ws_connect(address, additional_headers=who, max_size=None) as socket:
                return str(socket.recv(ANSWER_S, decode=True))
        if door == "GET /live/sse":
            with self.house.ask("GET", "live/sse", who, stream=True) as events:
                return next(events.iter_lines(chunk_size=1)).decode()
        answer = self.house.ask("GET", path, who)
        return _text(answer.content) + str(answer.headers)

    def _called(self, door: str, path: str, who: dict[str, str]) -> str:
        callback = next(one for one in self.house.callbacks if callback_door(one["output"]) == door)
        given = {"pathname": BASE + path, "search": "", "n_clicks": 1, "data": None}
        if door in ("callback rules-drawn.data", "callback rules-swept.data"):
            given["data"] = DRAFT | {"declaration": declaration_of(self.house.picture.declared.rules[RULE])}

        def filled(one: dict[str, str]) -> dict[str, Any]:
            return one | {"value": given.get(one["property"])}

        names = [one.rsplit(".", 1) for one in callback["output"].strip(".").split("...")]
        outputs = [dict(zip(("id", "property"), one, strict=True)) for one in names]
        body = {
            "output": callback["output"],
            "outputs": outputs,
            "inputs": [filled(one) for one in callback["inputs"]],
            "state": [filled(one) for one in callback.get("state", [])],
            "changedPropIds": ["shell-address.pathname"],
        }
        return _plain(self.house.ask("POST", "_dash-update-component", who, json=body).content)


DRAFT = {
    "rule": RULE,
    "days": 7,
    "number": 1,
    "level": "red",
    "place": CITY,
    "shown": 0,
    "active": {},
}


def _text(content: bytes) -> str:
    """What a body says; of a document, of all that is packed in it."""
    if not content.startswith(b"PK"):
        return _plain(content)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return "".join(_plain(packed.read(name)) for name in packed.namelist())


def _plain(content: bytes) -> str:
    return content.decode("utf-8", "replace").replace("\\u87a3\\u86c7", WORDS[0])


def _everything(house: Guarded, login: str, reach: Reach) -> dict[str, str]:
    """Somebody with every post of the house within a reach."""
    person, now_ms, by = house.person(Role.DUTY, reach, login=login, name="李某某"), real_ms(), console()
    for role in DESKS[1:]:
        house.office.roster.put_post(by, Post(f"{login}-{role}", f"{role} 岗", "office", role, reach), now_ms)
        house.office.roster.appoint(by, login, f"{login}-{role}", Term(now_ms - 1000), now_ms)
    return house.as_person(person)


def _told(house: Guarded, now_ms: int) -> int:
    """A restricted warning in the database, one of an indicator that is gone, and a notice in a feed; its number."""
    own = warning(WARNING, indicator=SECRET, rule=RULE, subject=CITY, since_ms=now_ms, value=98765.0)
    gone = replace(own, id=GONE, indicator="security.gone", rule="security.gone")
    told = Notice(
        key="serpent",
        scene=SCENE,
        stamp=Stamp.LIVE,
        kind=Kind.OPENED,
        level=Level.RED,
        warning=WARNING,
        card=WARNING,
        topic="social_management",
        areas=(CITY,),
        sentence="螣蛇通知",
        at_ms=now_ms,
        about=SECRET,
        grade=Sensitivity.RESTRICTED,
    )
    settings = house.entrance.settings
    close = seal_of(settings.key, settings.var).close
    there = Delivery("serpent-up", "up", Channel.CAP, now_ms, now_ms, state=State.DELIVERED)
    with house.office.database.transaction() as connection:
        keep_warnings(connection, [KeptWarning(one, SCENE, CITY, f"螣蛇 {one.id}") for one in (own, gone)])
        put_recipient(connection, Recipient("up", "上级平台", {Channel.CAP: "up"}), close)
        kept_notices.keep_told(connection, [(told, (there,))])
        [(notice, _)] = kept_notices.find_notices(connection, warning=WARNING)
    return notice.number


def _hung(house: Guarded, now_ms: int) -> None:
    """The value, the warning and its card in the picture, as the Board writes them."""
    picture = house.picture
    shown = next(iter(board_warnings.warnings_of(picture.declared, now_ms, 1, random.Random(1)).values()))
    own = {
        "rule": RULE,
        "rule_name": "螣蛇规则",
        "indicator": SECRET,
        "subject": CITY,
        "subject_name": "市",
        "area": CITY,
    }
    own |= {"value": 98765.0, "text": "98765", "sentence": "螣蛇告警"}
    value = {"value": 98765.0, "text": "98765"}
    sections = picture.sections
    key = key_of(SECRET, CITY)
    line = next(iter(sections["trends"].values())) | {"indicator": SECRET, "subject": CITY, "sentence": "螣蛇走势"}
    picture.change(
        {
            "values": {key: sections["values"][key] | value},
            "warnings": {WARNING: shown | own},
            "silences": {"77": _silence(now_ms)},
        }
        | (
            {"trends": {"serpent": line | {"indicator": SECRET, "subject": CITY, "sentence": "螣蛇走势"}}}
            if line
            else {}
        )
    )


def _silence(now_ms: int) -> dict[str, Any]:
    told = {"what": "螣蛇规则", "area": CITY, "from_ms": now_ms, "until_ms": now_ms + 3_600_000, "reason": "螣蛇检修"}
    return told | {"by": "某某", "hides": 0, "maintenance": False, "sensitivity": 2}


def _said(house: Guarded, insider: dict[str, str], now_ms: int) -> str:
    """What people said of it, each by its own door: a comment, a verdict, a silence, a complaint, an instruction."""

    def ask(method: str, path: str, *expected: int, **more: Any) -> Any:
        answer = house.ask(method, path, insider, **more)
        assert answer.status_code in expected, (path, answer.status_code, answer.text[:300])
        return answer

    for kind, more in (
        ("comment", {"text": "螣蛇已核实"}),
        ("verdict", {"verdict": "true-handled", "text": "螣蛇属实"}),
    ):
        ask("POST", f"api/v1/warnings/{WARNING}/acts", 200, json={"key": f"serpent-{kind}", "kind": kind} | more)
    span = {"from_ms": now_ms - 1000, "until_ms": now_ms + 3_600_000}
    ask("POST", "api/v1/silences", 200, json={"rules": [RULE], "reason": "螣蛇检修"} | span)
    complaint = {"place": CITY, "from": "2026-11-22T07:00", "upto": "2026-11-22T08:00", "said": "螣蛇误报"}
    ask("POST", f"rules/{RULE}/complain", 200, 303, data=complaint)
    wish = f"about=warning:{WARNING}&owner=市水务局&working_days=2&text=螣蛇批示&key=serpent-order".encode()
    ask("POST", "supervision/about", 200, 303, data=wish, headers=FORM)
    orders = ask("GET", "api/v1/orders", 200).json()["orders"]
    return str(orders[0]["id"])


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    packs = with_a_secret(tmp_path_factory.mktemp("packs") / "packs")
    file = packs / "topics" / "security.yaml"
    before, own, after = file.read_text("utf-8").partition(f"  {SECRET}:\n")
    after = after.replace("{zh: 视频事件(1小时), en: Video events in 1 h}", "{zh: 螣蛇指标, en: 螣蛇}", 1)
    named = before + own + after.replace("direction: info", "direction: up_bad", 1)
    file.write_text(named + RULES_YAML, "utf-8")
    with standing_house(tmp_path_factory.mktemp("house"), CITYVITALS_PACKS=str(packs)) as house:
        outsider, insider = _everything(house, "outsider", OUTSIDE), _everything(house, "insider", INSIDE)
        now_ms = real_ms()
        notice = _told(house, now_ms)
        _hung(house, now_ms)
        eventually(lambda: WARNING in house.ask("GET", "live/poll", insider).text, 20)
        machines = {inside: house.as_role(Role.MACHINE, INSIDE if inside else OUTSIDE) for inside in (True, False)}
        yield Walk(house, outsider, insider, machines, _said(house, insider, now_ms), notice)


def test_every_door_is_asked_or_excused() -> None:
    assert set(DOORS) - set(ASKED) - set(EXCUSED) == set(), "new doors: ask there, or say why not"
    assert (set(ASKED) | set(EXCUSED)) - set(DOORS) == set(), "doors that are gone"


@pytest.mark.claim(
    "ACCOUNTS",
    "Of a restricted warning no door, feed, callback or file tells who may not see it; who may finds it.",
)
@pytest.mark.parametrize("door", list(ASKED))
def test_who_may_not_see_it_finds_no_word_of_it(walk: Walk, door: str) -> None:
    for asked in ASKED[door]:
        path = asked.removeprefix("+")
        heard = walk.heard(door, path, inside=False)
        found = [heard[max(0, heard.find(word) - 200) : heard.find(word) + 100] for word in WORDS if word in heard]
        assert not found, f"{door} {path} tells: {found}"
        if asked.startswith("+"):
            heard = walk.heard(door, path, inside=True)
            assert any(word in heard for word in WORDS), f"{door} {path} tells nobody: {heard[:500]}"


def test_an_order_about_it_is_hidden_with_it(walk: Walk) -> None:
    for path in (f"api/v1/orders/{walk.order}", f"supervision/{walk.order}"):
        assert WORDS[0] in walk.heard("GET", path, inside=True)
        assert WORDS[0] not in walk.heard("GET", path, inside=False)
