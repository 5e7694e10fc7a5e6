"""The projector: every entry of the stream once in SQL, also when it dies half way or the engine decides anew."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.records import CityWarning, Issuer, Level, Scene, Stamp, WarningPhase
from store.sql import Database
from store.warnings import KeptWarning, Projected, projected, standing_warnings, warning_of
from stream.codec import encode_warnings
from stream.connect import Client
from stream.keys import CITY_SLOT, Keys
from stream.scenes import declare_scene
from stream.slot import Slot, lineage
from workers.project import Projecting

T0_MS = 1_700_000_000_000
SCENE = Scene("test-440900", "440900", Stamp.TEST, "city")


@pytest.fixture(autouse=True)
def looks_each_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.project.LOOK_S", 0.0)


@pytest.fixture
def keys(redis_client: Client) -> Keys:
    return declare_scene(redis_client, SCENE, 1)


def warning(name: str, revision: int = 1, phase: WarningPhase = WarningPhase.ACTIVE) -> CityWarning:
    return CityWarning(
        id=name,
        rule="r",
        rule_version="1",
        indicator="i",
        subject="s",
        issuer=Issuer.COMPUTED,
        phase=phase,
        level=Level.RED,
        peak=Level.RED,
        since_ms=T0_MS,
        updated_ms=T0_MS,
        ended_ms=None if phase is WarningPhase.ACTIVE else T0_MS + 1,
        decided_ms=T0_MS,
        value=float(revision),
        bound=1.0,
        unit="m",
        trend="rising",
        revision=revision,
        stamp=Stamp.TEST,
    )


def tell(client: Client, keys: Keys, *warnings: CityWarning) -> None:
    client.xadd(keys.warnings, dict(encode_warnings(warnings)))


def state(client: Client, keys: Keys, born: str, decided_ms: int) -> None:
    client.hset(keys.checkpoint(CITY_SLOT), mapping={"born": born, "decided_ms": str(decided_ms)})


class Desk:
    """A projector, and which warnings it made rows of."""

    def __init__(self, database: Database, client: Client, keys: Keys) -> None:
        self.asked: list[str] = []
        self.database, self.made_of = database, (database, client, keys, self._keep)
        self.begin()

    def begin(self) -> None:
        self.projecting = Projecting(*self.made_of)

    def _keep(self, one: CityWarning) -> KeptWarning:
        self.asked.append(one.id)
        return KeptWarning(one, SCENE.id, "440981", f"{one.id}.{one.revision}")

    def turn(self, now_ms: int = T0_MS) -> int:
        return self.projecting.turn(now_ms)

    def standing(self) -> Sequence[str]:
        with self.database.reading() as connection:
            return [one.sentence for one in standing_warnings(connection, SCENE.id)]


def test_rows_follow_the_stream_and_a_restart_goes_on(database: Database, redis_client: Client, keys: Keys) -> None:
    state(redis_client, keys, "a", T0_MS)
    desk = Desk(database, redis_client, keys)
    tell(redis_client, keys, warning("w1"), warning("w2"))
    tell(redis_client, keys, warning("w1", 2))
    assert desk.turn() == 3 and desk.turn() == 0
    assert desk.standing() == ["w1.2", "w2.1"]
    desk.begin()
    assert desk.turn() == 0, "what is written is not read again"
    tell(redis_client, keys, warning("w2", 2, WarningPhase.CLEARED))
    assert desk.turn() == 1 and desk.standing() == ["w1.2"]
    assert desk.asked == ["w1", "w2", "w1", "w2"]


def test_a_transaction_that_fails_is_done_again(
    database: Database, redis_client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    state(redis_client, keys, "a", T0_MS)
    desk = Desk(database, redis_client, keys)
    tell(redis_client, keys, warning("w1"))
    with monkeypatch.context() as broken, pytest.raises(RuntimeError, match="killed"):
        broken.setattr("workers.project.note_projected", _killed)
        desk.turn()
    assert desk.standing() == []
    assert desk.turn() == 1 and desk.standing() == ["w1.1"]


def _killed(*_: object) -> None:
    raise RuntimeError("killed")


def test_a_dropped_state_has_another_name(redis_client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(definition: str, real_ms: int) -> str:
        monkeypatch.setattr("stream.slot.real_ms", lambda: real_ms)
        Slot.take(redis_client, keys, CITY_SLOT, definition)
        return lineage(redis_client, keys, CITY_SLOT)[0]

    assert lineage(redis_client, keys, CITY_SLOT) == ("", 0)
    first = taken("8-a", 1)
    assert first and taken("8-a", 2) == first, "the next owner goes on with the same state"
    assert taken("8-b", 3) != first


@pytest.mark.claim("WARN", "What a dropped state left standing ends in SQL, once the engine has decided anew up to now")
def test_what_a_new_state_does_not_tell_again_is_over(database: Database, redis_client: Client, keys: Keys) -> None:
    state(redis_client, keys, "a", T0_MS)
    desk = Desk(database, redis_client, keys)
    tell(redis_client, keys, warning("stays", 4), warning("goes"))
    desk.turn()
    redis_client.delete(keys.warnings)
    state(redis_client, keys, "b", T0_MS - 3_600_000)
    tell(redis_client, keys, warning("stays", 1))
    assert desk.turn() == 1
    assert desk.turn() == 0 and len(desk.standing()) == 2, "the engine has not caught up yet"
    state(redis_client, keys, "b", T0_MS)
    assert desk.turn() == 1 and desk.turn() == 0
    assert desk.standing() == ["stays.1"]
    with database.reading() as connection:
        over = warning_of(connection, SCENE.id, "goes").warning
        upto = projected(connection, SCENE.id)
    assert (over.phase, over.level, over.ended_ms) == (WarningPhase.CLEARED, Level.NORMAL, T0_MS)
    assert over.facts["state_dropped"] and isinstance(upto, Projected) and upto.lineage == "b"
