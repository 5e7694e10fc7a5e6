"""Packs change under running engines: taken on without a restart, from a time on, and a restart finds the same."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from forked_worker import StartWorker
from prerequisites import REPOSITORY

from accounts.bearer import Bearer, Grant
from accounts.office import open_office
from accounts.warden import Warden
from board.explained import Evidence, why
from catalogue.load import load as load_packs
from catalogue.versions import as_they_held
from core.accounts import Reach, Role
from core.clock import real_ms
from core.errors import DeclarationError
from core.records import CityWarning, ReadingBatch, Scene, Stamp, WarningPhase
from core.rule_versions import RuleVersion, VersionState
from core.settings import load
from dispatch.book import Now
from dispatch.response_book import Ground, ResponseBook, ResponseWish
from dispatch.responses import Deed
from early_warning.declaration import declaration_of
from store.migrate import migrate
from store.rules import add_version
from store.sql import Database, sqlite_url
from stream.adopted import ADOPTED, adopted
from stream.appender import Appender, Flush
from stream.codec import decode_values, decode_warnings
from stream.connect import Client
from stream.definitions import held_definitions
from stream.embedded.children import Child
from stream.entries import entries
from stream.keys import CITY_SLOT
from stream.past import Past
from stream.scenes import declare_scene, hold_until
from workers.adoption import lay_over
from workers.definitions import apply

MINUTE_MS = 60_000
BEGIN_MS = 1_795_305_600_000
Wait = Callable[..., None]


class Site:
    """One engine over packs of its own, fed with rain of one gauge each minute."""

    def __init__(self, client: Client, folder: Path, start_worker: StartWorker) -> None:
        self.client, self.folder, self.start_worker = client, folder, start_worker
        self.packs = Path(shutil.copytree(REPOSITORY / "packs", folder / "packs"))
        where = client.connection_pool.connection_kwargs
        self.settings = replace(
            load({}),
            redis_url=f"redis://{where['host']}:{where['port']}",
            packs=self.packs,
            var=folder / "var",
            tick_ms=20,
            checkpoint_s=1,
            language="en",
        )
        self.scene = Scene("replay-test", "440900", Stamp.REPLAY, "replay/city", BEGIN_MS, real_ms(), 1e6, BEGIN_MS)
        self.keys = declare_scene(client, self.scene, 2)
        self.appender = Appender(client, self.keys, 100_000)
        self.gauge = self._gauge()

    def _gauge(self) -> str:
        declared = load_packs(self.packs, "440900")
        return min(device.id for device in declared.devices.values() if "rain_mm" in device.metrics)

    def start(self) -> Child:
        told = {
            "REDIS_URL": self.settings.redis_url,
            "CITYVITALS_PACKS": str(self.packs),
            "CITYVITALS_VAR": str(self.settings.var),
            "CITYVITALS_TICK_MS": "20",
            "CITYVITALS_CHECKPOINT_S": "1",
        }
        return self.start_worker("engine", self.folder / "engine.log", told)

    def rain(self, minutes: range, mm: float) -> None:
        """So many mm a minute, told at the end of the last of these minutes."""
        event_ms = np.array([BEGIN_MS + minute * MINUTE_MS for minute in minutes], np.int64)
        count = len(event_ms)
        columns = np.zeros(count, np.int32), np.zeros(count, np.uint16), event_ms, np.full(count, mm)
        batch = ReadingBatch("rain", Stamp.REPLAY, 1, (self.gauge,), ("rain_mm",), *columns, np.zeros(count, np.uint16))
        self.appender.append(Flush(readings=(batch,)))
        hold_until(self.client, self.scene.id, int(event_ms[-1]) + 2 * MINUTE_MS)  # its window is due

    def edit(self, *changes: tuple[str, str]) -> None:
        """Change the pack of rain."""
        file = self.packs / "topics/meteorology.yaml"
        text = file.read_text("utf-8")
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after, 1)
        file.write_text(text, "utf-8")

    def told(self) -> dict[int, tuple[str, float]]:
        """Window end of the gauge's hourly rain, minutes after the beginning → version and value told last."""
        found = {}
        for _, fields in entries(self.client.xrange(self.keys.values)):
            for batch in decode_values(fields):
                if batch.indicator == "meteorology.rain_1h" and self.gauge in batch.areas:
                    value = float(batch.value[batch.areas.index(self.gauge)])
                    found[(batch.window_end_ms - BEGIN_MS) // MINUTE_MS] = (batch.version, value)
        return found

    def warnings(self) -> dict[str, CityWarning]:
        """The newest revision of each warning."""
        found = {}
        for _, fields in entries(self.client.xrange(self.keys.warnings)):
            found.update({warning.id: warning for warning in decode_warnings(fields)})
        return found

    def definition(self, slot: str = CITY_SLOT) -> str:
        return (self.client.hget(self.keys.checkpoint(slot), "definition") or b"").decode().partition("-")[2]


@pytest.fixture
def site(redis_client: Client, tmp_path: Path, start_worker: StartWorker) -> Site:
    return Site(redis_client, tmp_path, start_worker)


@pytest.mark.claim(
    "ENGINE",
    "A definition changed under a running engine takes effect at its time; both are kept and explained",
)
def test_a_changed_definition_holds_from_its_time(site: Site, wait_for: Wait) -> None:
    engine = site.start()
    site.rain(range(1, 241), 0.1)
    wait_for(lambda: site.told().get(240, ("", 0))[1] == pytest.approx(6.0), 30)
    before = site.definition()
    site.edit(("aggregate: sum\n", 'aggregate: max\n    version: "2"\n'))
    said = apply(site.settings, BEGIN_MS + 300 * MINUTE_MS)
    assert "announced" in said
    assert "in use already" not in said
    site.rain(range(241, 281), 0.1)
    wait_for(lambda: 280 in site.told())
    assert site.told()[280] == ("1", pytest.approx(6.0))
    site.rain(range(281, 401), 0.1)
    wait_for(
        lambda: 400 in site.told() and all(site.definition(slot) != before for slot in (*site.keys.slots, CITY_SLOT))
    )
    engine.send_signal(signal.SIGKILL)  # a restart finds the same
    engine.wait()
    site.start()
    site.rain(range(401, 501), 0.1)
    site.rain(range(295, 296), 50.0)  # late: the version of its time corrects it, beyond the lateness nobody does
    hold_until(site.client, site.scene.id, BEGIN_MS + 520 * MINUTE_MS)
    wait_for(lambda: 515 in site.told())
    told = site.told()
    assert {version for end, (version, _) in told.items() if end < 300} == {"1"}
    assert {version for end, (version, _) in told.items() if end >= 300} == {"2"}
    for end in range(60, 300, 5):
        assert told[end][1] == pytest.approx(6.0), end
    for end in range(300, 500, 5):
        assert told[end][1] == pytest.approx(0.1), end
    assert site.definition() != before
    assert explained(site, 200) == ("1", pytest.approx(6.0), "1")
    assert explained(site, 400) == ("2", pytest.approx(0.1), "2")


def explained(site: Site, minute: int) -> tuple[str, float | None, str]:
    """Of a window of the gauge: by which version, to which value, and by which it was told."""
    past = Past(site.client, site.keys, site.scene)
    own = load_packs(site.packs, "440900")
    definitions = as_they_held(held_definitions(site.client, site.keys), own)
    evidence = Evidence(definitions, site.keys.slots, past.held_from_ms(), past.log, past.told)
    settle_ms = 1000 * own.indicators["meteorology.rain_1h"].settle_s
    found = why(evidence, "meteorology.rain_1h", site.gauge, BEGIN_MS + minute * MINUTE_MS + settle_ms)
    assert found.agrees
    return found.explanation.version, found.explanation.value, found.told_version


def test_state_of_what_did_not_change_is_kept(site: Site, wait_for: Wait) -> None:
    """The six hours of rain reach back beyond the change."""
    site.start()
    site.rain(range(1, 361), 0.1)
    wait_for(lambda: 360 in site.told(), 30)
    for slot in site.keys.slots:  # nothing but state knows the first hours any more
        site.client.xtrim(site.keys.panes(slot), maxlen=0, approximate=False)
        site.client.xtrim(site.keys.readings(slot), maxlen=0, approximate=False)
    file = site.packs / "topics/water.yaml"
    file.write_text(file.read_text("utf-8").replace("settle_s: 60", "settle_s: 61"), "utf-8")
    site.edit(("owner: 市气象局\n    cadence", 'settle_s: 90\n    version: "2"\n    owner: 市气象局\n    cadence'))
    before = site.definition()
    apply(site.settings, 0)
    hold_until(site.client, site.scene.id, BEGIN_MS + 361 * MINUTE_MS)
    wait_for(lambda: site.definition() != before)
    site.rain(range(361, 366), 0.1)
    hold_until(site.client, site.scene.id, BEGIN_MS + 368 * MINUTE_MS)

    def six_hours() -> float:
        found = [
            float(batch.value[batch.areas.index(site.gauge)])
            for _, fields in entries(site.client.xrange(site.keys.values))
            for batch in decode_values(fields)
            if batch.indicator == "meteorology.rain_6h"
            and batch.window_end_ms == BEGIN_MS + 365 * MINUTE_MS
            and site.gauge in batch.areas
        ]
        return found[-1] if found else 0.0

    wait_for(lambda: six_hours() == pytest.approx(36.0))
    assert site.told()[365] == ("2", pytest.approx(6.0))


def test_a_replaced_rule_ends_its_warnings(site: Site, wait_for: Wait) -> None:
    site.start()
    site.rain(range(1, 121), 2.0)  # 120 mm an hour
    wait_for(lambda: any(w.rule.startswith("meteorology.") for w in site.warnings().values()), 30)
    rule = next(w.rule for w in site.warnings().values() if w.rule.startswith("meteorology."))
    site.edit((f"  {rule}:\n", f"  {rule}_anew:\n"))
    for named in ("plans", "cases"):  # what is set off by the rule, and what becomes of its warnings, goes with it
        file = site.packs / f"topics/{named}.yaml"
        file.write_text(file.read_text("utf-8").replace(rule, f"{rule}_anew"), "utf-8")
    apply(site.settings, 0)
    site.rain(range(121, 131), 2.0)

    def phases(name: str) -> set[WarningPhase]:
        return {w.phase for w in site.warnings().values() if w.rule == name}

    wait_for(lambda: WarningPhase.ACTIVE not in phases(rule))
    ended = [w for w in site.warnings().values() if w.rule == rule]
    assert ended and all(w.facts["rule_replaced"] and w.ended_ms for w in ended)
    wait_for(lambda: WarningPhase.ACTIVE in phases(f"{rule}_anew"))


def test_another_method_needs_another_version(site: Site, wait_for: Wait) -> None:
    site.start()
    wait_for(lambda: site.definition() != "", 30)
    assert "in use already" in apply(site.settings, 0)
    site.edit(("aggregate: sum\n", "aggregate: max\n"))
    with pytest.raises(DeclarationError, match="version is still 1; raise it"):
        apply(site.settings, 0)


@pytest.mark.claim("WARN", "An approved rule judges in the running engine within seconds, and its warnings name it.")
def test_what_was_approved_judges_and_what_has_ended_does_not(site: Site, wait_for: Wait, tmp_path: Path) -> None:
    rule, now_ms = "meteorology.rainstorm", real_ms()
    declaration = declaration_of(load_packs(site.packs, "440900").rules[rule])
    for bound in declaration["bounds"]:
        bound["bound"] /= 5  # 20 mm in three hours are red
    version = RuleVersion(
        "440900", rule, "7", VersionState.RELAXED, declaration, "1", "person:wu", now_ms, now_ms, effective_ms=now_ms
    )
    database = Database(sqlite_url(tmp_path))
    migrate(database)
    with database.transaction() as connection:
        add_version(connection, replace(version, ended_ms=now_ms + 60_000))

    def judging() -> set[tuple[str, WarningPhase]]:
        return {(w.rule_version, w.phase) for w in site.warnings().values() if w.subject == site.gauge}

    def brought(at_ms: int) -> bool:
        return lay_over(database, site.client, site.settings, "440900", at_ms)

    site.start()
    site.rain(range(1, 181), 0.2)  # 36 mm: nothing by the pack
    wait_for(lambda: 180 in site.told(), 30)
    assert judging() == set()
    assert [brought(now_ms), brought(now_ms)] == [True, False]
    site.rain(range(181, 191), 0.2)
    wait_for(lambda: ("7", WarningPhase.ACTIVE) in judging())
    (opened,) = (w.id for w in site.warnings().values() if w.subject == site.gauge)
    kept = tuned(database, version, now_ms)
    assert brought(now_ms)
    wait_for(lambda: judging() == {("8", WarningPhase.ACTIVE)})  # without another value: it goes on as it stands
    assert site.warnings()[opened].facts["goes_on_from"] == "7"
    site.client.delete(ADOPTED)  # an emptied Redis gets back what the database says
    assert brought(now_ms) and adopted(site.client, "440900")["rules"][rule]["version"] == kept.version
    assert adopted(site.client, "440900")["relaxed"][rule]["until_ms"] == now_ms + 60_000
    assert brought(now_ms + 60_000)  # by itself it has ended
    assert adopted(site.client, "440900") == {}
    site.rain(range(191, 201), 0.2)
    wait_for(lambda: judging() == {("8", WarningPhase.CLEARED)})
    assert site.warnings()[opened].facts["rule_replaced"]


def tuned(database: Database, version: RuleVersion, now_ms: int) -> RuleVersion:
    """Another version from now on, its bounds a tenth further."""
    bounds = [bound | {"bound": bound["bound"] * 1.1} for bound in version.declaration["bounds"]]
    declaration = {**version.declaration, "bounds": bounds}
    with database.transaction() as connection:
        return add_version(connection, replace(version, version="8", declaration=declaration, ended_ms=now_ms + 60_000))


@pytest.mark.claim("COMMAND", "A response in force wakes a rule of its plan in the running engine; its end stops it.")
def test_a_response_wakes_a_rule_on_trial(site: Site, wait_for: Wait) -> None:
    site.edit(("direction: up_bad\n    state: active", "direction: up_bad\n    state: trial"))
    plans = site.packs / "topics/plans.yaml"
    awake = "    short: {zh: 防汛防台, en: Typhoon}\n"
    text = plans.read_text("utf-8").replace(awake, f"{awake}    wakes: {{meteorology.rainstorm: 2}}\n", 1)
    plans.write_text(text, "utf-8")
    declared, office = load_packs(site.packs, "440900"), open_office(site.settings)
    leader = Bearer("person:lin", (Grant(Role.LEADER, Reach(), "leader"),), strong=True)
    book = ResponseBook(
        Warden(office.database, office.journal), lambda: Ground(declared.plans, lambda area: (area, "440900"))
    )
    now = Now(site.scene.id, "replay", "440900", BEGIN_MS, BEGIN_MS)

    def does(deed: Deed, response: str = "", **fields: object) -> str:
        wish = ResponseWish(f"wake-{deed}", deed, response, "typhoon", fields)
        told = book.act(leader, wish, now)
        lay_over(office.database, site.client, site.settings, "440900", real_ms(), declared.rules)
        return told.course.response.id

    def judging() -> dict[str, WarningPhase]:
        return {w.rule_version: w.phase for w in site.warnings().values() if w.rule == "meteorology.rainstorm"}

    site.start()
    site.rain(range(1, 61), 0.1)
    wait_for(lambda: 60 in site.told(), 30)
    response = does(Deed.PROPOSE, level=3, areas=["440900"], reason="台风逼近")
    does(Deed.APPROVE, response)
    site.rain(range(61, 121), 2.0)  # 120 mm an hour
    wait_for(lambda: 120 in site.told())
    assert "1.typhoon" not in judging(), "it is woken from level Ⅱ on"
    does(Deed.CHANGE, response, level=2, reason="升级")
    site.rain(range(121, 131), 2.0)
    wait_for(lambda: judging().get("1.typhoon") is WarningPhase.ACTIVE)
    does(Deed.END, response, reason="解除")
    site.rain(range(131, 141), 0.0)
    wait_for(lambda: judging()["1.typhoon"] is WarningPhase.CLEARED)
    office.database.close()
