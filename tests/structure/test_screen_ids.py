"""Ids, callbacks, scripts and words of the screens agree, without a browser."""

from __future__ import annotations

import asyncio
import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dash import Dash
from dash.development.base_component import Component
from fastapi import FastAPI

from callbacks.indicators import body_of
from callbacks.shell import page_of
from callbacks.site import attach
from catalogue.declared import Declared
from catalogue.load import load
from core.messages import catalogue, texts
from core.settings import Settings
from core.settings import load as load_settings
from layouts import ids, shell
from tests.frames.board_snapshot import picture

ROOT = Path(__file__).parents[2]
SCRIPTS = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "assets").glob("*.js"))}
STYLES = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "assets").glob("*.css"))}
IDS = {value for name, value in vars(ids).items() if name.isupper()}
NOW_MS = 1_795_341_600_000


class StillReader:
    """One picture, forever."""

    def __init__(self, city: Declared) -> None:
        self.city, self.shown = city, picture(city, "typhoon", NOW_MS, 20)

    def declared(self) -> Declared:
        return self.city

    def sections(self) -> dict[str, dict[str, dict[str, object]]]:
        return self.shown

    def scene_id(self) -> str:
        return "demo-440900"

    def city_now_ms(self) -> int:
        return NOW_MS

    def assets_version(self) -> str:
        return "a1"

    def value(self, indicator: str, subject: str) -> dict[str, object] | None:
        return self.shown["values"].get(f"{indicator}¦{subject}")

    async def points(self, indicator: str, subject: str) -> list[tuple[int, float | None]]:
        return [(NOW_MS, 1.0)]

    async def explain(self, indicator: str, subject: str) -> list[str]:
        return []

    async def raw(self, device: str) -> None:
        return None


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings({"CITYVITALS_PACKS": str(ROOT / "packs")})


@pytest.fixture(scope="module")
def reader() -> StillReader:
    return StillReader(load(ROOT / "packs", "440900"))


@pytest.fixture(scope="module")
def app(settings: Settings, reader: StillReader) -> Dash:
    return attach(FastAPI(), settings, reader)


def ids_of(component: Component) -> list[str]:
    """Every id in a tree, with repetitions."""
    own = [component.id] if getattr(component, "id", None) else []
    return own + [part.id for part in component._traverse() if getattr(part, "id", None)]


async def pages(settings: Settings, reader: StillReader) -> dict[str, list[str]]:
    """Ids of each page as a browser holds them: shell, page, body."""
    around = ids_of(shell.layout(settings))
    found = {"wall": around + ids_of(page_of("/wall", settings, reader))}
    found["warnings"] = around + ids_of(page_of("/warnings/w1", settings, reader))
    found["duty"] = around + ids_of(page_of("/duty", settings, reader))
    found["dispatch"] = around + ids_of(page_of("/dispatch", settings, reader))
    for path in ("/indicators", "/indicators/ecology.aqi", "/indicators/water.river_stage/mm-river-02"):
        body = await body_of(path, settings, reader)
        found[path] = around + ids_of(page_of(path, settings, reader)) + ids_of(body)
    for path in ("/rules", "/rules/water.river_stage"):
        found[path] = around + ids_of(page_of(path, settings, reader))
    return found


@pytest.fixture(scope="module")
def shown(settings: Settings, reader: StillReader) -> dict[str, list[str]]:
    with ThreadPoolExecutor(1) as aside:  # the browser of other tests keeps a loop running in this thread
        return aside.submit(lambda: asyncio.run(pages(settings, reader))).result()


def test_no_page_has_an_id_twice(shown: dict[str, list[str]]) -> None:
    for page, found in shown.items():
        assert len(found) == len(set(found)), page


def test_every_id_has_its_one_home_and_is_used(shown: dict[str, list[str]]) -> None:
    assert {one for found in shown.values() for one in found} == IDS
    assert all(re.fullmatch(r"(shell|wall|desk|duty|dispatch|rules)(-[a-z]+)+", one) for one in IDS)


def test_no_callback_dangles(app: Dash) -> None:
    named = set()
    for callback in app._callback_list:
        ends = [*callback["inputs"], *callback["state"]]
        named |= {end["id"] for end in ends}
        named |= set(re.findall(r"([a-z][a-z-]+)\.[a-z_]+", callback["output"]))
    assert named
    assert named <= IDS


