"""The published schema of a pack is the one that packs are checked with."""

import json
from pathlib import Path

import pytest

from catalogue.published import SECTIONS, as_json, pack_schema

PAGE = Path(__file__).parents[2] / "docs/pack.schema.json"


@pytest.mark.claim("ENGINE", "The JSON Schema of a pack is published, and it is the one that packs are checked with")
def test_the_committed_schema_is_printed_from_the_models() -> None:
    assert PAGE.read_text("utf-8") == as_json(), "print it again: python app.py pack schema > docs/pack.schema.json"


def test_every_reference_of_the_schema_resolves() -> None:
    schema = pack_schema()
    assert list(schema["properties"]) == ["city", *SECTIONS]

    def references(part: object) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [found for value in part.values() for found in references(value)]
        return [found for value in part for found in references(value)] if isinstance(part, list) else []

    wanted = {reference.removeprefix("#/$defs/") for reference in references(schema)}
    assert wanted <= set(schema["$defs"])


def test_the_schema_names_keys_as_packs_write_them() -> None:
    keys = json.loads(as_json())["$defs"]["IndicatorEntry"]["properties"]
    assert keys["begins_at"]["pattern"].startswith("^[0-2]")
    assert "begins_at_s" not in keys
    assert keys["inputs"]["items"] == {"$ref": "#/$defs/InputEntry"}
