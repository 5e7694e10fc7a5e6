"""`doctor --security` on a careless installation, a careful one, and one whose audit was altered."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest
from prerequisites import unused_port

from accounts.founding import console
from accounts.office import open_office
from accounts.roster import Term
from accounts.tokens import Wanted
from core.accounts import Department, Person, Post, Role
from core.clock import real_ms
from core.records import DAY_MS
from core.settings import Settings, load
from store.sql import FILE
from workers import doctor_security
from workers.findings import Verdict


def _settings(var: Path, **more: str) -> Settings:
    ports = {f"CITYVITALS_{name}": str(unused_port()) for name in ("PORT", "REDIS_PORT", "MQTT_PORT")}
    return load({"CITYVITALS_VAR": str(var), "CITYVITALS_LANGUAGE": "en", **ports, **more})


def _found(settings: Settings) -> None:
    """An installation after its first start, with files as its own umask makes them."""
    office = open_office(settings)
    office.found(real_ms())
    office.journal.anchor(real_ms())
    office.database.close()
    for file in (settings.var, *settings.var.iterdir()):
        file.chmod(0o700 if file.is_dir() else 0o600)


def _said(settings: Settings) -> dict[str, Verdict]:
    return {finding.sentence: finding.verdict for finding in doctor_security.run(settings)}


def _verdict(said: dict[str, Verdict], words: str) -> Verdict:
    (verdict,) = [verdict for sentence, verdict in said.items() if words in sentence]
    return verdict


@pytest.mark.claim("ACCOUNTS", "doctor --security says what a careless installation lacks, and what to do about it.")
def test_a_careless_installation(tmp_path: Path) -> None:
    careless = _settings(
        tmp_path,
        CITYVITALS_HOST="0.0.0.0",
        CITYVITALS_PASSWORD_DAYS="3650",
        CITYVITALS_PROXY_TRUSTED="10.0.0.0/8",
        REDIS_URL="redis://192.0.2.5:6379",
        MQTT_URL="mqtt://city:word@192.0.2.6:1883",
    )
    _found(careless)
    (tmp_path / "accounts.key").chmod(0o644)
    office = open_office(careless)
    office.tokens.make(console(), Wanted("old wall", Role.WALL), real_ms())
    office.database.close()
    said = _said(careless)
    faults = ("answers on 0.0.0.0 without TLS", "chmod 600", "192.0.2.5 is used without a password")
    doubts = (
        "weaker than assessors ask for",
        "trusted from all of 10.0.0.0/8",
        "way to the MQTT server 192.0.2.6 has no TLS",
        "without a second factor: admin",
        "three administrators",
        "without an end: old wall",
    )
    assert {words: _verdict(said, words) for words in faults} == dict.fromkeys(faults, Verdict.FAULT)
    assert {words: _verdict(said, words) for words in doubts} == dict.fromkeys(doubts, Verdict.WARNING)
    assert _verdict(said, "audit.heads is copied") is Verdict.UNKNOWN  # never left out as if all were well
    assert not [sentence for sentence in said if "word@" in sentence]


def test_a_careful_installation(tmp_path: Path) -> None:
    careful = _settings(tmp_path)
    _found(careful)
    office, now_ms, by = open_office(careful), real_ms(), console()
    office.roster.put_department(by, Department("office", "应急办"), now_ms)
    for role in (Role.SYSTEM, Role.SECURITY, Role.AUDIT):
        person = office.roster.add_person(by, Person(0, role, "王某某"), now_ms)
        office.roster.put_post(by, Post(role, role, "office", role), now_ms)
        office.roster.appoint(by, person.login, role, Term(now_ms - 1), now_ms)
    office.tokens.make(by, Wanted("wall", Role.WALL, expires_ms=now_ms + DAY_MS), now_ms)
    office.database.close()
    with socket.create_server(("127.0.0.1", careful.redis_port)):
        said = _said(careful)
    assert Verdict.FAULT not in said.values()
    for words in ("three administrators are somebody", "1 tokens", "audit is whole", "is readable by its own user"):
        assert _verdict(said, words) is Verdict.OK
    assert _verdict(said, f"answers on this machine alone (port {careful.redis_port})") is Verdict.OK


@pytest.mark.claim("ACCOUNTS", "The doctor names departments that nobody entered, and liaisons who answer for none.")
def test_a_liaison_of_an_unknown_department_is_named(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    _found(settings)
    office, now_ms, by = open_office(settings), real_ms(), console()
    for number, name in enumerate(("市水务局", "市水利局（旧称）")):
        person = office.roster.add_person(by, Person(0, f"liaison-{number}", "王某某"), now_ms)
        office.roster.put_department(by, Department(f"d{number}", name), now_ms)
        office.roster.put_post(by, Post(f"p{number}", "联络员", f"d{number}", Role.LIAISON), now_ms)
        office.roster.appoint(by, person.login, f"p{number}", Term(now_ms - 1), now_ms)
    office.database.close()
    said = _said(settings)
    assert _verdict(said, "can answer for none: liaison-1;") is Verdict.WARNING
    assert _verdict(said, "nobody has entered: 市") is Verdict.WARNING
    assert not [one for one in said if "nobody has entered" in one and "市水务局" in one]


def test_what_listens_to_everybody_is_found(tmp_path: Path) -> None:
    open_wide = _settings(tmp_path)
    with socket.create_server(("0.0.0.0", open_wide.redis_port)):
        said = _said(open_wide)
    assert _verdict(said, f"port {open_wide.redis_port} can be reached from other machines") is Verdict.FAULT
    assert _verdict(said, "Accounts are not there yet") is Verdict.UNKNOWN
    assert not (tmp_path / FILE).exists()


def test_an_altered_audit_is_a_fault(tmp_path: Path) -> None:
    altered = _settings(tmp_path)
    _found(altered)
    file = sqlite3.connect(tmp_path / FILE)
    for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        file.execute(f"DROP TRIGGER {name}")
    file.execute("UPDATE audit SET actor = 'somebody else'")
    file.commit()
    file.close()
    assert _verdict(_said(altered), "The audit has") is Verdict.FAULT


def test_without_accounts_it_is_a_fault(tmp_path: Path) -> None:
    assert _verdict(_said(_settings(tmp_path, CITYVITALS_ACCOUNTS="0")), "Accounts are off") is Verdict.FAULT