def test_every_server_callback_is_a_coroutine(app: Dash) -> None:
    """A plain function of two seconds would stop the live feed of everybody for as long."""
    for name, callback in app.callback_map.items():
        function = callback.get("callback")
        assert function is None or inspect.iscoroutinefunction(inspect.unwrap(function)), name


def test_python_and_scripts_name_the_same_functions(app: Dash) -> None:
    named = {
        callback["clientside_function"]["function_name"]
        for callback in app._callback_list
        if callback["clientside_function"]
    }
    offered = set(re.findall(r"^    (\w+)\(.*\) \{$", "".join(SCRIPTS.values()), re.M))
    clientside = "".join(
        text[text.find("clientside.cityvitals =") :] for text in SCRIPTS.values() if "clientside." in text
    )
    assert named == {one for one in offered if re.search(rf"^    {one}\(", clientside, re.M)}


def test_scripts_know_only_ids_that_exist() -> None:
    named = {
        one
        for text in SCRIPTS.values()
        for one in re.findall(r'(?<!class=)"((?:shell|wall|desk|duty|rules)(?:-[a-z]+)+)"', text)
    }
    assert named
    assert named <= IDS


def test_python_writes_no_id_as_a_literal() -> None:
    for path in [*(ROOT / "layouts").rglob("*.py"), *(ROOT / "callbacks").rglob("*.py")]:
        assert not re.search(r'\bid="[a-z-]+"[,)]|(Input|Output|State)\("', path.read_text("utf-8")), path.name


def test_every_word_of_a_script_is_in_the_catalogue() -> None:
    for name, text in SCRIPTS.items():
        for code in re.findall(r'words\("((?:wall|level|stamp|desk|duty|rules)\.[a-z_0-9]+)"', text):
            assert code in catalogue() or code.endswith("_"), f"{name}: {code}"
        for beginning in re.findall(r'words\("((?:wall|level|stamp|desk|duty|rules)\.[a-z_]*)" \+', text):
            assert any(code.startswith(beginning) for code in catalogue()), f"{name}: {beginning}…"


def test_every_word_of_a_page_is_in_the_catalogue_and_none_is_left_over() -> None:
    sources = "".join(
        path.read_text("utf-8") for room in ("layouts", "callbacks") for path in (ROOT / room).rglob("*.py")
    )
    sources += "".join(SCRIPTS.values())
    beginnings = set(re.findall(r'"((?:wall|desk)\.[a-z_]+_)"|f"((?:wall|desk)\.[a-z_]+_)\{', sources))
    families = {one for pair in beginnings for one in pair if one}
    for code in catalogue():
        if code.startswith(("wall.", "desk.")):
            named = re.search(rf'"{re.escape(code)}["_]', sources) or any(code.startswith(one) for one in families)
            assert named or code.startswith("desk.too_old") or code.startswith("desk.no_script"), (
                f"{code} is never said"
            )


def test_there_is_no_green() -> None:
    """Normal has no colour; the classes of an index bring their own colours as data."""
    for name, text in (SCRIPTS | STYLES).items():
        for red, green, blue in re.findall(r"#([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})\b", text):
            r, g, b = int(red, 16), int(green, 16), int(blue, 16)
            assert not (g > r + 24 and g > b + 24), f"{name}: #{red}{green}{blue}"


def test_nothing_is_loaded_from_elsewhere() -> None:
    for name, text in (SCRIPTS | STYLES).items():
        assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text.replace("http://www.w3.org", "")) == [], name
    for name, text in STYLES.items():
        for address in re.findall(r"url\(([^)]+)\)", text):
            file = ROOT / "assets" / address.partition("?")[0]
            assert file.exists(), f"{name}: {address}"


def test_scripts_say_only_words_that_they_are_given() -> None:
    known = texts("zh")
    for name, script in SCRIPTS.items():
        if not name.startswith("account"):  # pages of forms get their words from the server
            said = {code for code in re.findall(r'"([a-z]+\.[a-zA-Z0-9_-]+)"', script) if code in known}
            assert [code for code in sorted(said) if not code.startswith(shell.IN_BROWSER)] == [], name
