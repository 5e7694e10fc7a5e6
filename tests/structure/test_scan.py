"""The scan for secrets can find: each kind planted is told with its line, and an honest file is passed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from prerequisites import REPOSITORY

from accounts.sealing import PREFIX, new_opaque

spec = importlib.util.spec_from_file_location("scan", REPOSITORY / ".ci" / "scan.py")
assert spec is not None and spec.loader is not None
scan = importlib.util.module_from_spec(spec)
spec.loader.exec_module(scan)

PLANTED = {  # written apart, so that this file holds none
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "key of a cloud": 'key = "' + "AKIA" + 'Z7Q4N5XJ3WL2B6TV"',
    "password in an address": "url = postgresql://city:" + "Correct-Horse-9@db.city.example/city",
    "signed token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    + "eyJzdWIiOiIxMjM0NTY3ODkwIn0."
    + "dozjgNryP4J3jVmNHl0w5N_XgL0n",
    "random letters": 'secret = "' + "kJ8zQ2vXw9Lr4TnB7yHs" + '6DfGc1MpUeAo3IiRt5Vb"',
    "token of ours": PREFIX + new_opaque(),
}


@pytest.mark.claim("ACCOUNTS", "The scan of the build finds a planted secret of each kind, with its line.")
@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "settings.py"
    file.write_text(f"# a line before it\n{PLANTED[kind]}\n", "utf-8")
    assert {line for _, line, _, _ in scan.secrets_in([file])} == {2}


def test_an_honest_file_is_passed(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text('NAME = "CITYVITALS_OIDC_SECRET"\nurl = "redis://127.0.0.1:6379"\n', "utf-8")
    assert list(scan.secrets_in([file])) == []


def test_the_build_runs_the_scan() -> None:
    assert ".ci/scan.py" in (REPOSITORY / ".ci" / "run").read_text("utf-8")
    assert scan.KNOWN.is_file() and len(scan.tracked()) > 500
