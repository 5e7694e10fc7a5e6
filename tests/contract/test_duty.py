"""Acts of the duty desk in a real database: one transaction with audit, label and outbox, asked with area and topic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from office_day import HOUR_MS, NOW_MS, a_person, acts_of, bearer_of, signed_in

from accounts.bearer import Bearer
from accounts.founding import console
from accounts.office import Office
from accounts.roster import Term
from accounts.warden import Warden
from core.accounts import Post, Reach, Role, Sensitivity
from core.acts import ActTopic
from core.duty import Deed, DutyAct, Scope, Silence
from core.errors import NotAllowed, Objection, UnknownName
from core.labels import Verdict
from core.records import Level
from early_warning.duty import DutyDesk, Now, preview
from early_warning.duty_rules import Concerned, Wish, is_hidden
from store.labels import verdict_on
from store.outbox import Told, told_after

NOW = Now("live-440900", "440900", NOW_MS, NOW_MS)
GAUGE = Concerned("w1", Level.ORANGE, ("440981", "440900"), "water", "water.stage", "mm-river-03", NOW_MS - HOUR_MS)
RAIN = Concerned("w2", Level.YELLOW, ("440982", "440900"), "weather", "weather.rain", "mm-rain-30", NOW_MS - HOUR_MS)


@pytest.fixture
def desk(office: Office) -> DutyDesk:
    return DutyDesk(Warden(office.database, office.journal))


@pytest.fixture
def zhao(office: Office) -> Bearer:
    a_person(office, "zhao", Role.DUTY)
    return bearer_of(office, signed_in(office, "zhao"), NOW_MS)


@pytest.fixture
def leader(office: Office) -> Iterator[Bearer]:
    a_person(office, "qian", Role.SHIFT_LEADER)
    yield bearer_of(office, signed_in(office, "qian"), NOW_MS)


def told(office: Office) -> list[Told]:
    with office.database.reading() as connection:
        return told_after(connection, 0)


def acknowledge(key: str = "k1") -> Wish:
    return Wish(key, Deed.ACKNOWLEDGE, "w1")


@pytest.mark.claim(
    "WARN", "An acknowledgement, its audit entry and its telling are one transaction; a repeat adds nothing."
)
def test_an_act_is_written_audited_and_told_once(office: Office, desk: DutyDesk, zhao: Bearer) -> None:
    before = len(acts_of(office))
    act = desk.act(zhao, acknowledge(), [GAUGE, RAIN], NOW)
    assert act == desk.act(zhao, acknowledge(), [GAUGE, RAIN], NOW), "the same key is the same act"
    assert acts_of(office)[before:] == [("person:zhao", "warnings.confirm", "done")]
    assert [(one.topic, one.body["covers"], one.body["name"]) for one in told(office)] == [
        (ActTopic.DUTY, {"w1": 3, "w2": 2}, "zhao 的姓名")
    ]
    assert desk.history(NOW.scene, ["w2"]) == [act]
    assert desk.history("demo-440900", ["w2"]) == [], "another scene has warnings of the same ids"
    assert isinstance(act, DutyAct) and act.post == "duty 岗"


def test_the_second_is_refused_with_the_name_of_the_first(
    office: Office, desk: DutyDesk, zhao: Bearer, leader: Bearer
) -> None:
    desk.act(zhao, acknowledge(), [GAUGE], NOW)
    with pytest.raises(Objection, match="zhao 的姓名") as no:
        desk.act(leader, acknowledge("k2"), [GAUGE], NOW)
    assert no.value.code == "already"
    assert acts_of(office)[-1] == ("person:qian", "warnings.confirm", "refused")
    risen = desk.act(leader, acknowledge("k3"), [replace(GAUGE, level=Level.RED)], NOW)
    assert risen.covers == {"w1": Level.RED}
    assert len(told(office)) == 2


@pytest.mark.claim("WARN", "A verdict by one tap is a label of its warning in the same transaction.")
def test_a_verdict_becomes_a_label(office: Office, desk: DutyDesk, zhao: Bearer) -> None:
    desk.act(zhao, Wish("k1", Deed.VERDICT, "w1", verdict=Verdict.FALSE_DEVICE), [GAUGE], NOW)
    desk.act(zhao, Wish("k2", Deed.VERDICT, "w1", verdict=Verdict.HANDLED), [GAUGE], NOW)
    with office.database.reading() as connection:
        label = verdict_on(connection, NOW.scene, "w1")
    assert label is not None
    assert (label.verdict, label.place, label.rule, label.said_by) == (
        Verdict.HANDLED,
        "mm-river-03",
        "water.stage",
        "person:zhao",
    )


@pytest.mark.claim("WARN", "Acts are refused outside the area and topic of the post, and by an expired session.")
def test_rights_are_asked_for_each_warning_with_area_and_topic(office: Office, desk: DutyDesk, zhao: Bearer) -> None:
    a_person(office, "sun")
    county = Post("county", "高州值班岗", "office", Role.DUTY, Reach(("440981",), ("water",)))
    office.roster.put_post(console(), county, NOW_MS)
    office.roster.appoint(console(), "sun", "county", Term(NOW_MS - HOUR_MS), NOW_MS)
    sun = bearer_of(office, signed_in(office, "sun"), NOW_MS)
    assert desk.act(sun, acknowledge("k1"), [GAUGE], NOW).post == "高州值班岗"
    secret = replace(GAUGE, grade=Sensitivity.RESTRICTED)
    for out_of_reach in ([RAIN], [GAUGE, RAIN], [replace(GAUGE, topic="weather")], [secret], [GAUGE, secret]):
        with pytest.raises(UnknownName):  # he is told that there is none
            desk.act(sun, acknowledge("k2"), out_of_reach, NOW)
        assert acts_of(office)[-1] == ("person:sun", "warnings.confirm", "refused")
    with pytest.raises(NotAllowed):
        desk.act(replace(zhao, locked=True), acknowledge("k3"), [RAIN], NOW)
    shelve = Wish("k4", Deed.SHELVE, "w2", "检修", NOW_MS + HOUR_MS)
    with pytest.raises(NotAllowed):  # for shift leaders
        desk.act(zhao, shelve, [RAIN], NOW)
    assert [act.key for act in desk.history(NOW.scene, ["w1", "w2"])] == ["k1"]


def test_what_must_succeed_with_an_act_undoes_it(office: Office, desk: DutyDesk, zhao: Bearer) -> None:
    def fail(tx: object) -> None:
        raise ValueError("the stream did not take it")

    with pytest.raises(ValueError, match="stream"):
        desk.act(zhao, acknowledge(), [GAUGE], NOW, fail)
    assert told(office) == [] and desk.history(NOW.scene, ["w1"]) == []


def test_a_silence_is_previewed_made_ended_and_told(
    office: Office, desk: DutyDesk, zhao: Bearer, leader: Bearer
) -> None:
    wanted = Silence("", Scope(areas=("440981",)), NOW_MS, NOW_MS + HOUR_MS, "闸门检修", "", "", 0)
    assert [one.id for one in preview(wanted, [GAUGE, RAIN, replace(GAUGE, id="w3", level=Level.RED)])] == ["w1"]
    with pytest.raises(NotAllowed):
        desk.silence(zhao, wanted, [("440981", "440900")], NOW)
    made = desk.silence(leader, wanted, [("440981", "440900")], NOW)
    assert desk.silences(NOW.scene, NOW_MS) == [made] and made.name == "qian 的姓名"
    secret = replace(GAUGE, grade=Sensitivity.RESTRICTED)
    assert is_hidden(made.scope, GAUGE) and not is_hidden(made.scope, secret), "he silences nothing that he may not see"
    ended = desk.end_silence(leader, made.number, [("440981", "440900")], NOW)
    with pytest.raises(Objection, match="ended"):
        desk.end_silence(leader, made.number, [("440981", "440900")], NOW)
    assert not ended.holds_at(NOW_MS + 1) and made.holds_at(NOW_MS + 1)
    assert [one.topic for one in told(office)] == [ActTopic.SILENCE, ActTopic.SILENCE]
