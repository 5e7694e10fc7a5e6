"""Kinds of case as a pack declares them: what is granted, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from prerequisites import REPOSITORY

from catalogue.load import check, load
from core.records import DAY_MS, HOUR_MS
from dispatch.calendars import Counting
from dispatch.clocks import Obligation, Terms
from dispatch.kinds import Grade, KindClass
from dispatch.schema import CaseKindEntry
from dispatch.steps import Verb

PACKS = REPOSITORY / "packs"


def test_the_shipped_kinds_grant_what_they_say() -> None:
    declared = load(PACKS, "maoming")
    rubbish = declared.case_kinds["ecology.exposed_rubbish"]
    assert rubbish.limits[Obligation.HANDLE] == Terms(4 * HOUR_MS, Counting.WORK_HOURS, HOUR_MS)
    illegal = declared.case_kinds["ecology.illegal_building"]
    assert illegal.limits[Obligation.HANDLE] == Terms(20 * DAY_MS, Counting.WORKING_DAYS, 2 * DAY_MS)
    assert declared.case_causes["pipe-burst"].kind in declared.case_kinds


@pytest.mark.claim(
    "COMMAND", "A pack gives a kind its code, class, grade, lead, limits and the fields that steps ask for."
)
def test_a_kind_has_its_code_class_and_fields() -> None:
    told = {"name": {"zh": "井盖缺失", "en": "Missing cover"}, "kind_class": "component", "code": "0101-02"}
    told |= {"domain": "public_service", "lead": "市水务局", "grade": 3, "limits": {"file": {"within_s": 600}}}
    told |= {"needs": {"report": ["cover"]}, "labels": {"cover": {"zh": "井盖编号", "en": "Number of the cover"}}}
    kind = CaseKindEntry.model_validate(told).record("city.cover")
    assert (kind.code, kind.kind_class, kind.grade) == ("0101-02", KindClass.COMPONENT, Grade.LARGE)
    assert kind.needs[Verb.REPORT] == ("cover",) and kind.labels["cover"]["zh"] == "井盖编号"


@pytest.mark.claim("COMMAND", "A kind of case with a mistake is refused with file and line, all mistakes at once.")
def test_mistakes_are_told_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "cities").mkdir()
    (tmp_path / "topics" / "domains.yaml").write_text((PACKS / "topics" / "domains.yaml").read_text())
    (tmp_path / "cities" / "here.yaml").write_text(
        """city: {code: '440900', name: {zh: 茂名, en: Maoming}, topics: []}
case_kinds:
  a:
    name: {zh: 甲, en: A}
    kind_class: event
    domain: public_service
    lead: 市水务局
    limits:
      handle: {within_s: 3600, working_days: 2}
      close: {within_s: 3600, warn_s: 7200}
  b:
    name: {zh: 乙, en: B}
    kind_class: event
    domain: public_service
    lead: ''
case_causes:
  c:
    name: {zh: 丙, en: C}
    kind: z
    symptoms: [{kind: a, event: b}, {rule: nothing}]
"""
    )
    told = "\n".join(check(tmp_path, "here"))
    for line, said in (
        (9, "either within_s or working_days"),
        (10, "warn_s 7200 would warn from the beginning"),
        (15, "lead"),
        (20, "either a kind, a rule or an event"),
    ):
        assert any(f"here.yaml:{line}:" in one and said in one for one in told.splitlines()), told


def test_a_cause_names_what_exists(tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "cities").mkdir()
    (tmp_path / "topics" / "domains.yaml").write_text((PACKS / "topics" / "domains.yaml").read_text())
    (tmp_path / "cities" / "here.yaml").write_text(
        """city: {code: '440900', name: {zh: 茂名, en: Maoming}, topics: []}
case_causes:
  c:
    name: {zh: 丙, en: C}
    kind: z
    symptoms: [{rule: nothing}]
"""
    )
    told = check(tmp_path, "here")
    assert any("here.yaml:5:" in one and "'z' is not declared" in one for one in told), told
    assert any("here.yaml:6:" in one and "'nothing' is not declared" in one for one in told), told
