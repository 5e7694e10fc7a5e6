"""The first start with accounts: what the console is told once, and that it opens what it says."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import pytest

from accounts.office import open_office
from accounts.rights import may_somewhere
from accounts.sessions import Cookies
from core.clock import real_ms
from core.errors import StartError
from core.settings import load
from workers.first_start import first_start


@pytest.mark.claim("ACCOUNTS", "The first start tells one password and the wall's own link, once.")
def test_the_first_start_tells_a_password_and_a_wall(tmp_path: Path) -> None:
    settings = load({"CITYVITALS_VAR": str(tmp_path), "CITYVITALS_ACCOUNTS": "1"})
    first = first_start(settings)
    assert first is not None and first_start(settings) is None
    assert first.founder.password not in repr(first) and first.wall not in repr(first)
    secret = parse_qs(first.wall)["token"][0]
    office = open_office(settings)
    wall = office.sessions.bearer(Cookies(token=secret), "", real_ms())
    office.database.close()
    allowed = {one: may_somewhere(wall, one).allowed for one in ("wall.see", "warnings.see", "letters.see", "raw.see")}
    assert allowed == {"wall.see": True, "warnings.see": True, "letters.see": False, "raw.see": False}


def test_without_accounts_there_is_none(tmp_path: Path) -> None:
    assert first_start(load({"CITYVITALS_VAR": str(tmp_path / "none"), "CITYVITALS_ACCOUNTS": "0"})) is None
    assert not (tmp_path / "none").exists()


def test_a_database_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    away = {"DATABASE_URL": "postgresql://city@127.0.0.1:1/city", "CITYVITALS_ACCOUNTS": "1"}
    with pytest.raises(StartError, match="does not answer"):
        first_start(load(away | {"CITYVITALS_VAR": str(tmp_path)}))
