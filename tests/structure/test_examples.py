"""Every example in a docstring says what the code does."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = "core geo stream indicators accounts early_warning ingest catalogue board layouts api workers callbacks"
MODULES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for room in FLOORS.split()
    for file in sorted((ROOT / room).rglob("*.py"))
    if ">>>" in file.read_text("utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_hold(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module.removesuffix(".__init__")))
    assert result.attempted and not result.failed
