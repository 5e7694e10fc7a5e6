"""`python app.py user …` and `audit …` as an administrator types them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from prerequisites import REPOSITORY
from typer.testing import CliRunner

import app


def _typed(folder: Path, *words: str) -> Result:
    """A command run in this process, which takes a tenth of one that starts."""
    return CliRunner().invoke(app.cli, words, env={"CITYVITALS_VAR": str(folder)})


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py", *words],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "CITYVITALS_VAR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.claim("ACCOUNTS", "`user add|list|disable|reset-password` and `audit verify|export` work from a script.")
def test_accounts_from_the_command_line(tmp_path: Path) -> None:
    added = _typed(tmp_path, "user", "add", "li", "李四")
    assert added.exit_code == 0 and "初始口令" in added.stdout, added.output
    assert _typed(tmp_path, "user", "add", "li", "李四").exit_code == 1
    reset = _typed(tmp_path, "user", "reset-password", "li")
    assert reset.stdout.split("：")[1].split("（")[0] not in added.stdout
    assert _typed(tmp_path, "user", "disable", "li").exit_code == 0
    assert _typed(tmp_path, "user", "list").stdout == "li\t李四\t已停用\n"
    whole = _typed(tmp_path, "audit", "verify")
    assert whole.exit_code == 0 and "完整" in whole.stdout
    rows = [json.loads(line) for line in _typed(tmp_path, "audit", "export").stdout.splitlines()]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert {row["act"]["actor"] for row in rows} == {"console"}


def test_tokens_from_the_command_line(tmp_path: Path) -> None:
    secret = _typed(tmp_path, "token", "add", "总控大屏").stdout.strip().split("：")[1]
    assert secret.startswith("cityvitals_")
    assert _typed(tmp_path, "token", "add", "神", "--role", "security").exit_code == 1
    listed = _typed(tmp_path, "token", "list").stdout
    assert listed == "1\t总控大屏\t大屏\t在用\n" and secret not in listed
    assert _typed(tmp_path, "token", "revoke", "1").exit_code == 0
    assert "已吊销" in _typed(tmp_path, "token", "list").stdout


@pytest.mark.claim("ACCOUNTS", "`audit verify` ends with 1 and names the row when anybody touched the audit.")
def test_a_forged_audit_fails_the_command(tmp_path: Path) -> None:
    _typed(tmp_path, "user", "add", "li", "李四")
    with sqlite3.connect(tmp_path / "cityvitals.sqlite") as connection:
        connection.execute("DROP TRIGGER audit_keeps_words")
        connection.execute("UPDATE audit SET actor = 'person:wang' WHERE number = 1")
    connection.close()
    found = _run(tmp_path, "audit", "verify")
    assert found.returncode == 1 and "第 1 条被改动" in found.stdout


def test_the_workers_start_without_the_accounts() -> None:
    """What the engine imports knows no SQL and no cryptography: its start must not wait for them."""
    code = (
        "import sys, app, workers.engine, workers.ingest, workers.board;"
        "print([m for m in ('sqlalchemy', 'alembic', 'argon2', 'authlib', 'ldap3', 'cryptography.hazmat')"
        " if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
