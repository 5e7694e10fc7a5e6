"""What people did, on show: cards that wait or not, items, silences and the mute; through a restart and JSON."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
import pytest

from board.canvas import Canvas
from board.duty import DutyBook
from board.names import Names
from catalogue.declared import Declared
from core.acts import ActTopic
from core.duty import Deed, DutyAct, Scope, Silence
from core.records import HOUR_MS, MINUTE_MS, Level

T0_MS, SCENE = 1_793_500_000_000, "live-440900"


class Room:
    """A book of acts over warnings that the test puts up."""

    def __init__(self, declared: Declared) -> None:
        self.book, self.canvas = DutyBook(declared, Names(declared, "zh"), SCENE), Canvas()
        self.acts = 0

    def warn(
        self, level: str, one: str = "w1", subject: str = "river-1", phase: str = "active", lost_ms: int = 0
    ) -> None:
        record = {"level": level, "phase": phase, "indicator": "river.stage", "rule": "stage", "subject": subject}
        self.canvas.put("warnings", one, record | {"since_ms": T0_MS, "ended_ms": None, "lost_ms": lost_ms})
        self.book.changed()

    def act(self, minute: int, kind: Deed, covers: dict[str, Level], **more: object) -> None:
        self.acts += 1
        plain = {"key": f"k{self.acts}", "scene": SCENE, "kind": kind, "subject": next(iter(covers), "sound")}
        who = {"by": "person:zhao", "name": "赵一", "post": "值班岗", "at_ms": T0_MS + minute * MINUTE_MS}
        self.tell(ActTopic.DUTY, asdict(DutyAct(**(plain | {"covers": covers} | who | more))))  # type: ignore[arg-type]

    def tell(self, topic: str, body: object) -> None:
        self.book.fold(topic, msgspec.json.decode(msgspec.json.encode(body)))  # as the stream carries it

    def at(self, minute: int) -> dict[str, dict[str, object]]:
        self.book.paint(self.canvas, T0_MS + minute * MINUTE_MS)
        return self.canvas.sections["duty"]


@pytest.fixture
def room(declared: Declared) -> Room:
    return Room(declared)


def test_a_card_tells_who_acknowledged_and_waits_again_when_it_rises(room: Room) -> None:
    room.warn("yellow")
    assert room.at(0) == {}, "nobody touched it"
    room.act(1, Deed.ACKNOWLEDGE, {"w1": Level.YELLOW})
    card = room.at(1)["w1"]
    assert (card["acked_level"], card["acked_by"], card["holder"], card["waits"]) == ("yellow", "赵一", "赵一", False)
    room.warn("orange")
    assert room.at(2)["w1"]["waits"] is True
    room.warn("blue")
    assert room.at(3)["w1"]["waits"] is False


@pytest.mark.claim("WARN", "An acknowledged orange or red waits and rings again on /duty when its data are lost.")
def test_lost_data_wait_again(room: Room) -> None:
    room.warn("orange")
    room.act(1, Deed.ACKNOWLEDGE, {"w1": Level.ORANGE})
    assert room.at(1)["w1"]["waits"] is False
    room.warn("orange", lost_ms=T0_MS + 1)
    assert (room.at(2)["w1"]["waits"], room.at(2)["w1"]["since_ms"]) == (True, 0)
    room.act(3, Deed.ACKNOWLEDGE, {"w1": Level.ORANGE}, since_ms=T0_MS + 1)
    assert (room.at(3)["w1"]["waits"], room.at(3)["w1"]["since_ms"]) == (False, T0_MS + 1)
    room.warn("orange", "w2")
    room.canvas.put("cards", "w1", {"warnings": ["w1", "w2"], "level": "orange"})
    assert room.at(4)["w1"]["waits"] is False, "who joins it was covered"


def test_a_card_of_several_is_acknowledged_as_one_and_covers_who_joins(room: Room) -> None:
    for one in ("w1", "w2"):
        room.warn("orange", one)
    card = {"cause": "feeder", "warnings": ["w1", "w2"], "level": "orange"}
    room.canvas.put("cards", "w1", card)
    room.act(1, Deed.ACKNOWLEDGE, {"w1": Level.ORANGE})
    assert room.at(1)["w1"]["waits"] is False
    room.warn("orange", "w3")
    room.canvas.put("cards", "w1", card | {"warnings": ["w1", "w2", "w3"]})
    assert room.at(2)["w1"]["waits"] is False
    room.canvas.drop("cards", "w1")
    room.warn("orange", "w1", phase="cleared")
    room.canvas.put("cards", "w2", card | {"warnings": ["w2", "w3"]})
    room.book.changed()
    assert room.at(3)["w2"]["waits"] is False, "the first has cleared; the others were acknowledged with it"


@pytest.mark.claim("WARN", "What flaps is acknowledged once, not each time that it opens again.")
def test_what_flaps_is_acknowledged_once(room: Room) -> None:
    room.warn("orange", "w1")
    room.act(1, Deed.ACKNOWLEDGE, {"w1": Level.ORANGE})
    room.warn("orange", "w1", phase="cleared")
    quiet = {"cause": "", "warnings": [], "level": "normal", "flapping": ["w1"], "area": "440900"}
    room.canvas.put("cards", "w1", quiet)
    shown = room.at(2)["w1"]
    assert (shown["waits"], shown["acked_by"]) == (False, "赵一"), "normal now, and still known"
    room.warn("orange", "w2")
    room.canvas.put("cards", "w1", quiet | {"warnings": ["w2"], "level": "orange", "flapping": ["w1", "w2"]})
    assert room.at(3)["w1"]["waits"] is False
    room.warn("red", "w2")
    assert room.at(4)["w1"]["waits"] is True, "a rise is news"


def test_a_merged_card_waits_no_longer_than_the_one_it_belongs_to(room: Room) -> None:
    for one in ("w1", "w2"):
        room.warn("orange", one)
    room.act(1, Deed.MERGE, {"w2": Level.ORANGE}, into="w1")
    assert room.at(1)["w2"]["waits"] is True
    room.act(2, Deed.ACKNOWLEDGE, {"w1": Level.ORANGE})
    assert (room.at(2)["w1"]["waits"], room.at(2)["w2"]["waits"]) == (False, False)


@pytest.mark.claim("WARN", "Nobody silences a red warning by merging it into a milder one, nor one that rises after.")
def test_what_is_graver_waits_though_it_was_merged(room: Room) -> None:
    room.warn("blue"), room.warn("orange", "w2")
    room.act(1, Deed.ACKNOWLEDGE, {"w1": Level.BLUE})
    room.act(2, Deed.MERGE, {"w2": Level.ORANGE}, into="w1")
    assert room.at(2)["w2"]["waits"] is True
    room.act(3, Deed.MERGE, {"w1": Level.BLUE}, into="w2")
    assert [room.at(3)[one]["waits"] for one in ("w1", "w2")] == [False, True], "in a ring the graver one waits"
    room.act(4, Deed.ACKNOWLEDGE, {"w1": Level.ORANGE, "w2": Level.ORANGE})
    room.warn("red", "w2")
    assert room.at(5)["w2"]["waits"] is True, "a rise is news"


@pytest.mark.claim(
    "WARN", "What is silenced or shelved is counted and named on show, with its end, and comes back by itself."
)
def test_silences_and_shelves_are_on_show_and_end(room: Room) -> None:
    room.warn("orange"), room.warn("red", "w2"), room.warn("yellow", "w3", "air-1")
    silence = Silence(SCENE, Scope(areas=("440981",)), T0_MS, T0_MS + HOUR_MS, "闸门检修", "person:q", "钱二", T0_MS)
    room.tell(ActTopic.SILENCE, asdict(silence) | {"number": 7})
    cards = room.at(1)
    assert [key for key, card in cards.items() if card["silenced"]] == ["w1"], "red is not hidden, the air is elsewhere"
    shown = room.canvas.sections["silences"]["7"]
    assert (shown["hides"], shown["by"], shown["what"], shown["until_ms"]) == (1, "钱二", "高州市", T0_MS + HOUR_MS)
    assert cards["w1"]["waits"] is False
    assert room.at(60) == {} and room.canvas.sections["silences"] == {}
    room.act(61, Deed.SHELVE, {"w3": Level.YELLOW}, until_ms=T0_MS + 90 * MINUTE_MS, text="仪器校准")
    card = room.at(62)["w3"]
    assert (card["waits"], card["shelved_until_ms"], card["shelf_reason"]) == (
        False,
        T0_MS + 90 * MINUTE_MS,
        "仪器校准",
    )
    assert room.at(91)["w3"]["waits"] is True


def test_a_mute_is_on_show_until_it_ends(room: Room) -> None:
    room.act(0, Deed.MUTE, {}, until_ms=T0_MS + 5 * MINUTE_MS)
    room.at(1)
    assert room.canvas.sections["silences"]["mute"]["by"] == "赵一"
    room.at(5)
    assert room.canvas.sections["silences"] == {}


def test_items_are_on_show_and_another_scene_is_not(room: Room) -> None:
    room.act(0, Deed.ACKNOWLEDGE, {"source:rain": Level.ORANGE}, since_ms=T0_MS - 7)
    room.act(0, Deed.ACKNOWLEDGE, {"w1": Level.RED}, scene="demo-440900")
    room.warn("red")
    assert room.at(1)["source:rain"]["since_ms"] == T0_MS - 7
    assert "w1" not in room.at(1)


@pytest.mark.claim("WARN", "A Board that starts again shows every acknowledgement, silence and mute as before.")
def test_a_restart_is_invisible(room: Room, declared: Declared) -> None:
    room.warn("orange")
    room.act(0, Deed.ACKNOWLEDGE, {"w1": Level.ORANGE})
    room.act(0, Deed.COMMENT, {"w1": Level.ORANGE}, text="已电话通知")
    room.act(0, Deed.MUTE, {}, until_ms=T0_MS + 5 * MINUTE_MS)
    before = msgspec.json.encode([room.at(1), room.canvas.sections["silences"]])
    other = Room(declared)
    other.book.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(room.book.snapshot())))
    other.warn("orange")
    assert msgspec.json.encode([other.at(1), other.canvas.sections["silences"]]) == before


@pytest.mark.claim("WARN", "The seat that has a warning stands on its card, and the next one when nobody acknowledges.")
def test_a_card_names_its_seat_until_somebody_acknowledges(room: Room) -> None:
    room.warn("red")
    seats = [("city", "市值班室", "*"), ("county", "高州值班室", "440981")]
    told = [{"id": one, "name": name, "areas": [area], "topics": ["*"]} for one, name, area in seats]
    room.tell(ActTopic.SEATS, {"seats": told})
    assert (room.at(0)["w1"]["seat"], room.at(0)["w1"]["went_up"]) == ("高州值班室", 0)
    assert (room.at(1)["w1"]["seat"], room.at(1)["w1"]["went_up"]) == ("市值班室", 1)
    room.act(2, Deed.ACKNOWLEDGE, {"w1": Level.RED})
    assert (room.at(9)["w1"]["seat"], room.at(9)["w1"]["waits"]) == ("高州值班室", False)
