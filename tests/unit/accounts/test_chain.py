"""Whatever is done to a written audit is found."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from accounts.chain import DIGESTS, Fault, Verdict, chained, verify
from core.accounts import Act, AuditEntry, Head

words = some.text(max_size=8)
acts = some.builds(
    Act,
    words,
    words,
    words,
    some.integers(0, 2**45),
    detail=some.dictionaries(words, some.integers() | words | some.none() | some.lists(words), max_size=3),
)
algorithms = some.sampled_from(sorted(DIGESTS))
histories = some.lists(some.tuples(acts, algorithms), min_size=2, max_size=8)


def _written(history: list[tuple[Act, str]]) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for act, algorithm in history:
        entries.append(chained(act, entries[-1] if entries else None, algorithm))
    return entries


def _heads(entries: list[AuditEntry]) -> list[Head]:
    return [Head(entry.number, entry.digest, 0) for entry in entries]


@given(histories)
def test_what_was_written_is_whole(history: list[tuple[Act, str]]) -> None:
    entries = _written(history)
    assert verify(entries, _heads(entries)) == Verdict(len(entries), ())


@pytest.mark.claim("ACCOUNTS", "An altered audit row is found, whichever field was touched.")
@given(histories, some.data())
def test_an_altered_row_is_found(history: list[tuple[Act, str]], data: some.DataObject) -> None:
    entries = _written(history)
    row = data.draw(some.integers(0, len(entries) - 1))
    field = data.draw(some.sampled_from(["actor", "action", "subject", "at_ms", "address", "outcome", "detail"]))
    value = {"at_ms": -1, "detail": {"forged": True}}.get(field, "forged by somebody")
    entries[row] = replace(entries[row], act=replace(entries[row].act, **{field: value}))
    assert Fault(row + 1, "altered") in verify(entries).faults


@pytest.mark.claim("ACCOUNTS", "A removed audit row is found, at any place but behind the newest head.")
@given(histories, some.data())
def test_a_removed_row_is_found(history: list[tuple[Act, str]], data: some.DataObject) -> None:
    entries = _written(history)
    heads = _heads(entries)
    del entries[data.draw(some.integers(0, len(entries) - 1))]
    assert verify(entries, heads).faults


@pytest.mark.claim("ACCOUNTS", "Reordered audit rows are found, also when they are numbered anew.")
@given(histories, some.booleans(), some.data())
def test_reordered_rows_are_found(history: list[tuple[Act, str]], renumbered: bool, data: some.DataObject) -> None:
    entries = _written(history)
    one, other = data.draw(some.lists(some.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True))
    entries[one], entries[other] = entries[other], entries[one]
    if renumbered:
        entries = [replace(entry, number=number) for number, entry in enumerate(entries, start=1)]
    assert verify(entries).faults


@pytest.mark.claim(
    "ACCOUNTS", "A tail cut off, and a chain written anew, are found by the heads kept outside the database."
)
@given(histories, some.data())
def test_a_cut_or_rewritten_tail_is_found(history: list[tuple[Act, str]], data: some.DataObject) -> None:
    entries = _written(history)
    kept = data.draw(some.integers(0, len(entries) - 1))
    assert not verify(entries[:kept]).faults, "without heads a shorter chain looks whole: that is why they are kept"
    assert Fault(len(entries), "cut") in verify(entries[:kept], _heads(entries)).faults
    act, algorithm = history[kept]
    anew = _written([*history[:kept], (replace(act, actor="somebody else entirely"), algorithm), *history[kept + 1 :]])
    assert not verify(anew).faults
    assert Fault(kept + 1, "rewritten") in verify(anew, _heads(entries)).faults


@given(histories, some.data())
def test_a_row_forged_with_a_right_digest_of_its_own_is_found(
    history: list[tuple[Act, str]], data: some.DataObject
) -> None:
    entries = _written(history)
    row = data.draw(some.integers(0, len(entries) - 2))
    forged = replace(entries[row].act, actor="somebody else entirely")
    entries[row] = chained(forged, entries[row - 1] if row else None, entries[row].algorithm)
    assert verify(entries).faults == (Fault(row + 2, "unchained"),)


def test_digests_are_the_published_ones() -> None:
    assert DIGESTS["sha256"](b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4
    assert DIGESTS["sm3"](b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"  # GB/T 32905


def test_an_export_can_be_checked_by_anybody() -> None:
    entry = chained(Act("person:li", "sign-in", "person:li", 5, "10.0.0.1", detail={"席位": "一席"}), None, "sha256")
    content = {
        "actor": "person:li",
        "action": "sign-in",
        "subject": "person:li",
        "at_ms": 5,
        "address": "10.0.0.1",
        "outcome": "done",
        "detail": {"席位": "一席"},
        "number": 1,
        "algorithm": "sha256",
        "previous": "0" * 64,
    }
    plain = json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")
    assert entry.digest == hashlib.sha256(plain).hexdigest()


def test_an_unknown_digest_is_told() -> None:
    [entry] = _written([(Act("a", "b", "c", 1), "sha256")])
    assert verify([replace(entry, algorithm="rot13")]).faults == (Fault(1, "algorithm"),)
