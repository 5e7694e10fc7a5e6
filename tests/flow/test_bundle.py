"""The one script and the one style sheet of a page: all files, in order, at an address that changes with them."""

from __future__ import annotations

import re
from pathlib import Path

from guarded_site import Guarded
from prerequisites import REPOSITORY

from callbacks.bundle import bundles
from core.accounts import Role


def test_all_files_of_a_kind_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "b.js").write_text("(function () { two(); })();\n", "utf-8")
    (tmp_path / "a.js").write_text("(function () { 'one'; })();", "utf-8")
    (tmp_path / "a.css").write_text("a { color: red }", "utf-8")
    found = bundles(tmp_path)
    script = found["js"].body.decode()
    assert script.index("a.js") < script.index("'one'") < script.index("b.js") < script.index("two")
    assert found["css"].body.decode().endswith("a { color: red }")
    before = found["js"].address
    (tmp_path / "b.js").write_text("(function () { three(); })();\n", "utf-8")
    assert bundles(tmp_path)["js"].address != before == found["js"].address


def test_a_page_asks_for_one_file_of_a_kind_and_keeps_it_for_a_year(house: Guarded) -> None:
    document = house.ask("GET", "wall", house.colleague(Role.DUTY)).text
    addresses = re.findall(r'(?:src|href)="(/[^"]+/assets/[^"]+\.(?:js|css)[^"]*)"', document)
    assert len(addresses) == 2
    for address in addresses:
        answer = house.ask("GET", house.address.partition("/cityvitals/")[0] + address, {})
        kind = address.partition("?")[0].rpartition(".")[2]
        parts = [file.read_bytes() for file in (REPOSITORY / "assets").glob(f"*.{kind}")]
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        assert parts and all(part in answer.content for part in parts)
