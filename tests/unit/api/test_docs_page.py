"""The page of the API's documentation asks nobody but us."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[3] / "api" / "static"


@pytest.mark.claim("PULSE", "OpenAPI at /api/docs is served from our own files")
def test_the_page_and_its_styles_name_no_other_host():
    page = (STATIC / "docs.html").read_text("utf-8")
    asked = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert asked and all(not re.match(r"[a-z]+:|//", address) or address.startswith("data:") for address in asked)
    for address in asked:
        assert address.startswith("data:") or (STATIC / Path(address).name).is_file()
    styles = (STATIC / "swagger-ui.css").read_text("utf-8")
    assert "@import" not in styles
    assert all(url.startswith("data:") for url in re.findall(r"url\([\"']?([^\"')]+)", styles))
    assert "validatorUrl: null" in (STATIC / "docs.js").read_text("utf-8")


def test_what_is_not_ours_stands_there_with_its_licence():
    assert "Apache License" in (STATIC / "swagger-ui.LICENSE").read_text("utf-8")
    assert (STATIC / "swagger-ui.NOTICE").is_file()
