"""A restricted indicator: who may not see it finds it nowhere; who may is noted; and every wall shares one encoding."""

from __future__ import annotations

from collections.abc import Iterator
from re import sub

import orjson
import pytest
from guarded_site import Guarded, standing_house
from kept_warning import warning
from live_city import SECRET, with_a_secret

from accounts.sessions import Cookies
from api.sight import Sight
from board import frames
from board.frames import Stance
from core.accounts import Reach, Role, Sensitivity
from core.clock import real_ms
from core.records import HOUR_MS
from early_warning.alarm_shifts import shift_at
from store.warnings import KeptWarning, keep_warnings

DOMAIN = "social_management"  # SECRET stands for it
SCENE = "demo-440900"
CLEARED = Reach(sensitivity=Sensitivity.RESTRICTED)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A city whose police have restricted the count of video events, which stands for its domain on the wall."""
    packs = with_a_secret(tmp_path_factory.mktemp("packs") / "packs")
    with standing_house(tmp_path_factory.mktemp("house"), CITYVITALS_PACKS=str(packs)) as opened:
        yield opened


def _picture(site: Guarded, who: dict[str, str]) -> dict[str, dict[str, dict[str, object]]]:
    return orjson.loads(site.ask("GET", "live/poll", who).content)[0]["set"]


def _kept(site: Guarded, *names: str) -> None:
    """Restricted warnings of now in the database."""
    now_ms = site.ask("GET", "live/poll", site.as_role(Role.DUTY, CLEARED)).json()[0]["city_ms"]
    kept = [warning(one, indicator=SECRET, subject="440900", since_ms=now_ms) for one in names]
    with site.office.database.transaction() as connection:
        keep_warnings(connection, [KeptWarning(one, SCENE, "440900", "一句话") for one in kept])


def _mentions(picture: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    """Where a figure of the restricted indicator stands."""
    values = [key for key, one in picture["values"].items() if one["indicator"] == SECRET]
    lines = [key for key, one in picture["sparks"].items() if one["indicator"] == SECRET]
    headlines = [key for key, one in picture["domains"].items() if (one["headline"] or {}).get("indicator") == SECRET]
    return values + lines + headlines


@pytest.mark.claim("ACCOUNTS", "A restricted figure is nowhere in the picture of those who may not see it.")
def test_a_restricted_figure_is_nowhere_for_those_who_may_not(site: Guarded) -> None:
    cleared, others = (_picture(site, site.as_role(Role.DUTY, reach)) for reach in (CLEARED, Reach()))
    wall = _picture(site, site.as_role(Role.WALL))
    assert len(_mentions(cleared)) >= 3
    for picture in (others, wall):
        assert _mentions(picture) == []
        assert picture["domains"][DOMAIN]["hidden"] and picture["domains"][DOMAIN]["name"]
        assert len(picture["domains"]) == 5 and len(picture["stations"]) == len(cleared["stations"])
    duty = site.as_role(Role.DUTY)
    for path in (f"api/v1/indicators/{SECRET}/440900/series", f"indicators/{SECRET}/440900"):
        assert site.ask("GET", path, duty).json()["error"]["code"] == "sensitivity"
    values = site.ask("GET", "api/v1/indicators", duty).json()["values"]
    assert values and SECRET not in {one["indicator"] for one in values}


@pytest.mark.claim("ACCOUNTS", "Who is shown a restricted figure stands in the audit, in batches, once in ten minutes.")
def test_who_is_shown_a_restricted_figure_is_noted(site: Guarded) -> None:
    cleared, other = site.person(Role.DUTY, CLEARED), site.person(Role.DUTY)
    for person in (cleared, other):
        who = site.as_person(person)
        for _ in range(3):
            site.ask("GET", "live/poll", who)
            site.ask("GET", f"api/v1/indicators/{SECRET}/440900/series", who)
            site.ask("GET", "api/v1/indicators/meteorology.rain_1h/440900/series", who)
    looks = [look for entry in site.acts("sensitive.look") for look in entry.act.detail["looks"]]
    seen = [(actor, subject) for actor, _, subject, _ in looks if actor != f"person:{other.login}"]
    mine = [subject for actor, subject in seen if actor == f"person:{cleared.login}"]
    assert sorted(mine) == [SECRET, f"{SECRET}@440900"]
    assert not [actor for actor, *_ in looks if actor == f"person:{other.login}"]


@pytest.mark.claim("ACCOUNTS", "Twenty walls of one reach cost one encoding of a frame.")
def test_walls_of_one_reach_share_one_encoding(site: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    declared, sights, cut = site.entrance.sights._declared, site.entrance.sights, []
    assert declared is not None
    picture = Sight.picture
    monkeypatch.setattr(Sight, "picture", lambda self, sections: cut.append(self) or picture(self, sections))
    sections, now_ms = site.picture.sections, real_ms()
    frame = frames.snap(Stance("demo", "a", now_ms, now_ms, 1.0), 1, sections)
    told = set()
    for token in (site.token(Role.WALL) for _ in range(20)):
        bearer = site.office.sessions.bearer(Cookies(token=token), "", now_ms)
        with site.entrance.looking_as(bearer):
            sight = sights.of(declared)
        assert sight is not None
        told.add(id(sight.frame(frame)))
    assert (len(told), len(cut)) == (1, 1)


@pytest.mark.claim(
    "ACCOUNTS", "A restricted warning of the past is neither listed nor told to those who may not see it."
)
def test_a_restricted_warning_that_was_kept_is_not_there_for_others(site: Guarded) -> None:
    now_ms = site.ask("GET", "live/poll", site.as_role(Role.DUTY, CLEARED)).json()[0]["city_ms"]
    _kept(site, "secret")
    with site.office.database.transaction() as connection:
        keep_warnings(connection, [KeptWarning(warning("open", since_ms=now_ms), SCENE, "440900", "一句话")])
    for reach, seen in ((CLEARED, True), (Reach(), False)):
        who = site.as_role(Role.DUTY, reach)
        listed = site.ask("GET", "api/v1/warnings/kept", who).json()["warnings"]
        assert ("secret" in {one["id"] for one in listed}) is seen
        assert "open" in {one["id"] for one in listed}
        assert site.ask("GET", "api/v1/warnings/kept/secret", who).status_code == (200 if seen else 404)


WISHES: dict[str, dict[str, object]] = {
    "acknowledge": {},
    "take-back": {},
    "comment": {"text": "已电话通知"},
    "take-over": {"text": "我来处理"},
    "shelve": {"text": "检修", "until_ms": 1 << 50},
    "merge": {"into": "another"},
    "verdict": {"verdict": "true-handled"},
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _asked_about(site: Guarded, who: dict[str, str], warning: str) -> dict[str, tuple[int, str]]:
    """Everything that can be done about a warning by its id → the answer, its id left out."""
    answers = {}

    def ask(name: str, method: str, path: str, **more: object) -> None:
        answer = site.ask(method, path, who, **more)
        body = sub(r'name="key" value="[0-9a-f]+"', "", answer.text)
        answers[name] = answer.status_code, body.replace(warning, "…")

    for number, (kind, more) in enumerate(WISHES.items()):
        wish = {"key": f"hidden-{warning}-{number}", "kind": kind} | more
        ask(kind, "POST", f"api/v1/warnings/{warning}/acts", json=wish)
        ask(f"item {kind}", "POST", "api/v1/duty/acts", json=wish | {"key": f"{wish['key']}-item", "subject": warning})
    for name in ("acts", "contacts"):
        ask(name, "GET", f"api/v1/warnings/{warning}/{name}")
    ask("item contacts", "GET", f"api/v1/duty/contacts?subject={warning}")
    ask("kept", "GET", f"api/v1/warnings/kept/{warning}")
    ask("remarks", "GET", f"supervision/about?key=warning:{warning}")
    order = f"about=warning:{warning}&owner=市水务局&working_days=2&text=请核实&key=order-{warning}".encode()
    ask("instruct", "POST", "supervision/about", data=order, headers=FORM)
    ask("read", "POST", "supervision/about/read", data=order, headers=FORM)
    case = {"kind": "flooding", "title": "有人报告", "area": "440900", "correlation": warning}
    ask("case", "POST", "api/v1/cases", json=case | {"key": f"case-of-{warning}"})
    return answers


@pytest.mark.claim(
    "ACCOUNTS",
    "Every act on a restricted warning by its id is refused as if there were none, and stands in the audit.",
)
def test_acts_on_a_restricted_warning_are_refused_as_if_there_were_none(site: Guarded) -> None:
    _kept(site, "secret-of-acts")
    leader, cleared = site.person(Role.LEADER), site.as_role(Role.LEADER, CLEARED)
    who = site.as_person(leader)
    hidden, nothing = (_asked_about(site, who, one) for one in ("secret-of-acts", "nothing-of-acts"))
    different = {name for name in hidden if hidden[name] != nothing[name]}
    assert different <= {"case"} and {code for name, (code, _) in hidden.items() if name != "case"} == {404}
    refused = {
        (entry.act.action, entry.act.detail.get("kind", ""))
        for action in ("warnings.confirm", "warnings.silence", "door")
        for entry in site.acts(action)
        if entry.act.actor == f"person:{leader.login}" and "secret-of-acts" in str(entry.act)
    }
    assert {kind for _, kind in refused} >= WISHES.keys()
    seen = _asked_about(site, cleared, "secret-of-acts")
    assert {name for name, (code, _) in seen.items() if code == 404} == set(), "who may see it may act on it"


@pytest.mark.claim(
    "ACCOUNTS", "A restricted warning becomes a case only by the word of somebody who may see it, and that is audited."
)
def test_a_restricted_warning_becomes_a_case_by_a_word_alone(site: Guarded) -> None:
    _kept(site, "secret-of-case")
    kind = next(iter(site.picture.declared.case_kinds))
    report = {"kind": kind, "title": "有人报告", "area": "440900", "correlation": "secret-of-case"}

    def reported(reach: Reach, **more: object) -> tuple[int, str]:
        answer = site.ask("POST", "api/v1/cases", site.as_role(Role.DUTY, reach), json=report | more)
        told = answer.json()
        return answer.status_code, told["error"]["code"] if "error" in told else told["facts"]["correlation"]

    assert reported(Reach(), key="word-of-nobody", discloses=True) == (200, "")
    assert reported(CLEARED, key="word-of-cleared") == (422, "case-discloses")
    assert reported(CLEARED, key="word-of-cleared", discloses=True) == (200, "secret-of-case")


@pytest.mark.claim("ACCOUNTS", "The alarm load counts for everybody the warnings that he may see, and says so.")
def test_the_alarm_load_is_of_what_one_may_see(site: Guarded) -> None:
    shift = shift_at(real_ms()).before.before.before
    at_ms = shift.from_ms + HOUR_MS
    rang = [warning("load-secret", indicator=SECRET, since_ms=at_ms), warning("load-open", since_ms=at_ms)]
    with site.office.database.transaction() as connection:
        keep_warnings(connection, [KeptWarning(one, SCENE, "440900", "一句话") for one in rang])
    for reach, count in ((CLEARED, 2), (Reach(), 1)):
        who = site.as_role(Role.RULES, reach)
        told = site.ask("GET", f"api/v1/alarm-load?shift={shift.name}", who).json()
        assert (sum(one["count"] for one in told["seats"]), told["partial"]) == (count, count == 1)
        page = site.ask("GET", f"alarm-load?shift={shift.name}", who).text
        assert ("只统计您有权查看的告警" in page) is (count == 1) and f"，共 {count} 条" in page


def test_the_metrics_count_no_warnings(site: Guarded) -> None:
    def families() -> list[str]:
        told = site.ask("GET", "metrics", site.as_role(Role.OPERATIONS)).text
        return sorted(line.split("{")[0].split(" ")[0] for line in told.splitlines() if line.startswith("cityvitals"))

    before = families()
    _kept(site, "secret-of-metrics")
    assert families() == before and not [name for name in before if "warning" in name or "alarm" in name]
