"""The scan for secrets can find: each kind planted is told with its line, and an honest file is passed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from prerequisites import REPOSITORY, unused_port

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


class Advisories(BaseHTTPRequestHandler):
    """A database of holes that speaks as osv.dev does, and knows one: in `leaky` 1.0."""

    def do_POST(self) -> None:
        """Answer one question about a package."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_leaky = (asked["package"]["name"], asked["version"]) == ("leaky", "1.0")
        mended = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}
        affected = {"package": {"name": "leaky", "ecosystem": "PyPI"}, "ranges": [mended]}
        hole = {"id": "PYSEC-2026-1", "summary": "it leaks", "affected": [affected]}
        content = json.dumps({"vulns": [hole]} if is_leaky else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database on this machine, where the scan is told to ask."""
    server = HTTPServer(("127.0.0.1", 0), Advisories)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
    monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{server.server_port}/v1/query")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.claim("ACCOUNTS", "With a database in reach a pinned package with a known hole fails the build.")
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("version", "code"), [("1.0", 1), ("1.1", 0)])
def test_a_known_hole_fails_the_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: str, code: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["scan.py", "--release"])
    pinned = tmp_path / "constraints.txt"
    pinned.write_text(f"leaky=={version}\nsound==2.0\n", "utf-8")
    holes = scan.holes
    monkeypatch.setattr(scan, "holes", lambda: holes(pinned))
    monkeypatch.setattr(scan, "tracked", lambda: [])
    assert scan.main() == code
    said = capsys.readouterr().out
    assert ("leaky 1.0: PYSEC-2026-1, mended in 1.1" in said) == bool(code)
    assert f"{code} known holes in 2 packages" in said and "NOT RUN" not in said


def test_a_database_out_of_reach_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
    monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{unused_port()}/v1/query")
    pinned = tmp_path / "constraints.txt"
    pinned.write_text("sound==2.0\n", "utf-8")
    holes = scan.holes
    monkeypatch.setattr(scan, "holes", lambda: holes(pinned))
    monkeypatch.setattr(scan, "tracked", lambda: [])
    assert scan.main() == scan.CLEAN
    said = capsys.readouterr().out
    assert "NOT RUN: whether 1 packages have known holes; pip-audit says: " in said and scan.PASSES in said
    monkeypatch.setattr(sys, "argv", ["scan.py", "--release"])
    assert scan.main() == scan.NOT_ASKED
    assert scan.FAILS in capsys.readouterr().out


def test_a_scan_without_its_tool_is_no_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        scan.subprocess,
        "run",
        lambda *_, **__: subprocess.CompletedProcess([], 1, "", "python: No module named pip_audit"),
    )
    with pytest.raises(RuntimeError, match="pip_audit"):
        scan.holes()


def test_the_build_runs_the_scan_and_a_release_must_be_answered() -> None:
    run = (REPOSITORY / ".ci" / "run").read_text("utf-8")
    assert ".venv/bin/python .ci/scan.py ${RELEASE:+--release}\n" in run and "set -euo pipefail" in run
    assert scan.KNOWN.is_file() and len(scan.tracked()) > 500
