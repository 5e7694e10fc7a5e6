"""Documents that are printed from code say what the code says; files and functions keep their size."""

import ast
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

from board.canvas import SECTIONS
from core.messages import LANGUAGES, catalogue
from core.settings import SETTINGS, as_markdown
from stream.keys import Keys

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
PYTHON = [name for name in TRACKED if name.endswith(".py") and (ROOT / name).exists()]


def test_settings_page_is_printed_from_the_table() -> None:
    assert (ROOT / "docs/settings.md").read_text("utf-8").strip() == as_markdown().strip()


def test_every_setting_has_a_good_default() -> None:
    for setting in SETTINGS:
        setting.read(setting.default)


def too_long(name: str) -> Iterator[str]:
    """What of a file is longer than it may be."""
    source = (ROOT / name).read_text("utf-8")
    if (lines := len(source.splitlines())) > 400:
        yield f"{name} has {lines} lines: split it by topic"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > 40:
                yield f"{name}:{node.lineno} {node.name} has {lines} lines"


def test_files_and_functions_keep_their_size() -> None:
    """One test for all files: a thousand would be a quarter of those that every process of the suite collects."""
    assert [fault for name in PYTHON for fault in too_long(name)] == []


def test_names_of_test_files_are_unique() -> None:
    """pytest imports them by name alone: of two with one name the second is an error, and none of its tests runs."""
    names = Counter(Path(name).name for name in PYTHON if Path(name).name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_message_has_both_languages_and_the_same_places() -> None:
    for code, texts in catalogue().items():
        assert set(texts) == set(LANGUAGES), f"{code} lacks a language"
        told = {language: texts[language].replace("{name}", "{month}") for language in LANGUAGES}  # 11月, November
        places = [set(re.findall(r"{(\w*)", told[language])) for language in LANGUAGES]
        assert places[0] == places[1], f"{code} has different places in its languages"


def test_no_message_stands_in_two_files() -> None:
    for path in (ROOT / "core/messages").glob("*.yaml"):
        codes = re.findall(r"^([^\s#:]+):", path.read_text("utf-8"), re.M)
        assert len(codes) == len(set(codes)), f"{path.name} has a code twice"
        read = yaml.safe_load(path.read_text("utf-8"))
        assert read, f"{path.name} is empty"
        assert [code for code in read if not isinstance(code, str)] == [], f"{path.name}: YAML takes a code for a truth"


def test_architecture_names_only_files_that_exist() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+/[A-Za-z0-9_/]+\.(?:py|js|css))`", page))
    assert named
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert not missing, f"docs/architecture.md names files that do not exist: {missing}"


def test_architecture_names_every_section_of_the_picture_and_every_key() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    named = {name for cell in re.findall(r"^\|([^|]+)\|", page, re.M) for name in re.findall(r"`([^`]+)`", cell)}
    of_one_scene = (getattr(Keys("scene", 1), name) for name, kind in vars(Keys).items() if isinstance(kind, property))
    keys = {key.removeprefix("scene:") for key in of_one_scene if isinstance(key, str)}
    assert sorted((keys | set(SECTIONS)) - named) == []


def test_no_address_of_a_registry_and_no_path_of_a_machine() -> None:
    here = Path(__file__).relative_to(ROOT).as_posix()
    for name in TRACKED:
        path = ROOT / name
        if name == here or not path.is_file() or path.suffix in {".woff2", ".png", ".map"} or "static" in name:
            continue
        text = path.read_text("utf-8", errors="ignore")
        assert not re.search(r"(^|[^A-Za-z])/(work|root|farm)/", text), f"{name} names a path of one machine"
        assert "index-url" not in text, f"{name} names a package registry"


def test_rooms_do_not_hide_a_module_of_others() -> None:
    rooms = {Path(name).parts[0] for name in PYTHON if "/" in name and not name.startswith(".")}
    code = (
        f"import sys, importlib.util, json; sys.path = [p for p in sys.path if p not in ('', {str(ROOT)!r})];"
        f"print(json.dumps([r for r in {sorted(rooms)!r} if importlib.util.find_spec(r)]))"
    )
    python = ROOT / ".venv/bin/python"
    out = subprocess.run(
        [str(python) if python.exists() else "python3", "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert json.loads(out.stdout) == []
