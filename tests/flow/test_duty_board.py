"""From an act to every screen: database, outbox, relay, stream of acts, the real Board, through its restart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_city import City, settings_of
from prerequisites import unused_port

from accounts.bearer import Bearer, Grant
from accounts.office import Office, open_office
from accounts.warden import Warden
from board.belonging import concerned_by
from core.accounts import Reach, Role
from core.acts import ActTopic
from core.clock import real_ms
from core.duty import Deed, Scope, Silence
from core.records import HOUR_MS, Event, PaneBatch, Phase, Stamp
from early_warning.duty import DutyDesk, Now
from early_warning.duty_rules import Wish
from store.outbox import tell
from stream.codec import encode_panes
from stream.connect import Client
from workers.relay import relay

ZHAO = Bearer("person:zhao", (Grant(Role.SHIFT_LEADER, Reach(), "值班长岗"),))


class Night:
    """A city on show, and the desk where somebody acts."""

    def __init__(self, client: Client, office: Office, city: City) -> None:
        self.client, self.office, self.city = client, office, city
        self.desk = DutyDesk(Warden(office.database, office.journal))

    def now(self) -> Now:
        return Now(self.city.running.scene.id, "440900", real_ms(), real_ms())

    def act(self, key: str, kind: Deed, subject: str, **more: Any) -> None:
        shown = self.city.drawing._picture.sections
        concerned = concerned_by(self.city.running.declared, shown, subject)
        assert concerned
        self.desk.act(ZHAO, Wish(key, kind, subject, **more), concerned, self.now())

    def shown(self, section: str) -> dict[str, Any]:
        """What the Board shows after the relay turned once."""
        relay(self.office.database, self.client)
        self.city.drawing.turn()
        return self.city.drawing._picture.sections[section]


@pytest.fixture
def night(redis_client: Client, redis_server: str, tmp_path: Path) -> Iterator[Night]:
    settings = settings_of(redis_server, unused_port(), CITYVITALS_VAR=str(tmp_path))
    office = open_office(settings)
    city = City(redis_client, settings)
    city.warn(1)
    yield Night(redis_client, office, city)
    office.database.close()


@pytest.mark.claim(
    "WARN", "An act reaches the picture through outbox and relay once, and stays through restarts of the Board."
)
def test_an_acknowledgement_reaches_every_screen_and_stays(night: Night) -> None:
    night.act("key-1", Deed.ACKNOWLEDGE, "w1")
    first = night.shown("duty")["w1"]
    assert (first["acked_level"], first["acked_by"], first["waits"]) == ("red", "person:zhao", False)
    night.act("key-1", Deed.ACKNOWLEDGE, "w1")
    assert night.shown("duty")["w1"] == first
    night.city.drawing.save()
    night.city.begin()
    assert night.shown("duty")["w1"] == first, "from the snapshot"
    night.act("key-2", Deed.COMMENT, "w1", text="已到场")
    night.city.begin()
    assert [one["text"] for one in night.shown("duty")["w1"]["comments"]] == ["已到场"], "from the stream"


def test_a_silence_and_an_act_of_another_scene(night: Night) -> None:
    warning = concerned_by(night.city.running.declared, night.city.drawing._picture.sections, "w1")[0]
    now_ms = real_ms()
    wanted = Silence("", Scope(rules=(warning.rule,)), now_ms - 1000, now_ms + HOUR_MS, "检修", "", "", 0)
    made = night.desk.silence(ZHAO, wanted, [warning.area], night.now())
    assert night.shown("silences")[str(made.number)]["hides"] == 0, "red is not hidden"
    with night.office.database.transaction() as connection:
        other = asdict(replace(made, scene="replay-1", number=99))
        tell(connection, ActTopic.SILENCE, other, real_ms())
        tell(connection, "rules", {"anything": 1}, real_ms())
    assert list(night.shown("silences")) == [str(made.number)]


@pytest.mark.claim(
    "WARN", "A signal entered by hand stands in the header as issued, apart from our warnings, until it ends."
)
def test_an_issued_signal_stands_in_the_header(night: Night) -> None:
    told = {"what": "台风", "issuer": "市气象台", "area": "440900", "by_hand": True, "until_ms": 0.0}
    now_ms = real_ms()
    signal = Event("by-hand:s1", "by-hand", "signal.orange", Phase.NEW, "by-hand", now_ms, now_ms, None, Stamp.DEMO)
    signal = replace(signal, attributes=told)
    assert issued(night, signal) == [("台风橙色预警信号", "市气象台", "orange", True)]
    assert night.shown("events") == {}
    lifted = replace(signal, phase=Phase.END, ended_ms=now_ms, told_ms=now_ms + 1)
    assert issued(night, lifted) == []


def issued(night: Night, event: Event) -> list[tuple[str, str, str, bool]]:
    """Signals in the header after an event came through a partition."""
    none, whole = np.empty(0), np.empty(0, np.int64)
    columns = (np.empty(0, np.int32), np.empty(0, np.uint16), whole, whole, none, none, none, whole, none)
    panes = PaneBatch(0, real_ms(), real_ms(), (), (), *columns, events=(event,))
    night.client.xadd(night.city.keys.panes(night.city.keys.slots[0]), dict(encode_panes(panes)))
    found = night.shown("city")["main"]["issued"]
    return [(one["title"], one["issuer"], one["level"], one["by_hand"]) for one in found]
