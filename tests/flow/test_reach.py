"""Who reaches one county or one topic sees that and nothing else: on every way to the picture."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
from guarded_site import Guarded, guarded
from live_city import BASE, RAIN, City, settings_of, with_a_secret
from prerequisites import ANSWER_S, eventually, unused_port
from websockets.sync.client import connect as ws_connect

from accounts.sessions import Cookies
from core.accounts import Reach, Role, Sensitivity
from core.clock import real_ms
from stream.connect import connect

HERE, THERE = "440981", "440983"
ONE_COUNTY = Reach((HERE,), ("eco_environment",))
ONE_TOPIC = Reach(topics=("market_regulation",))
EVERYTHING = Reach(sensitivity=Sensitivity.RESTRICTED)
RIVER = "mm-river-01"  # stands in THERE


@pytest.fixture(scope="module")
def site(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    var, packs = str(tmp_path_factory.mktemp("var")), with_a_secret(tmp_path_factory.mktemp("packs") / "packs")
    given = {"CITYVITALS_ACCOUNTS": "1", "CITYVITALS_VAR": var, "CITYVITALS_PACKS": str(packs)}
    settings = settings_of(redis_server, unused_port(), **given)
    client = connect(redis_server)
    client.flushall()
    city = City(client, settings)
    city.rain(3.0, HERE)
    city.rain(4.0, THERE)
    city.warn(1)  # at RIVER
    with guarded(settings) as opened:
        who = opened.as_role(Role.DUTY)
        eventually(lambda: opened.ask("GET", "api/v1/indicators", who).status_code == 200, 20)
        yield opened
    client.close()


def _picture(site: Guarded, way: str, who: dict[str, str]) -> dict[str, dict[str, dict[str, object]]]:
    if way == "poll":
        return orjson.loads(site.ask("GET", "live/poll", who).content)[0]["set"]
    if way == "sse":
        with site.ask("GET", "live/sse", who, stream=True) as events:
            return orjson.loads(next(events.iter_lines(chunk_size=1)).removeprefix(b"data: "))["set"]
    with ws_connect(site.address.replace("http", "ws") + "live/ws", additional_headers=who, max_size=None) as socket:
        return orjson.loads(socket.recv(ANSWER_S))["set"]


@pytest.mark.claim("ACCOUNTS", "Live frames carry only the areas, topics and grades that the bearer reaches.")
@pytest.mark.parametrize("way", ["ws", "sse", "poll"])
def test_frames_are_cut_to_the_reach(site: Guarded, way: str) -> None:
    seen = {
        name: _picture(site, way, site.as_role(Role.LIAISON, reach))
        for name, reach in {
            "county": ONE_COUNTY,
            "topic": ONE_TOPIC,
            "all topics": Reach((HERE,)),
            "all": EVERYTHING,
        }.items()
    }
    rain = {name: {record["area"] for record in _rain(picture)} for name, picture in seen.items()}
    assert {HERE, THERE} <= rain["all"] and rain["county"] == {HERE} and rain["topic"] == set()
    assert [len(seen[name]["warnings"]) for name in ("all", "county", "topic")] == [1, 0, 0]
    assert set(seen["all topics"]["areas"]) == {HERE} and seen["county"]["areas"] == {}  # they count all topics
    stations = {name: set(picture["stations"]) for name, picture in seen.items()}
    assert stations["county"] < stations["all"] and RIVER in stations["all"] - stations["county"]
    assert seen["county"]["city"] == seen["all"]["city"]


def _rain(picture: dict[str, dict[str, dict[str, object]]]) -> list[dict[str, object]]:
    return [record for record in picture["values"].values() if record["indicator"] == RAIN]


@pytest.mark.claim("ACCOUNTS", "Another area's id is refused and audited, on the API, on pages and in callbacks.")
@pytest.mark.parametrize(
    "path",
    [
        f"api/v1/indicators/{RAIN}/{THERE}/series",
        f"api/v1/indicators/{RAIN}/{THERE}/history?from=0&resolution=day",
        f"api/v1/indicators/{RAIN}/{THERE}/explain",
        f"api/v1/indicators/{RAIN}/440900/series",
        f"api/v1/stations/{RIVER}",
        f"indicators/{RAIN}/{THERE}",
        f"indicators/{RAIN}/{RIVER}",
    ],
)
def test_another_areas_id_is_refused(site: Guarded, path: str) -> None:
    who = site.as_role(Role.LIAISON, ONE_COUNTY)
    answer = site.ask("GET", path, who)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "area")
    asked = {entry.act.detail["asked"] for entry in site.acts() if entry.act.actor.startswith("person:liaison")}
    assert BASE + path.partition("?")[0] in asked
    mine = path.replace(THERE, HERE).replace("440900", HERE)
    if mine != path:
        assert site.ask("GET", mine, who).status_code not in {401, 403}


@pytest.mark.parametrize("subject", [THERE, RIVER, "440900", f"{THERE}/more", "%34%34%30%39%38%33"])
def test_a_callback_shows_no_other_area(site: Guarded, subject: str) -> None:
    who = site.as_role(Role.LIAISON, ONE_COUNTY)
    body = next(one for one in site.callbacks if "desk-body" in one["output"])
    called = {"output": body["output"], "outputs": [], "changedPropIds": [], "inputs": [], "state": []}
    for place in ("inputs", "state"):
        address = [{"id": "shell-address", "property": "pathname", "value": f"{BASE}indicators/{RAIN}/{subject}"}]
        answer = site.ask(
            "POST", "_dash-update-component", who, json=called | {"inputs": [], "state": [], place: address}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "area")


def test_what_is_explained_without_a_place_is_the_city(site: Guarded) -> None:
    explain = next(one["output"] for one in site.callbacks if "explain" in one["output"])
    address = {"id": "shell-address", "property": "pathname", "value": f"{BASE}indicators/{RAIN}"}
    called = {"output": explain, "outputs": [], "changedPropIds": [], "inputs": [], "state": [address]}
    for reach, refused in ((ONE_COUNTY, True), (EVERYTHING, False)):
        answer = site.ask("POST", "_dash-update-component", site.as_role(Role.LIAISON, reach), json=called)
        assert (answer.status_code == 403) == refused


def test_the_api_lists_only_what_is_reached(site: Guarded) -> None:
    county, all_of_it = (site.as_role(Role.LIAISON, reach) for reach in (ONE_COUNTY, EVERYTHING))
    for who, areas in ((county, {HERE}), (all_of_it, {HERE, THERE})):
        values = site.ask("GET", f"api/v1/indicators/{RAIN}", who).json()["values"]
        assert {value["area"] for value in values} & {HERE, THERE} == areas
    assert site.ask("GET", "api/v1/warnings", county).json()["warnings"] == []
    assert len(site.ask("GET", "api/v1/warnings", all_of_it).json()["warnings"]) == 1


@pytest.mark.claim("ACCOUNTS", "Whoever sees everything gets the one encoding; all of one reach share one.")
def test_who_sees_the_same_shares_a_sight(site: Guarded) -> None:
    declared, sights = site.entrance.sights._declared, site.entrance.sights
    assert declared is not None
    found = []
    for role, reach in ((Role.DUTY, Reach()), (Role.DUTY, Reach()), (Role.DUTY, EVERYTHING)):
        token = site.as_role(role, reach)["Cookie"].partition("=")[2]
        with site.entrance.looking_as(site.office.sessions.bearer(Cookies(token), "", real_ms())):
            found.append(sights.of(declared))
    assert found[0] is found[1] and found[0] is not None and found[2] is None
