"""The figures of a month, counted by pandas from the rows of the log as they lie in SQLite."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd

CHINA = "Asia/Shanghai"
# Each obligation from a step that begins it to the one that meets it; the first of its kind with the first, and so on.
OWED = {
    "file": (("report",), "file"),
    "dispatch": (("file", "reopen"), "dispatch"),
    "handle": (("dispatch", "redo"), "finish"),
    "close": (("dispatch",), "close"),
}
SHARES, SPANS = (*OWED, "redone", "reopened"), ("first-arrival", "first-able")
Abilities = tuple[dict[str, set[str]], dict[str, set[str]]]  # unit → what it can, kind → what it needs


def counted(file: Path, month: str, abilities: Abilities, weights: dict[str, float]) -> dict[str, dict[str, Any]]:
    """By → name → figures, of the cases that were closed in a month `2026-11`."""
    with sqlite3.connect(file) as raw:
        log = pd.read_sql_query('SELECT * FROM case_entries ORDER BY "case", number', raw)
    log["fields"], log["terms"] = log["fields"].map(json.loads), log["terms"].map(json.loads)
    local = pd.to_datetime(log["at_ms"], unit="ms", utc=True).dt.tz_convert(CHINA)
    closed = log[(log["verb"] == "close") & (local.dt.strftime("%Y-%m") == month)]
    log = log[log["case"].isin(closed["case"])]
    cases = _facts(log, abilities)
    names = {
        "all": cases.assign(name=""),
        "lead": cases.assign(name=cases["lead"]),
        "area": cases.assign(name=cases["area"]),
        "kind": cases.assign(name=cases["kind"]),
        "unit": cases.join(_units(log).groupby("case")["unit"].unique().rename("name")).explode("name"),
        "person": cases.join(log.groupby("case")["by"].unique().rename("name")).explode("name"),
    }
    return {
        by: {str(name): _figures(of, weights) for name, of in table.dropna(subset="name").groupby("name")}
        for by, table in names.items()
    }


def _facts(log: pd.DataFrame, abilities: Abilities) -> pd.DataFrame:
    """One row a case."""
    first, grouped = log.groupby("case").first(), log.groupby("case")
    facts = pd.DataFrame(index=first.index)
    facts["kind"], facts["area"] = first["fields"].str["kind"], first["fields"].str["area"]
    facts["lead"] = log[log["verb"] == "dispatch"].groupby("case")["fields"].last().str["lead"]
    for name, (begins, ends) in OWED.items():
        facts[name] = _in_time(log, name, begins, ends)
    verbs = grouped["verb"].agg(set)
    for name, verb in (("redone", "redo"), ("reopened", "reopen"), ("excluded", "grant-appeal")):
        facts[name] = verbs.map(lambda done, verb=verb: float(verb in done))
    facts["satisfied"] = log["fields"].str["satisfied"].dropna().groupby(log["case"]).last()
    sent_ms = log[log["verb"] == "dispatch"].groupby("case")["at_ms"].first()
    came = _units(log).merge(log[log["verb"] == "arrive"][["case", "assignment", "at_ms"]], on=["case", "assignment"])
    able, needs = abilities
    fits = [needs[facts.loc[case, "kind"]] <= able[unit] for case, unit in zip(came["case"], came["unit"], strict=True)]
    for name, who in (("first-arrival", came), ("first-able", came[fits])):
        facts[name] = (who.groupby("case")["at_ms"].min() - sent_ms) / 60_000
    return facts


def _in_time(log: pd.DataFrame, name: str, begins: tuple[str, ...], ends: str) -> pd.Series[float]:
    """Case → 1 met in time each time, 0 late once; cases that owed nothing are left out."""
    began = log[log["verb"].isin(begins) & log["terms"].map(lambda terms: name in terms)].copy()
    began["limit_ms"] = began["terms"].map(lambda terms: terms[name]["limit_ms"])
    ended = log[log["verb"] == ends].copy()
    for part in (began, ended):
        part["turn"] = part.groupby("case").cumcount()
    pairs = began.merge(ended, on=["case", "turn"], suffixes=("", "_end"))
    return (pairs["at_ms_end"] - pairs["at_ms"] <= pairs["limit_ms"]).groupby(pairs["case"]).min().astype(float)


def _units(log: pd.DataFrame) -> pd.DataFrame:
    """Case, assignment and unit."""
    sent = log[log["verb"] == "notify"]
    return sent[["case", "assignment"]].assign(unit=sent["fields"].str["unit"])


def _figures(of: pd.DataFrame, weights: dict[str, float]) -> dict[str, Any]:
    kept = of[of["excluded"] == 0]
    found: dict[str, Any] = {"cases": len(kept), "excluded": len(of) - len(kept)}
    for name in (*SHARES, "satisfied", *SPANS):
        known = kept[name].dropna()
        middle = known.median() if name in SPANS else known.mean()
        found[name] = (None if known.empty else float(middle), len(known))
    marks = {name: _mark(name, found[name][0]) for name in weights if found[name][0] is not None}
    total = sum(weights[name] for name in marks)
    found["score"] = sum(weights[name] * mark for name, mark in marks.items()) / total if total else None
    return found


def _mark(name: str, value: float) -> float:
    if name == "satisfied":
        return value
    return 100 * (1 - value if name in ("redone", "reopened") else value)
